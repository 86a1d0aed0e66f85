"""First-party scenarios, reached only through the entry point `harness.scenarios`.

Pure data: importing this package imports no simulator.
"""

from harness.core.scenario import Scenario
from scenarios import box2d, bucket_brigade, classic_control, marl, mujoco

__all__ = ["SCENARIOS"]

SCENARIOS: tuple[Scenario, ...] = (
    *classic_control.SCENARIOS,
    *box2d.SCENARIOS,
    *mujoco.SCENARIOS,
    *bucket_brigade.SCENARIOS,
    *marl.SCENARIOS,
)
