"""What an environment's answers are held to: calls that return, finite numbers, known forms.

Each breach is the failure of a run, which names the environment and the step.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium.vector import VectorEnv

from harness.call_watch import WATCH, CallTimeoutError
from harness.envs.learner_spaces import Form, as_array
from harness.errors import DivergedError, EnvironmentFailedError, RunError

_log = logging.getLogger(__name__)

NEW_INTERFACE: Final = (
    "`reset` has to take `seed` and `options` and return (observation, info), "
    "`step` returns (observation, reward, terminated, truncated, info)"
)

NO_NUMBER: Final = "the environment's reward is not a number"

_FEW: Final = 32
"""Numbers up to which Python's sum of a list is quicker than a look of numpy at each."""


@contextmanager
def log_close_failure(name: str) -> Iterator[None]:
    """Close an environment in the block; that it raises is said, and no failure of the run."""
    try:
        yield
    except (Exception, SystemExit) as exc:  # noqa: BLE001 - logged
        _log.warning("%s raised %s in close: %s", name, type(exc).__name__, exc)


def environment_name(env: gymnasium.Env | VectorEnv) -> str:
    return env.spec.id if env.spec is not None else type(env.unwrapped).__name__


def endless_episode_error(name: str, longest: int, steps: int) -> EnvironmentFailedError:
    return EnvironmentFailedError(
        f"nothing ends the episodes of {name}: one has taken {longest:,} steps; "
        "`max_episode_steps` sets a time limit",
        step=steps,
        help="set `max_episode_steps` of the scenario",
    )


def divergence_error(what: str, name: str, value: object, why: str, steps: int) -> DivergedError:
    return DivergedError(
        f"{what} of {name} is not finite in step {steps}: {excerpt(value)}", step=steps, help=why
    )


def form_error(
    name: str, what: str, fault: str, requirement: str, steps: int
) -> EnvironmentFailedError:
    moment = f"step {steps}" if steps else "its first reset"
    return EnvironmentFailedError(
        f"the {what} {name} {fault} ({moment}); it has to be {requirement}",
        step=steps,
        help="mend the environment, or put a wrapper around it",
    )


def _is_old(exc: BaseException) -> bool:
    """Whether an environment was called, or answered, as the interface before Gym 0.26 says."""
    parts = ("argument 'seed'", "argument 'options'", "values to unpack (expected")
    return isinstance(exc, TypeError | ValueError) and any(part in str(exc) for part in parts)


def call_failure(name: str, method: str, steps: int, exc: BaseException) -> EnvironmentFailedError:
    """The error of an environment that raised in ``step`` or ``reset``, or did not return."""
    if isinstance(exc, CallTimeoutError):
        return EnvironmentFailedError(
            f"{name} did not return from {method} within {exc.seconds:g} s (environment step "
            f"{steps})",
            step=steps,
            help="look for what it waits for; HARNESS_USER_CODE_SECONDS gives it longer",
        )
    old = f"; this looks like the old Gym: {NEW_INTERFACE}" if _is_old(exc) else ""
    return EnvironmentFailedError(
        f"{name} raised {type(exc).__name__} in {method} (environment step {steps}): {exc}{old}",
        step=steps,
        help="the traceback of the environment is kept with the failure",
    )


@contextmanager
def watch_call(name: str, method: str, steps: int) -> Iterator[None]:
    """Call an environment in the block; what it raises names it."""
    try:
        WATCH.turn += 1
        yield
    except RunError:
        raise
    except (Exception, SystemExit, CallTimeoutError) as exc:
        raise call_failure(name, method, steps, exc) from exc
    finally:
        WATCH.turn += 1


def read_masks(name: str, masks: Callable[[], object], form: Form, steps: int) -> Any:
    """Which actions an environment allows now."""
    with watch_call(name, "action_masks", steps):
        answer = masks()
    try:
        return form(answer)
    except ValueError as exc:
        requirement = "true or false for each option, and true for one of each choice at least"
        raise form_error(name, "action mask of", str(exc), requirement, steps) from exc


def read_goal_rewards(
    name: str, find: Callable[[], Any], arguments: tuple[Any, object, object], steps: int
) -> Any:
    """What an environment's `compute_reward` gives for goals, one reward for each."""
    with watch_call(name, "compute_reward", steps):
        rewards = find()(*arguments)
    try:
        rewards = as_array(rewards, (len(arguments[0]),), np.dtype(float))
    except ValueError as exc:
        requirement = "one reward for each of the goals, which come as one array"
        subject = "answer of `compute_reward` of"
        raise form_error(name, subject, str(exc), requirement, steps) from exc
    if not is_finite(rewards):
        raise divergence_error("reward", name, rewards, NO_NUMBER, steps)
    return rewards


def is_finite(value: object) -> bool:
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


def _all_finite(array: np.ndarray) -> bool:
    kind = array.dtype.kind
    short = kind == "f" and array.ndim == 1 and array.size <= _FEW
    # A sum is finite only if all of its parts are; a sum that overflowed says nothing.
    if short and math.isfinite(sum(array.tolist())):
        return True
    # Images and counts cannot be NaN, and scanning them is expensive.
    # Looking for a zero byte takes half the time of `all` on the few numbers of a step.
    return kind not in "fc" or b"\0" not in np.isfinite(array).tobytes()


def excerpt(value: object) -> str:
    """A value in at most 100 characters of one line, for messages."""
    text = " ".join(str(value).split())
    return text if len(text) <= 100 else f"{text[:97]}..."
