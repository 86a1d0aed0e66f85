"""A PettingZoo environment whose agents share one policy: what each sees and does, made alike."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from gymnasium import spaces

from harness.core.opponents import Opponent
from harness.envs.imports import import_module
from harness.envs.spaces import layout
from harness.errors import UsageError

__all__ = ["Team"]

Array = np.ndarray[Any, Any]

WIDEST: Final = 20_000
"""Numbers in an observation beyond which it is an image that no dense network should read."""

SEEN: Final = "observation"
ALLOWED: Final = "action_mask"
"""Keys of a dictionary of what an agent sees, and of which actions it may choose."""


class Team:
    """One PettingZoo environment and the spaces that all of its agents can share.

    Observations are flattened, filled up with zeros to the longest, and end with a one-hot that
    says whose they are. Discrete actions are as many as the richest agent has; an agent with fewer
    forbids the rest, and counts them round for a learner that heeds no masks.

    Attributes:
        env: A ParallelEnv; games of turns are converted to one.
        in_turn: Whether one agent acts at a time.
        names: All agents, in the order of their seats.
        observation, action: The shared spaces.
        masked: Whether some actions may be forbidden.
    """

    def __init__(self, module: str, **arguments: Any) -> None:
        """Make the environment.

        Args:
            module: Dotted name of the module with `parallel_env` or `env`.
            arguments: Keyword arguments of either.

        Raises:
            MissingExtraError: Its package, or one that it needs, is not installed.
            UsageError: It is no such module, or its agents cannot share a policy.
        """
        self.env, self.in_turn = _made(module, arguments)
        self.names: list[str] = list(self.env.possible_agents)
        self._seats = {name: seat for seat, name in enumerate(self.names)}
        given = [self.env.observation_space(name) for name in self.names]
        self._masks = [_is_masked(space) for space in given]
        self._inner = [space[SEEN] if _is_masked(space) else space for space in given]
        self._choices = [self.env.action_space(name) for name in self.names]
        self._width = max(spaces.flatdim(space) for space in self._inner)
        if self._width > WIDEST:
            raise UsageError(
                f"an agent of `{module}` sees {self._width:,} numbers, an image",
                help="wrap the environment into smaller observations",
            )
        self.observation = self._shared_observation()
        self.action = self._shared_action(module)
        unlike = len({str(space) for space in self._choices}) > 1
        self.masked = isinstance(self.action, spaces.Discrete) and (unlike or any(self._masks))

    def expect_fit(self, opponent: Opponent) -> None:
        """See that a trained opponent knows the shared spaces.

        Raises:
            UsageError: It was trained in others.
        """
        pairs = (
            ("sees", layout(opponent.observation_space), layout(self.observation)),
            ("acts in", repr(opponent.action_space), repr(self.action)),
        )
        for verb, own, here in pairs:
            if own != here:
                raise UsageError(
                    f"{opponent.name} {verb} {own}, an agent of this game {verb} {here}",
                    help="take a model that was trained in this game",
                )

    def seen(self, name: str, observation: Any) -> Array:
        """One agent's observation in the shared space."""
        seat = self._seats[name]
        own = observation[SEEN] if self._masks[seat] else observation
        space = self._inner[seat]
        # Of arrays flattening is nothing but this, and much quicker.
        flat: Any = np.ravel(own) if isinstance(space, spaces.Box) else spaces.flatten(space, own)
        filled = np.zeros(self._width + len(self.names), dtype=np.float32)
        filled[: flat.size] = flat
        filled[self._width + seat] = 1.0
        return filled

    def done(self, name: str, action: Any) -> Any:
        """An action of the shared space as one of the agent's own."""
        own = self._choices[self._seats[name]]
        return int(action) % int(own.n) if isinstance(own, spaces.Discrete) else action

    def allowed(self, name: str, observation: Any) -> Array:
        """Which actions of the shared space the agent may choose, as sb3-contrib flattens them."""
        free = self.free()
        if not self.masked:
            return free
        seat = self._seats[name]
        free[int(self._choices[seat].n) :] = False
        if self._masks[seat]:
            own = np.asarray(observation[ALLOWED], dtype=bool)
            # Of nothing at all nobody can choose: it is not this agent's turn.
            free[: own.size] &= own if own.any() else True
        return free

    def free(self) -> Array:
        """The mask that forbids nothing."""
        return np.ones(_choices_in(self.action), dtype=bool)

    def acting(self) -> list[str]:
        """Who has to choose an action now."""
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


def _made(module: str, arguments: dict[str, Any]) -> tuple[Any, bool]:
    """The environment as a ParallelEnv, and whether its agents act one at a time."""
    from pettingzoo.utils import conversions
    from pettingzoo.utils.env_logger import EnvLogger

    # A learner without masks tries what is forbidden; the game says so each time.
    EnvLogger.suppress_output()
    loaded = import_module(module)
    together, in_turn = (getattr(loaded, name, None) for name in ("parallel_env", "env"))
    if together is not None:
        return together(**arguments), False
    if in_turn is None:
        raise UsageError(
            f"module `{module}` has neither `parallel_env` nor `env`",
            help="name the module of a PettingZoo environment",
        )
    env = in_turn(**arguments)
    if env.metadata.get("is_parallelizable"):
        return conversions.aec_to_parallel(env), False
    return conversions.turn_based_aec_to_parallel(env), True


def _is_masked(space: spaces.Space[Any]) -> bool:
    return isinstance(space, spaces.Dict) and {SEEN, ALLOWED} <= set(space.spaces)


def _choices_in(space: spaces.Space[Any]) -> int:
    if isinstance(space, spaces.Discrete):
        return int(space.n)
    if isinstance(space, spaces.MultiDiscrete):
        return int(space.nvec.sum())
    if isinstance(space, spaces.MultiBinary):
        return 2 * int(space.n)  # type: ignore[arg-type]
    return 1
