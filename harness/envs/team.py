"""A PettingZoo environment whose agents share one policy: what each sees and does, made alike."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from gymnasium import spaces

from harness.envs.imports import import_module
from harness.errors import UsageError

__all__ = ["PREFIX", "Team"]

Array = np.ndarray[Any, Any]

PREFIX: Final = "pettingzoo:"
"""Before the module of a PettingZoo environment, where a Gymnasium id would stand."""

WIDEST: Final = 20_000
"""Numbers in an observation beyond which it is an image that no dense network should read."""


class Team:
    """One PettingZoo ParallelEnv and the spaces that all of its agents can share.

    Observations are flattened, filled up with zeros to the longest, and end with a one-hot that
    says whose they are. Discrete actions are as many as the richest agent has; an agent with fewer
    counts them round.

    Attributes:
        env: The environment.
        names: All agents, in the order of their seats.
        observation, action: The shared spaces.
    """

    def __init__(self, module: str, **arguments: Any) -> None:
        """Make the environment.

        Args:
            module: Dotted name of the module with `parallel_env`.
            arguments: Keyword arguments of `parallel_env`.

        Raises:
            MissingExtraError: Its package, or one that it needs, is not installed.
            UsageError: It is no ParallelEnv, or its agents cannot share a policy.
        """
        make = getattr(import_module(module), "parallel_env", None)
        if make is None:
            raise UsageError(
                f"module `{module}` has no `parallel_env`",
                help="only environments in which all agents act at once can share a policy",
            )
        self.env = make(**arguments)
        self.names: list[str] = list(self.env.possible_agents)
        self._seats = {name: seat for seat, name in enumerate(self.names)}
        self._inner = [self.env.observation_space(name) for name in self.names]
        self._choices = [self.env.action_space(name) for name in self.names]
        self._width = max(spaces.flatdim(space) for space in self._inner)
        if self._width > WIDEST:
            raise UsageError(
                f"an agent of `{module}` sees {self._width:,} numbers, an image",
                help="wrap the environment into smaller observations",
            )
        self._identity = np.eye(len(self.names), dtype=np.float32)
        self.observation = self._shared_observation()
        self.action = self._shared_action(module)

    def seen(self, name: str, observation: Any) -> Array:
        """One agent's observation in the shared space."""
        seat = self._seats[name]
        flat = np.asarray(spaces.flatten(self._inner[seat], observation), dtype=np.float32)
        filled = np.zeros(self._width, dtype=np.float32)
        filled[: flat.size] = flat
        return np.concatenate((filled, self._identity[seat]))

    def done(self, name: str, action: Any) -> Any:
        """An action of the shared space as one of the agent's own."""
        own = self._choices[self._seats[name]]
        return int(action) % int(own.n) if isinstance(own, spaces.Discrete) else action

    def _shared_observation(self) -> spaces.Box:
        size = self._width + len(self.names)
        low, high = np.zeros(size, dtype=np.float32), np.zeros(size, dtype=np.float32)
        for space in self._inner:
            flat = spaces.flatten_space(space)
            if not isinstance(flat, spaces.Box):
                raise UsageError(
                    f"no algorithm reads the observation {space}",
                    help="it has to have a fixed size",
                )
            reach = flat.shape[0]
            low[:reach] = np.minimum(low[:reach], flat.low)
            high[:reach] = np.maximum(high[:reach], flat.high)
        high[self._width :] = 1.0
        return spaces.Box(low, high, dtype=np.float32)

    def _shared_action(self, module: str) -> spaces.Space[Any]:
        discrete = [space for space in self._choices if isinstance(space, spaces.Discrete)]
        if len(discrete) == len(self._choices) and all(space.start == 0 for space in discrete):
            return spaces.Discrete(max(int(space.n) for space in discrete))
        if all(space == self._choices[0] for space in self._choices):
            same: spaces.Space[Any] = self._choices[0]
            return same
        raise UsageError(
            f"the agents of `{module}` cannot share a policy: their action spaces are "
            f"{', '.join(sorted({str(space) for space in self._choices}))}",
            help="they have to be equal, or all Discrete",
        )
