"""A PettingZoo environment seen through one observation and one action space for all agents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from gymnasium import spaces

from harness.core.opponents import Opponent
from harness.envs.environment_inspection import observation_layout
from harness.envs.environment_lookup import import_module, import_object
from harness.envs.learner_spaces import (
    choice_counts,
    environment_action,
    learner_actions,
    learner_form,
    learner_observations,
)
from harness.errors import UsageError

_LARGEST_OBSERVATION: Final = 20_000
"""Numbers beyond which an observation is an image that no dense network should read."""

_OBSERVATION: Final = "observation"
_ACTION_MASK: Final = "action_mask"
"""Keys of PettingZoo's observations with a mask of the actions that are allowed."""


class SharedSpaceEnv:
    """One PettingZoo environment and the spaces that all of its agents can share.

    Observations are flattened, padded with zeros to the longest, and end with a one-hot of the
    agent. There are as many discrete actions as the agent with most choices has. For an agent with
    fewer, the mask forbids the rest; learners without masks choose modulo its number of choices.

    Attributes:
        env: A ParallelEnv; games of turns are converted to one.
        in_turn: Whether one agent acts at a time.
        names: All agents; the index of an agent is its seat.
        observation, action: The shared spaces.
        masked: Whether some actions may be forbidden.
    """

    def __init__(self, module: str, **arguments: Any) -> None:
        """Make the environment.

        Args:
            module: Dotted name of the module with `parallel_env` or `env`, or ``module:name`` for
                another function or class that makes either kind of environment.
            arguments: Keyword arguments of either.

        Raises:
            MissingExtraError: Its package, or one that it needs, is not installed.
            UsageError: It is no such module, or its agents cannot share a policy.
        """
        self.env, self.in_turn = _make_parallel(module, arguments)
        self.names: list[str] = list(getattr(self.env, "possible_agents", ()))
        if not self.names:
            raise UsageError(
                f"`{module}` makes no game of PettingZoo: `possible_agents` names no agents",
                help="make a `ParallelEnv` or an `AECEnv`; one without agents is no `pettingzoo:`",
            )
        self._seats = {name: seat for seat, name in enumerate(self.names)}
        own_spaces = [self.env.observation_space(name) for name in self.names]
        self._has_mask = [_is_masked(space) for space in own_spaces]
        inner = [space[_OBSERVATION] if _is_masked(space) else space for space in own_spaces]
        self._inner = [learner_observations(space) for space in inner]
        self._forms = [learner_form(space) for space in inner]
        self._choices = [self.env.action_space(name) for name in self.names]
        self._own_actions = {
            seat: environment_action(space)
            for seat, space in enumerate(self._choices)
            if learner_actions(space) is not space
        }
        self._width = max(spaces.flatdim(space) for space in self._inner)
        if self._width > _LARGEST_OBSERVATION:
            raise UsageError(
                f"an agent of `{module}` sees {self._width:,} numbers, an image",
                help="wrap the environment into smaller observations",
            )
        self.observation = self._shared_observation()
        self.action = self._shared_action(module)
        differ = len({str(space) for space in self._choices}) > 1
        self.masked = isinstance(self.action, spaces.Discrete) and (differ or any(self._has_mask))

    def expect_fit(self, opponent: Opponent) -> None:
        """Check that a trained opponent was trained in the shared spaces.

        Raises:
            UsageError: It was trained in others.
        """
        observations = map(observation_layout, (opponent.observation_space, self.observation))
        actions = map(repr, (opponent.action_space, self.action))
        for verb, (own, common) in (("sees", observations), ("acts in", actions)):
            if own != common:
                raise UsageError(
                    f"{opponent.name} {verb} {own}, an agent of this game {verb} {common}",
                    help="take a model that was trained in this game",
                )

    def observe(self, name: str, observation: Any) -> np.ndarray:
        """An agent's own observation in the shared space.

        Raises:
            ValueError: It is none of the agent's observation space.
        """
        seat = self._seats[name]
        own = self._part(name, observation, _OBSERVATION) if self._has_mask[seat] else observation
        space = self._inner[seat]
        fits = type(own) is np.ndarray and own.shape == space.shape and own.dtype.kind == "f"
        if not (fits and isinstance(space, spaces.Box) and space.dtype.kind == "f"):
            try:
                own = self._forms[seat](own)
            except ValueError as error:
                raise ValueError(f"the observation of agent `{name}` {error}") from error
        # For arrays `flatten` does nothing else, and takes much longer.
        flat: Any = np.ravel(own) if isinstance(space, spaces.Box) else spaces.flatten(space, own)
        vector = np.zeros(self._width + len(self.names), dtype=np.float32)
        vector[: flat.size] = flat
        vector[self._width + seat] = 1.0
        return vector

    def own_action(self, name: str, action: Any) -> object:
        """An action of the shared space as an action of the agent's own space."""
        seat = self._seats[name]
        own = self._choices[seat]
        if isinstance(own, spaces.Discrete):
            action = int(action) % int(own.n)
        convert = self._own_actions.get(seat)
        return action if convert is None else convert(action)

    def action_mask(self, name: str, observation: Any) -> np.ndarray:
        """Which actions of the shared space an agent may choose, as sb3-contrib flattens them.

        Raises:
            ValueError: The agent's own mask does not have one value for each of its actions.
        """
        mask = self.full_mask()
        if not self.masked:
            return mask
        seat = self._seats[name]
        count = int(self._choices[seat].n)
        mask[count:] = False
        if self._has_mask[seat]:
            own = np.asarray(self._part(name, observation, _ACTION_MASK), dtype=bool)
            if own.shape != (count,):
                raise ValueError(
                    f"the action mask of agent `{name}` has the shape {own.shape}, its actions "
                    f"are {count}"
                )
            # A mask that forbids everything belongs to an agent that waits for its turn.
            mask[:count] &= own if own.any() else True
        return mask

    def _part(self, name: str, observation: Any, key: str) -> Any:
        if not isinstance(observation, Mapping) or key not in observation:
            raise ValueError(f"the observation of agent `{name}` has no `{key}`")
        return observation[key]

    def full_mask(self) -> np.ndarray:
        """The mask that forbids nothing."""
        return np.ones(sum(choice_counts(self.action)) or 1, dtype=bool)

    def agents_to_act(self) -> list[str]:
        """The agents that have to choose an action now."""
        return [self.env.aec_env.agent_selection] if self.in_turn else list(self.env.agents)

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
            length = flat.shape[0]
            low[:length] = np.minimum(low[:length], flat.low)
            high[:length] = np.maximum(high[:length], flat.high)
        high[self._width :] = 1.0
        return spaces.Box(low, high, dtype=np.float32)

    def _shared_action(self, module: str) -> spaces.Space[Any]:
        discrete = [space for space in self._choices if isinstance(space, spaces.Discrete)]
        if len(discrete) == len(self._choices):
            return spaces.Discrete(max(int(space.n) for space in discrete))
        if all(space == self._choices[0] for space in self._choices):
            return learner_actions(self._choices[0])
        raise UsageError(
            f"the agents of `{module}` cannot share a policy: their action spaces are "
            f"{', '.join(sorted({str(space) for space in self._choices}))}",
            help="they have to be equal, or all Discrete",
        )


