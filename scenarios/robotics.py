"""Goal environments of gymnasium-robotics.

Observations are dictionaries of observation, achieved and desired goal: learners take their
`MultiInputPolicy`, off-policy ones also hindsight replay (Andrychowicz et al. 2017), which a
matrix asks for by ``replay_buffer_class: HerReplayBuffer``.
"""

from __future__ import annotations

from harness.core.scenario import Family, Scenario, Score
from scenarios.sources import ZOO, measured, published, recorded

__all__ = ["FAMILIES", "SCENARIOS"]

_TASK = Scenario(
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


def _tqc(value: float, std: float, steps: str, task: str) -> Score:
    return published(
        value,
        algorithm="TQC with hindsight replay, tuned",
        steps=steps,
        runs=f"one run (std over episodes {std:g})",
        source=ZOO,
        task=task,
        scale="the same rewards; -v4 begins where its documentation says, on another simulator",
    )


def _task(
    name: str,
    description: str,
    *,
    limit: int,
    reference: Score | None = None,
    steps: int = 1_000_000,
) -> Scenario:
    return _TASK.named(
        name,
        max_episode_steps=limit,
        random=recorded(name),
        reference=reference,
        steps=steps,
        description=description,
    )


SCENARIOS = (
    _task(
        "FetchReach-v4",
        "Move a gripper to a point; -1 for every step away from it.",
        limit=50,
        reference=_tqc(-1.659, 0.873, "20,000", "FetchReach-v1"),
        steps=20_000,
    ),
    _task(
        "FetchPush-v4",
        "Push a block to a point on the table.",
        limit=50,
        reference=_tqc(-8.799, 5.438, "1,000,000", "FetchPush-v1"),
    ),
    _task(
        "FetchPickAndPlace-v4",
        "Lift a block to a point on or above the table.",
        limit=50,
        reference=_tqc(-9.331, 6.85, "1,000,000", "FetchPickAndPlace-v1"),
    ),
    _task(
        "FetchSlide-v4",
        "Hit a puck so that it slides to a point out of reach.",
        limit=50,
        reference=_tqc(-29.21, 11.387, "3,000,000", "FetchSlide-v1"),
        steps=3_000_000,
    ),
    _task(
        "HandReach-v3",
        "Bring the five fingertips of a hand with 20 motors to their places.",
        limit=50,
        reference=Score(
            value=0.0,
            source="the highest return there is: -1 for every step away from the goal, "
            "Plappert et al. 2018, https://arxiv.org/abs/1802.09464",
        ),
    ),
    _task(
        "PointMaze_UMaze-v3",
        "Push a ball through a U-shaped maze; 1 for every step at the goal.",
        limit=300,
        reference=measured("PointMaze_UMaze-v3").get("waypoints"),
    ),
)

FAMILIES = (
    Family(ids=("Adroit*", "AntMaze_*", "Fetch*", "Franka*", "Hand*", "PointMaze_*"), draft=_TASK),
)
