"""Goal environments of panda-gym: a Franka Emika Panda arm in PyBullet."""

from __future__ import annotations

from dataclasses import replace

from harness.core.scenario import Family, Scenario, Wrapper
from scenarios.sources import ZOO, published, recorded

__all__ = ["FAMILIES", "SCENARIOS"]

_ARM = Scenario(
    name="",
    env="",
    action="Box",
    observation="dict",
    family="panda",
    imports=("panda_gym",),
    # Without it every reset but the first is seeded by the operating system.
    wrappers=(Wrapper(path="scenarios.bullet.SeededResets"),),
    steps=1_000_000,
    requires="rl-harness[panda]",
    packages=("panda-gym", "pybullet"),
    licence="panda-gym: MIT; PyBullet and its model of the arm: zlib and Apache-2.0",
    description="A task of panda-gym.",
)


def _arm(
    task: str,
    value: float,
    std: float,
    description: str,
    *,
    limit: int = 50,
    steps: int = 1_000_000,
) -> Scenario:
    name = f"Panda{task}-v3"
    reference = published(
        value,
        algorithm="TQC with hindsight replay, tuned",
        steps=f"{steps:,}",
        runs=f"one run (std over episodes {std:g})",
        source=ZOO,
        task=f"Panda{task}-v1",
        scale="the same rewards, -1 for every step away from the goal",
    )
    return _ARM.named(
        name,
        max_episode_steps=limit,
        random=recorded(name),
        reference=reference,
        steps=steps,
        description=description,
    )


SCENARIOS = (
    _arm("Reach", -1.768, 0.858, "Move the gripper to a point.", steps=20_000),
    _arm("Push", -6.405, 6.4, "Push a cube to a point on the table."),
    _arm("PickAndPlace", -8.024, 6.674, "Lift a cube to a point."),
    _arm("Slide", -27.497, 9.868, "Hit a puck so that it slides to a point.", steps=3_000_000),
)

_SORTED = Wrapper(path="scenarios.bullet.SeededResets", arguments={"sorted_contacts": True})
"""For two cubes, which the scored tasks do not have."""

FAMILIES = (
    Family(ids=("PandaStack*",), draft=replace(_ARM, wrappers=(_SORTED,))),
    Family(ids=("Panda*",), draft=_ARM),
)