def _make_parallel(module: str, arguments: dict[str, Any]) -> tuple[Any, bool]:
    """The environment as a ParallelEnv, and whether its agents act one at a time."""
    from pettingzoo.utils import conversions
    from pettingzoo.utils.env_logger import EnvLogger

    # A learner without masks tries what is forbidden, and the game would log it each time.
    EnvLogger.suppress_output()
    env = _factory(module)(**arguments)
    if not hasattr(env, "agent_iter"):
        return env, False
    if env.metadata.get("is_parallelizable"):
        return conversions.aec_to_parallel(env), False
    return conversions.turn_based_aec_to_parallel(env), True


def _factory(module: str) -> Callable[..., Any]:
    """What makes the environment; a module's `parallel_env` goes before its `env`."""
    if ":" in module:
        factory: Callable[..., Any] = import_object(module)
        return factory
    namespace = import_module(module)
    for name in ("parallel_env", "env"):
        if hasattr(namespace, name):
            factory = getattr(namespace, name)
            return factory
    raise UsageError(
        f"module `{module}` has neither `parallel_env` nor `env`",
        help="name the module of a PettingZoo environment, or `MODULE:NAME` for what makes one",
    )


def _is_masked(space: spaces.Space[object]) -> bool:
    return isinstance(space, spaces.Dict) and {_OBSERVATION, _ACTION_MASK} <= set(space.spaces)
