"""Goal environments: gymnasium-robotics, and panda-gym's Franka Emika Panda arm in PyBullet.

Observations are dictionaries of observation, achieved and desired goal: learners take their
`MultiInputPolicy`, off-policy ones also hindsight replay (Andrychowicz et al. 2017), which a
matrix asks for by ``replay_buffer_class: HerReplayBuffer``.
"""

from __future__ import annotations

from dataclasses import replace

from harness.core.scenario import Family, Scenario, Score, Wrapper
from scenarios.scenario_scores import ZOO, measured_scores, published_score, scenario


def _tqc(value: float, std: float, steps: int, task: str, scale: str) -> Score:
    return published_score(
        value,
        algorithm="TQC with hindsight replay, tuned",
        steps=f"{steps:,}",
        runs=f"one run (std over episodes {std:g})",
        source=ZOO,
        task=task,
        scale=scale,
    )


_ROBOTICS = Scenario(
    name="",
    env="",
    action="Box",
    observation="dict",
    family="robotics",
    imports=("gymnasium_robotics",),
    steps=1_000_000,
    requires="rl-harness[robotics]",
    packages=("gymnasium-robotics",),
    licence="gymnasium-robotics: MIT; some models under their own",
    description="An environment of gymnasium-robotics.",
)


def _fetch(
    task: str, value: float, std: float, description: str, *, steps: int = 1_000_000
) -> Scenario:
    scale = "the same rewards; -v4 begins where its documentation says, on another simulator"
    return scenario(
        _ROBOTICS,
        f"Fetch{task}-v4",
        description,
        max_episode_steps=50,
        reference=_tqc(value, std, steps, f"Fetch{task}-v1", scale),
        steps=steps,
    )


ROBOTICS = (
    _fetch(
        "Reach",
        -1.659,
        0.873,
        "Move a gripper to a point; -1 for every step away from it.",
        steps=20_000,
    ),
    _fetch("Push", -8.799, 5.438, "Push a block to a point on the table."),
    _fetch("PickAndPlace", -9.331, 6.85, "Lift a block to a point on or above the table."),
    _fetch(
        "Slide",
        -29.21,
        11.387,
        "Hit a puck so that it slides to a point out of reach.",
        steps=3_000_000,
    ),
    scenario(
        _ROBOTICS,
        "HandReach-v3",
        "Bring the five fingertips of a hand with 20 motors to their places.",
        max_episode_steps=50,
        reference=Score(
            value=0.0,
            source="the highest return there is: -1 for every step away from the goal, "
            "Plappert et al. 2018, https://arxiv.org/abs/1802.09464",
        ),
    ),
    scenario(
        _ROBOTICS,
        "PointMaze_UMaze-v3",
        "Push a ball through a U-shaped maze; 1 for every step at the goal.",
        max_episode_steps=300,
        reference=measured_scores("PointMaze_UMaze-v3").get("waypoints"),
    ),
)

_PANDA = Scenario(
    name="",
    env="",
    action="Box",
    observation="dict",
    family="panda",
    imports=("panda_gym",),
    # Without it every reset but the first is seeded by the operating system.
    wrappers=(Wrapper(path="scenarios.env_wrappers.SeededResets"),),
    steps=1_000_000,
    requires="rl-harness[panda]",
    packages=("panda-gym", "pybullet"),
    licence="panda-gym: MIT; PyBullet and its model of the arm: zlib and Apache-2.0",
    description="A task of panda-gym.",
)


def _panda(
    task: str, value: float, std: float, description: str, *, steps: int = 1_000_000
) -> Scenario:
    scale = "the same rewards, -1 for every step away from the goal"
    return scenario(
        _PANDA,
        f"Panda{task}-v3",
        description,
        max_episode_steps=50,
        reference=_tqc(value, std, steps, f"Panda{task}-v1", scale),
        steps=steps,
    )


PANDA = (
    _panda("Reach", -1.768, 0.858, "Move the gripper to a point.", steps=20_000),
    _panda("Push", -6.405, 6.4, "Push a cube to a point on the table."),
    _panda("PickAndPlace", -8.024, 6.674, "Lift a cube to a point."),
    _panda("Slide", -27.497, 9.868, "Hit a puck so that it slides to a point.", steps=3_000_000),
)

# The tasks with a score have one cube at most.
_PANDA_STACK = replace(
    _PANDA,
    wrappers=(
        Wrapper(path="scenarios.env_wrappers.SeededResets", arguments={"sorted_contacts": True}),
    ),
)

SCENARIOS = (*ROBOTICS, *PANDA)
FAMILIES = (
    Family(
        ids=("Adroit*", "AntMaze_*", "Fetch*", "Franka*", "Hand*", "PointMaze_*"), draft=_ROBOTICS
    ),
    Family(ids=("PandaStack*",), draft=_PANDA_STACK),
    Family(ids=("Panda*",), draft=_PANDA),
)
