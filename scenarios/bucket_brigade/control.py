"""One controller in a batch of games: which seats it acts for, what it sees, what it earns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np
from gymnasium import spaces

from scenarios.bucket_brigade.agents import Cast, Character
from scenarios.bucket_brigade.features import agent_space, common, common_space, observed
from scenarios.bucket_brigade.game import State, begin, mixed, play
from scenarios.bucket_brigade.rules import RuleSet, rules_of

__all__ = ["Controlled", "Mode", "game_generator"]

Array = np.ndarray[Any, Any]

Mode = Literal["learner_vs", "joint"]

LADDER: Final = ("random", "random", "firefighter", "coordinator")
"""Who the opponents are when only their number is given; it is gone through again and again."""

MOST_FLAT: Final = 100_000
"""Actions beyond which a flat action space is refused."""


class Controlled:
    """B games that go on together, each with one controller.

    In the mode ``learner_vs`` it is agent 0 among scripted agents, in ``joint`` all agents at once
    with the sum of their rewards.

    Attributes:
        rules: Of every game.
        observation, action: Spaces of one controller.
        state: Of the games; None before the first.
    """

    def __init__(
        self,
        scenario: str,
        rules: RuleSet = "classic",
        *,
        mode: Mode = "learner_vs",
        opponents: int | Sequence[Character] | None = None,
        agents: int | None = None,
        flat: bool = False,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        """Seat everybody.

        Args:
            scenario: Name of the scenario, without version.
            rules: Rule set.
            mode: Who the controller acts for.
            opponents: ``learner_vs``: the other agents, or how many; None for ``random`` ones, two
                in ``classic`` and three in ``v1``.
            agents: ``joint``: how many agents; None for four.
            flat: Whether an action is one number instead of one per choice.
            parameters: Changes to the attributes of `Rules`.

        Raises:
            TypeError, ValueError: An argument does not hold.
        """
        others = _others(mode, rules, opponents, agents)
        self.rules = rules_of(
            scenario,
            rules,
            agents=agents if others is None else 1 + len(others),
            parameters=parameters,
        )
        self._joint = others is None
        self._cast = Cast(self.rules, range(1, self.rules.agents), others) if others else None
        self._choices = self.rules.action * (self.rules.agents if self._joint else 1)
        self._flat = flat
        self.observation = common_space(self.rules) if self._joint else agent_space(self.rules)
        self.action = _action_space(self._choices, flat=flat)
        self.state: State | None = None
        self._random: np.random.RandomState | None = None

    def seed(self, seed: int) -> None:
        """Let the games' own random numbers begin anew; games of a seed are always the same."""
        self._random = game_generator(seed)

    def begin(self, count: int, cast: np.random.Generator, rows: Array | None = None) -> Array:
        """Start all games, or those of a mask anew; returns what all controllers see.

        Args:
            count: How many games start.
            cast: Drawn from by the scripted agents, and for the games' seed where none was given.
            rows: Mask of the games that start, (B,); None to start all.
        """
        if self._random is None:
            self.seed(int(cast.integers(2**32)))
        fresh = begin(self.rules, count, self._generator)
        kept = self.state
        self.state = fresh if kept is None or rows is None else mixed(kept, rows, fresh)
        if self._cast is not None:
            mask = np.ones(count, dtype=bool) if rows is None else rows
            self._cast.begin(mask, count, cast)
        return self.observe()

    def step(self, actions: Array, cast: np.random.Generator) -> tuple[Array, Array]:
        """Play one night; returns what the controllers earn (B,) and which games are over (B,).

        Raises:
            ValueError: The games have not begun, or an action is outside of the space.
        """
        if self.state is None:
            raise ValueError("no game has begun: call `reset` first")
        own = self._decoded(np.asarray(actions))
        if self._cast is not None:
            own = np.concatenate((own, self._cast.act(self.state, cast)), axis=1)
        self.state, rewards, over = play(self.rules, self.state, own, self._generator)
        earned = rewards.sum(axis=1) if self._joint else rewards[:, 0]
        return earned, over

    def observe(self) -> Array:
        """What the controllers see, (B, D)."""
        if self.state is None:
            raise ValueError("no game has begun: call `reset` first")
        if self._joint:
            return common(self.rules, self.state)
        return observed(self.rules, self.state, 0)

    @property
    def _generator(self) -> np.random.RandomState:
        if self._random is None:
            raise ValueError("the games have no seed yet")
        return self._random

    def _decoded(self, actions: Array) -> Array:
        """House, mode and signal of every agent that is acted for, (B, 1 or N, 3)."""
        if self._flat:
            actions = np.stack(np.unravel_index(actions, self._choices), axis=-1)
        each = len(self.rules.action)
        agents = actions.reshape(len(actions), -1, each).astype(np.int64, copy=False)
        if np.any(agents < 0) or np.any(agents >= np.array(self.rules.action)):
            raise ValueError(f"an action is outside of {self.action}")
        return agents if each == 3 else np.concatenate((agents, agents[..., 1:]), axis=-1)


def game_generator(seed: int) -> np.random.RandomState:
    """The generator of a game's seed: the published one up to its largest, 2^32 - 1."""
    if seed < 2**32:
        return np.random.RandomState(seed)
    return np.random.RandomState(np.random.MT19937(np.random.SeedSequence(seed)))


def _others(
    mode: Mode, rules: RuleSet, opponents: int | Sequence[Character] | None, agents: int | None
) -> list[Character] | None:
    """The scripted agents; None where one controller acts for everybody."""
    if mode not in {"learner_vs", "joint"}:
        raise ValueError(f"no mode `{mode}`; there are: learner_vs, joint")
    if mode == "joint":
        if opponents is not None:
            raise ValueError("`opponents` belong to the mode learner_vs; joint acts for everybody")
        return None
    if agents is not None:
        raise ValueError("`agents` belongs to the mode joint; list the `opponents` instead")
    if opponents is None:
        return ["random"] * (2 if rules == "classic" else 3)
    if isinstance(opponents, int):
        return [LADDER[place % len(LADDER)] for place in range(opponents)]
    if isinstance(opponents, str):
        raise TypeError(f"`opponents` is a list: write [{opponents}]")
    return list(opponents)


def _action_space(choices: tuple[int, ...], *, flat: bool) -> spaces.Space[Any]:
    if not flat:
        return spaces.MultiDiscrete(list(choices))
    size = math.prod(choices)
    if size > MOST_FLAT:
        raise ValueError(
            f"one flat action would have {size:,} values, more than {MOST_FLAT:,}; "
            "use an algorithm for MultiDiscrete actions, or the mode learner_vs"
        )
    return spaces.Discrete(size)
