"""First-party scenarios, reached only through the entry point `harness.scenarios`.

Pure data: importing this package imports no simulator.
"""

from harness.core.scenario import Family, Scenario
from scenarios import (
    atari,
    box2d,
    bucket_brigade,
    classic_control,
    dm_control,
    highway,
    locomotion,
    marl,
    minigrid,
    mujoco,
    panda,
    robotics,
    toy_text,
)

__all__ = ["FAMILIES", "SCENARIOS"]

SCENARIOS: tuple[Scenario, ...] = (
    *classic_control.SCENARIOS,
    *toy_text.SCENARIOS,
    *box2d.SCENARIOS,
    *mujoco.SCENARIOS,
    *locomotion.SCENARIOS,
    *dm_control.SCENARIOS,
    *robotics.SCENARIOS,
    *panda.SCENARIOS,
    *atari.SCENARIOS,
    *minigrid.SCENARIOS,
    *highway.SCENARIOS,
    *bucket_brigade.SCENARIOS,
    *marl.SCENARIOS,
)

FAMILIES: tuple[Family, ...] = (
    *dm_control.FAMILIES,
    *robotics.FAMILIES,
    *panda.FAMILIES,
    *atari.FAMILIES,
    *minigrid.FAMILIES,
    *highway.FAMILIES,
)
