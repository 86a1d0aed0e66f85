"""The guard: the outermost wrapper, which turns a broken step into a recorded failure.

NaN that enters a replay buffer or a gradient spreads silently; a run stops at its first one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import gymnasium
import numpy as np

from harness.errors import DivergedError, EnvironmentFailedError, RunError

__all__ = ["Guard"]

FEW: Final = 32
"""Numbers up to which Python adds them up before numpy has begun to look at each."""


class Guard(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Checks every action, observation and reward, and names the step at which one breaks.

    Attributes:
        steps: Environment steps this instance has begun, over all episodes.

    Raises:
        DivergedError: By `step` and `reset`: NaN or infinity in an action, observation or reward.
        EnvironmentFailedError: By `step` and `reset`: the environment raised.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        self.steps = 0

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        self.steps += 1
        if not is_finite(action):
            self._diverged("action", action, "the policy's network left the finite numbers")
        try:
            observation, reward, terminated, truncated, info = self.env.step(action)
        except RunError:
            raise
        except Exception as exc:
            raise self._failed("step", exc) from exc
        if not is_finite(observation):
            self._diverged("observation", observation, "the simulation is unstable")
        if not is_finite(reward):
            self._diverged("reward", reward, "the environment's reward is not a number")
        if isinstance(reward, np.number):
            # Some environments return numpy scalars where the interface asks for a float.
            reward = float(reward)
        return observation, reward, terminated, truncated, info

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        try:
            observation, info = self.env.reset(seed=seed, options=options)
        except RunError:
            raise
        except Exception as exc:
            raise self._failed("reset", exc) from exc
        if not is_finite(observation):
            self._diverged("observation", observation, "the environment resets to it")
        return observation, info

    def compute_reward(self, achieved: Any, desired: Any, info: Any) -> Any:
        """The reward of goal environments; hindsight replay asks the outermost wrapper for it."""
        return self.env.get_wrapper_attr("compute_reward")(achieved, desired, info)

    def _diverged(self, what: str, value: Any, why: str) -> None:
        raise DivergedError(
            f"{what} of {self._name()} is not finite in step {self.steps}: {_excerpt(value)}",
            step=self.steps,
            help=why,
        )

    def _failed(self, where: str, exc: Exception) -> EnvironmentFailedError:
        return failed(self._name(), where, self.steps, exc)

    def _name(self) -> str:
        spec = self.env.spec
        return spec.id if spec is not None else type(self.env.unwrapped).__name__


def failed(name: str, where: str, steps: int, exc: Exception) -> EnvironmentFailedError:
    """The error of an environment that raised in ``step`` or ``reset``."""
    return EnvironmentFailedError(
        f"{name} raised {type(exc).__name__} in {where} (environment step {steps}): {exc}",
        step=steps,
        help="the traceback of the environment is kept with the failure",
    )


def is_finite(value: Any) -> bool:
    """Whether a number, array or nest of them holds neither NaN nor infinity."""
    if isinstance(value, np.ndarray):
        return _all_finite(value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, np.generic):
        return not isinstance(value, np.inexact) or bool(np.isfinite(value))
    if isinstance(value, Mapping):
        return all(is_finite(item) for item in value.values())
    if isinstance(value, tuple | list):
        return all(is_finite(item) for item in value)
    return True


def _all_finite(array: np.ndarray[Any, Any]) -> bool:
    kind = array.dtype.kind
    few = kind == "f" and array.ndim == 1 and array.size <= FEW
    # A sum is finite only if all of its parts are; one that overflowed says nothing.
    if few and math.isfinite(sum(array.tolist())):
        return True
    # Images and counts cannot be NaN, and scanning them would be dear.
    # Looking for a zero byte takes half the time of `all` on the few numbers of a step.
    return kind not in "fc" or b"\0" not in np.isfinite(array).tobytes()


def _excerpt(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 100 else f"{text[:97]}..."
