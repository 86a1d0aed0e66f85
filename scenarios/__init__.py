"""First-party scenarios, reached only through the entry point `harness.scenarios`.

Pure data: importing this package imports no simulator.
"""

from harness.core.scenario import Family, Scenario
from scenarios import (
    atari,
    bucket_brigade,
    goal_tasks,
    gymnasium_tasks,
    highway,
    minigrid,
    mujoco_tasks,
    multi_agent_tasks,
)

__all__ = ["FAMILIES", "SCENARIOS"]

SCENARIOS: tuple[Scenario, ...] = (
    *gymnasium_tasks.SCENARIOS,
    *mujoco_tasks.SCENARIOS,
    *goal_tasks.SCENARIOS,
    *atari.SCENARIOS,
    *minigrid.SCENARIOS,
    *highway.SCENARIOS,
    *bucket_brigade.SCENARIOS,
    *multi_agent_tasks.SCENARIOS,
)

FAMILIES: tuple[Family, ...] = (
    *mujoco_tasks.FAMILIES,
    *goal_tasks.FAMILIES,
    *atari.FAMILIES,
    *minigrid.FAMILIES,
    *highway.FAMILIES,
)
