"""What a scenario says of its spaces, read from the environment itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from harness.core.scenario import ACTION_KINDS, ActionKind, ObservationKind
from harness.errors import UsageError

__all__ = ["Description", "describe", "kinds", "layout"]

_VECTORS = tuple(getattr(spaces, kind) for kind in ACTION_KINDS)
"""Spaces that a policy acts in; each of them can be observed as a vector, too."""

_SMALLEST_IMAGE = 36
"""Pixels; below it the Nature CNN's third convolution has no output (Mnih et al. 2015)."""


_FEW = 8
"""Numbers of a vector whose bounds are all written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """An environment in words.

    Attributes:
        action: Kind of action space, as in `Scenario.action`.
        observation: Kind of observation, as in `Scenario.observation`.
        action_space, observation_space: The spaces, each in one line.
        max_episode_steps: Time limit; None without one.
        threshold: Return at which it counts as solved; None without one.
    """

    action: ActionKind
    observation: ObservationKind
    action_space: str
    observation_space: str
    max_episode_steps: int | None
    threshold: float | None


def describe(env: gymnasium.Env[Any, Any]) -> Description:
    """Spaces, time limit and threshold of an environment.

    Raises:
        UsageError: No algorithm here can use one of its spaces.
    """
    action, observation = kinds(env)
    spec = env.spec
    threshold = None if spec is None else spec.reward_threshold
    return Description(
        action=action,
        observation=observation,
        action_space=in_a_line(env.action_space),
        observation_space=in_a_line(env.observation_space),
        max_episode_steps=None if spec is None else spec.max_episode_steps,
        threshold=None if threshold is None else float(threshold),
    )


def kinds(env: gymnasium.Env[Any, Any]) -> tuple[ActionKind, ObservationKind]:
    """Kind of the action space and kind of the observation.

    Raises:
        UsageError: No algorithm here can use one of the spaces.
    """
    return _action_kind(env.action_space), _observation_kind(env.observation_space)


def layout(space: spaces.Space[Any]) -> str:
    """What a policy has to know of an observation space: equal text, the same network.

    The bounds of a vector are no part of it; they may tell a scenario's own parameters.
    """
    if isinstance(space, spaces.Dict):
        parts = (f"{key!r}: {layout(part)}" for key, part in space.items())
        return f"Dict({', '.join(parts)})"
    if isinstance(space, spaces.Box) and not _is_image(space):
        return f"Box({space.shape}, {space.dtype})"
    return repr(space)


def in_a_line(space: spaces.Space[Any]) -> str:
    """A space as gymnasium writes it, without the pages of bounds that long vectors have."""
    if isinstance(space, spaces.Dict):
        return f"Dict({', '.join(f'{key}: {in_a_line(part)}' for key, part in space.items())})"
    if isinstance(space, spaces.Box) and not (_is_even(space.low) and _is_even(space.high)):
        if space.low.ndim == 1 and space.low.size <= _FEW:
            bounds = f"{_numbers(space.low)}, {_numbers(space.high)}"
        else:
            bounds = f"{space.low.min():.4g} to {space.high.max():.4g}"
        return f"Box({bounds}, {space.shape}, {space.dtype})"
    return " ".join(str(space).split())


def _is_even(bounds: np.ndarray[Any, Any]) -> bool:
    return bool((bounds == bounds.flat[0]).all())


def _numbers(bounds: np.ndarray[Any, Any]) -> str:
    return f"[{', '.join(f'{float(bound):.4g}' for bound in bounds)}]"


def _action_kind(space: spaces.Space[Any]) -> ActionKind:
    for kind in ACTION_KINDS:
        if isinstance(space, getattr(spaces, kind)):
            return kind
    raise UsageError(
        f"no algorithm acts in the action space {space}",
        help="wrap it into Discrete, Box, MultiDiscrete or MultiBinary "
        "(e.g. gymnasium.wrappers.TransformAction)",
    )


def _observation_kind(space: spaces.Space[Any]) -> ObservationKind:
    if isinstance(space, spaces.Dict):
        for part in space.values():
            if not isinstance(part, _VECTORS):
                raise _unusable(space)
        return "dict"
    if isinstance(space, _VECTORS):
        return "image" if _is_image(space) else "vector"
    raise _unusable(space)


def _unusable(space: spaces.Space[Any]) -> UsageError:
    return UsageError(
        f"no algorithm reads the observation {space}",
        help="add the wrapper gymnasium.wrappers.FlattenObservation",
    )


def _is_image(space: spaces.Space[Any]) -> bool:
    if not isinstance(space, spaces.Box) or space.dtype != np.uint8 or len(space.shape) != 3:
        return False
    # The channels are the smallest dimension, first or last.
    return sorted(space.shape)[1] >= _SMALLEST_IMAGE
