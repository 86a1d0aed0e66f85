"""Wrappers that bring actions and observations into the shapes that algorithms take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from harness.envs.learner_spaces import choice_counts, environment_action, observation_form
from harness.errors import UsageError

_CHOICES = (spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)


class FlattenAction(gymnasium.ActionWrapper):
    """Acts in one flat space; its actions are put together again as the environment wants them.

    The space is a Box where all parts of the environment's are, MultiBinary or MultiDiscrete where
    all are choices. Parts are those of nested Dict and Tuple spaces, and arrays of choices.
    """

    def __init__(self, env: gymnasium.Env) -> None:
        """Find the flat space.

        Raises:
            UsageError: Some parts are numbers and others choices, or something else.
        """
        super().__init__(env)
        if not can_flatten(env.action_space):
            raise UsageError(
                f"the action space {env.action_space} has no flat form",
                help="its parts have to be all Box, or all Discrete, MultiDiscrete or MultiBinary",
            )
        self._parts = list(_leaves(env.action_space))
        self.action_space = _flat(self._parts)

    def action(self, action: Any) -> Any:
        """An action of the flat space as one of the environment's own space."""
        values = iter(np.ravel(action))
        return _rebuilt(self.env.action_space, values)


class StackObservations(gymnasium.Wrapper):
    """Shows the latest observations together, the newest last, as SB3's `VecFrameStack` does.

    Vectors become one longer vector, images get more channels. An episode begins with zeros.
    """

    def __init__(self, env: gymnasium.Env, count: int) -> None:
        """Begin without an observation.

        Args:
            env: Observes a Box.
            count: How many observations, the newest among them.

        Raises:
            UsageError: It observes anything else.
        """
        super().__init__(env)
        space = env.observation_space
        if not isinstance(space, spaces.Box) or not space.shape:
            raise UsageError(
                f"observations of the space {space} cannot be stacked",
                help="take `frame_stack` out; it needs arrays",
            )
        # Channels stand first in an image whose first side is the shortest.
        first = len(space.shape) == 3 and space.shape[0] == min(space.shape)
        self._axis = 0 if first else -1
        self._count = count
        self._form = observation_form(space)
        self._latest: list[Any] = []
        low, high = (np.concatenate([end] * count, self._axis) for end in (space.low, space.high))
        # Zeros stand before an episode, whatever the bounds are.
        low, high = np.minimum(low, 0), np.maximum(high, 0)
        self.observation_space = spaces.Box(low, high, dtype=space.dtype.type)

    def reset(self, **arguments: Any) -> tuple[Any, dict[str, Any]]:
        observation, info = self.env.reset(**arguments)
        space = self.env.observation_space
        self._latest = [np.zeros(space.shape or (), space.dtype)] * self._count
        return self._stack(observation), info

    def step(self, action: object) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        return self._stack(observation), reward, terminated, truncated, info

    def _stack(self, observation: object) -> Any:
        # A copy, since some environments return one array for ever.
        self._latest = [*self._latest[1:], np.array(self._form(observation))]
        return np.concatenate(self._latest, self._axis)


def can_flatten(space: spaces.Space[object]) -> bool:
    """Whether `FlattenAction` fits."""
    parts = list(_leaves(space))
    return bool(parts) and (
        all(isinstance(part, spaces.Box) for part in parts)
        or all(isinstance(part, _CHOICES) for part in parts)
    )


def _leaves(space: spaces.Space[object]) -> Iterator[spaces.Space[object]]:
    if isinstance(space, spaces.Dict):
        for part in space.spaces.values():
            yield from _leaves(part)
    elif isinstance(space, spaces.Tuple):
        for part in space.spaces:
            yield from _leaves(part)
    else:
        yield space


def _flat(parts: list[Any]) -> spaces.Space[object]:
    if all(isinstance(part, spaces.Box) for part in parts):
        low, high = (
            np.concatenate([np.ravel(getattr(part, end)) for part in parts]).astype(np.float32)
            for end in ("low", "high")
        )
        return spaces.Box(low, high, dtype=np.float32)
    counts = [count for part in parts for count in choice_counts(part)]
    if all(isinstance(part, spaces.MultiBinary) for part in parts):
        return spaces.MultiBinary(len(counts))
    return spaces.MultiDiscrete(counts)


def _rebuilt(space: Any, values: Iterator[Any]) -> object:
    if isinstance(space, spaces.Dict):
        return {key: _rebuilt(part, values) for key, part in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(_rebuilt(part, values) for part in space.spaces)
    numbers = [next(values) for _ in range(int(np.prod(space.shape)))]
    return environment_action(space)(np.reshape(numbers, space.shape))
