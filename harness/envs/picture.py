"""One frame of a scenario's environment."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

from harness.core.scenario import Scenario
from harness.envs.drawing import drawn, make_drawn
from harness.errors import UsageError

__all__ = ["picture"]

_SEED = 0
_STEPS = 10


def picture(scenario: Scenario) -> np.ndarray[Any, Any]:
    """A frame some random steps into an episode, shape (height, width, 3), uint8.

    Raises:
        MissingExtraError: It needs a package that is not installed.
        UsageError: It does not render to an image.
        EnvironmentFailedError: It cannot be drawn on this machine.
    """
    env = make_drawn(scenario, "rgb_array")
    try:
        return _frame(scenario, env)
    finally:
        env.close()


def _frame(scenario: Scenario, env: gymnasium.Env[Any, Any]) -> np.ndarray[Any, Any]:
    env.reset(seed=_SEED)
    env.action_space.seed(_SEED)
    for _ in range(_STEPS):
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            env.reset()
    frame: Any = drawn(env)
    if not isinstance(frame, np.ndarray) or frame.ndim != 3:
        raise UsageError(
            f"`{scenario.name}` does not render to an image", help="it has no `rgb_array` mode"
        )
    return frame
