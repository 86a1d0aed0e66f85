"""One game of several agents: who learns in it, who plays the other seats, what they earn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from harness.core.opponents import Opponent
from harness.core.scenario import MULTI_AGENT_MODES
from harness.envs.opponents import Act, Mind, Player, Pool, players_of, uniform
from harness.envs.team import Team
from harness.errors import UnknownNameError

__all__ = ["Match", "Round"]

Array = np.ndarray[Any, Any]

SHARED: Final = "shared"
SELFPLAY: Final = "selfplay"


@dataclass(slots=True)
class Round:
    """What the learners got between one choice of theirs and the next.

    Attributes:
        rewards: Learner -> sum of its rewards.
        ended, cut: Learners that left, and those that a time limit took out.
    """

    rewards: dict[str, float]
    ended: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)


class Match:
    """A game that is played again and again.

    Attributes:
        team: The environment with its shared spaces.
        width: How many learners there are in a game.
        pool: Snapshots that play the other seats in training; None but in ``selfplay``.
        names: The learners of this game, by slot.
        waiting: Those of them that have to choose now; empty when the game is over for all.
        steps: Steps of the game so far, over all games.
        earned: Learner -> return of this game so far.
        opponent: Who plays the other seats.
    """

    def __init__(
        self,
        module: str,
        *,
        mode: str = SHARED,
        learners: Sequence[str] | None = None,
        panel: Sequence[str | Opponent] = ("random",),
        players: str = "",
        snapshot_every: int = 10_000,
        pool: int = 10,
        **arguments: Any,
    ) -> None:
        """Seat everybody.

        Args:
            module: Dotted name of the module of a PettingZoo environment.
            mode: ``shared``: all learners with one policy at once; ``learner_vs``: one learner a
                game, in each of their seats by turns; ``selfplay``: the same, with snapshots of
                the learner in the other seats while it trains.
            learners: Agents that learn, or whose seat the learner takes; None for all.
            panel: Who plays the other seats, by name or trained, one of them a game, by turns.
            players: Module whose `PLAYERS` the panel names, beside ``random``.
            snapshot_every: ``selfplay``: steps between two snapshots.
            pool: ``selfplay``: how many snapshots are kept.
            arguments: Keyword arguments of the environment.

        Raises:
            MissingExtraError: A package is not installed.
            UsageError: An argument does not hold.
        """
        if mode not in MULTI_AGENT_MODES:
            raise UnknownNameError("mode", mode, MULTI_AGENT_MODES)
        self.team = Team(module, **arguments)
        self._panel = players_of(players, panel, self._seated)
        self._seats = list(self.team.names if learners is None else learners)
        for name in self._seats:
            if name not in self.team.names:
                raise UnknownNameError("agent", name, self.team.names)
        self._together = mode == SHARED
        self.width = len(self._seats) if self._together else 1
        self.pool = Pool(every=snapshot_every, keep=pool) if mode == SELFPLAY else None
        self.names: tuple[str, ...] = ()
        self.waiting: tuple[str, ...] = ()
        self.steps = 0
        self.earned: dict[str, float] = {}
        self.opponent = ""
        self._seen: dict[str, Any] = {}
        self._others: dict[str, Act] = {}

    @property
    def panels(self) -> int:
        """How many opponents take turns from game to game."""
        return len(self._panel)

    @property
    def seats(self) -> int:
        """In how many seats there are learners, at once or in turn."""
        return len(self._seats)

    def begin(self, chance: int, *, training: bool, options: Any = None) -> None:
        """Start a game.

        Args:
            chance: Fixes the game, who plays in it and in which seat: games of consecutive numbers
                go through the panel, and then through the seats.
            training: Whether snapshots play the other seats, where there are any.
            options: For the environment's own reset.
        """
        which, seat = chance % len(self._panel), chance // len(self._panel)
        self.names = tuple(
            self._seats if self._together else [self._seats[seat % len(self._seats)]]
        )
        self.opponent, player = self._panel[which]
        self.earned = dict.fromkeys(self.names, 0.0)
        self._seen, _ = self.team.env.reset(seed=chance, options=options)
        streams = np.random.SeedSequence((chance, len(self.team.names))).spawn(
            1 + len(self.team.names)
        )
        mind = None
        if training and self.pool is not None:
            # A learner whose pool is empty yet begins against chance itself.
            player, mind = uniform, self.pool.draw(np.random.default_rng(streams[0]))
        self._others = {
            name: self._thinking(name, mind)
            if mind is not None
            else player(self.team.env, name, np.random.default_rng(stream))
            for name, stream in zip(self.team.names, streams[1:], strict=True)
            if name not in self.names
        }
        self._go_on(Round(rewards={}))

    def play(self, chosen: Mapping[str, Any]) -> Round:
        """Play the learners' choices, and the others' until a learner is to choose again.

        Args:
            chosen: Waiting learner -> action of the shared space.
        """
        told = Round(rewards=dict.fromkeys(self.names, 0.0))
        self._step({name: self.team.done(name, action) for name, action in chosen.items()}, told)
        self._go_on(told)
        for name, reward in told.rewards.items():
            self.earned[name] += reward
        return told

    def view(self, name: str) -> Array:
        """What a learner sees, or saw last, in the shared space."""
        return self.team.seen(name, self._seen[name])

    def allowed(self, name: str) -> Array:
        """Which actions a learner may choose."""
        waits = name in self.waiting
        return self.team.allowed(name, self._seen[name]) if waits else self.team.free()

    def _go_on(self, told: Round) -> None:
        """Let the others play until a learner is to choose, or none is left."""
        while True:
            alive = set(self.team.env.agents)
            if not alive.intersection(self.names):
                self.waiting = ()
                return
            acting = self.team.acting()
            self.waiting = tuple(name for name in self.names if name in acting)
            if self.waiting:
                return
            self._step({}, told)

    def _step(self, chosen: Mapping[str, Any], told: Round) -> None:
        env = self.team.env
        alive = set(env.agents)
        actions = {
            name: chosen[name] if name in chosen else self._others[name](self._seen[name])
            for name in self.team.acting()
        }
        seen, earned, ended, cut, _ = env.step(actions)
        self.steps += 1
        self._seen |= seen
        left = alive - set(env.agents)
        for name in self.names:
            told.rewards[name] = told.rewards.get(name, 0.0) + float(earned.get(name, 0.0))
            if name in left:
                (told.cut if cut.get(name) and not ended.get(name) else told.ended).add(name)

    def _seated(self, opponent: Opponent) -> Player:
        """A trained opponent as a player of this game."""
        self.team.expect_fit(opponent)

        def begin(_env: Any, name: str, rng: np.random.Generator) -> Act:
            return self._thinking(name, lambda seen, masks: opponent(seen, masks, rng))

        return begin

    def _thinking(self, name: str, mind: Mind) -> Act:
        """An agent that acts as a frozen policy does in its place."""

        def act(observation: Any) -> Any:
            masks = self.team.allowed(name, observation)[None] if self.team.masked else None
            return self.team.done(name, mind(self.team.seen(name, observation)[None], masks)[0])

        return act
