"""A game of several agents: who learns in it, who plays the other seats, what each earns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from harness.core.evaluation import LONGEST_EPISODE
from harness.core.opponents import Opponent
from harness.core.scenario import MULTI_AGENT_MODES
from harness.envs.learner_spaces import as_number
from harness.envs.players import (
    Act,
    Player,
    PolicyFunction,
    SnapshotPool,
    play_at_random,
    players_of,
)
from harness.envs.shared_spaces import SharedSpaceEnv
from harness.errors import EnvironmentFailedError, UnknownNameError

SHARED: Final = "shared"
SELFPLAY: Final = "selfplay"


@dataclass(slots=True)
class TurnResult:
    """What the learners got between one choice of theirs and the next.

    Attributes:
        rewards: Learner -> sum of its rewards.
        terminated: Learners whose game ended.
        truncated: Learners that a time limit took out.
    """

    rewards: dict[str, float]
    terminated: set[str] = field(default_factory=set)
    truncated: set[str] = field(default_factory=set)


class Game:
    """A game that is played again and again.

    Attributes:
        shared: The environment with its shared spaces.
        n_learners: How many agents learn in one game.
        pool: Snapshots that play the other seats in training; None but in ``selfplay``.
        learners: The learners of this game.
        waiting: Those of them that have to choose now; empty once the game is over for all.
        steps: Steps of the environment so far, over all games.
        returns: Learner -> its return in this game so far.
        opponent: Name of the player in the other seats.
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
        **arguments: object,
    ) -> None:
        """Make the environment and the players.

        Args:
            module: Dotted name of the module of a PettingZoo environment.
            mode: See `harness.core.scenario.MULTI_AGENT_MODES`.
            learners: Agents that learn, or in whose seats the one learner plays; None for all.
            panel: Names of players or trained opponents, one for each game by turns; it plays all
                seats without a learner.
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
        self.shared = SharedSpaceEnv(module, **arguments)
        self._panel = players_of(players, panel, self._open_player)
        self._seats = list(self.shared.names if learners is None else learners)
        for name in self._seats:
            if name not in self.shared.names:
                raise UnknownNameError("agent", name, self.shared.names)
        self._all_learn = mode == SHARED
        self.n_learners = len(self._seats) if self._all_learn else 1
        self.pool = SnapshotPool(every=snapshot_every, keep=pool) if mode == SELFPLAY else None
        self.learners: tuple[str, ...] = ()
        self.waiting: tuple[str, ...] = ()
        self.steps = 0
        self.returns: dict[str, float] = {}
        self.opponent = ""
        self._observations: dict[str, object] = {}
        self._others: dict[str, Act] = {}

    @property
    def n_opponents(self) -> int:
        """How many opponents take turns from game to game."""
        return len(self._panel)

    @property
    def n_seats(self) -> int:
        """In how many seats there are learners, at once or by turns."""
        return len(self._seats)

    def begin(self, seed: int, *, training: bool, options: object = None) -> None:
        """Start a game.

        Args:
            seed: Fixes the game, who plays in it and in which seat: games of consecutive seeds go
                through the panel, and then through the seats.
            training: Whether snapshots play the other seats, once there are any.
            options: For the environment's own reset.
        """
        seat, index = divmod(seed, len(self._panel))
        self.learners = tuple(
            self._seats if self._all_learn else [self._seats[seat % len(self._seats)]]
        )
        self.opponent, player = self._panel[index]
        self.returns = dict.fromkeys(self.learners, 0.0)
        names = self.shared.names
        answer = self.shared.env.reset(seed=seed, options=options)
        if not isinstance(answer, tuple) or len(answer) != 2:
            raise self._answer_error("`reset` has to return observations and infos")
        self._observations = self._expect_each(self.shared.env.agents, answer[0], "observations")
        streams = np.random.SeedSequence((seed, len(names))).spawn(1 + len(names))
        snapshot = None
        if training and self.pool is not None:
            # Before the first snapshot the learner plays against random actions.
            player = play_at_random
            snapshot = self.pool.sample(np.random.default_rng(streams[0]))
        self._others = {
            name: self._act_by(name, snapshot)
            if snapshot is not None
            else player(self.shared.env, name, np.random.default_rng(stream))
            for name, stream in zip(names, streams[1:], strict=True)
            if name not in self.learners
        }
        self._play_others(TurnResult(rewards={}))

    def play(self, actions: Mapping[str, object]) -> TurnResult:
        """Play the learners' actions, and the others' until a learner has to choose again.

        Args:
            actions: Waiting learner -> action of the shared space.
        """
        result = TurnResult(rewards=dict.fromkeys(self.learners, 0.0))
        own = {name: self.shared.own_action(name, action) for name, action in actions.items()}
        self._step(own, result)
        self._play_others(result)
        for name, reward in result.rewards.items():
            self.returns[name] += reward
        return result

    def observe(self, name: str) -> np.ndarray:
        """The latest observation of a learner, in the shared space.

        Raises:
            EnvironmentFailedError: It is none of the agent's observation space.
        """
        try:
            return self.shared.observe(name, self._observations[name])
        except ValueError as error:
            raise self._answer_error(str(error)) from error

    def action_mask(self, name: str) -> np.ndarray:
        """Which actions a learner may choose.

        Raises:
            EnvironmentFailedError: The agent's own mask is none of its actions.
        """
        if name not in self.waiting:
            return self.shared.full_mask()
        try:
            return self.shared.action_mask(name, self._observations[name])
        except ValueError as error:
            raise self._answer_error(str(error)) from error

    def _play_others(self, result: TurnResult) -> None:
        """Let the others play until a learner has to choose, or none is in the game any more."""
        first = self.steps
        while not set(self.shared.env.agents).isdisjoint(self.learners):
            acting = self.shared.agents_to_act()
            self.waiting = tuple(name for name in self.learners if name in acting)
            if self.waiting:
                return
            if self.steps - first >= LONGEST_EPISODE:
                raise EnvironmentFailedError(
                    f"no learner had to choose in {LONGEST_EPISODE:,} steps of the game",
                    step=self.steps,
                    help="take other `learners`, or a game that ends",
                )
            self._step({}, result)
        self.waiting = ()

    def _step(self, own_actions: Mapping[str, object], result: TurnResult) -> None:
        env = self.shared.env
        before = set(env.agents)
        actions = {
            name: own_actions[name]
            if name in own_actions
            else self._others[name](self._observations[name])
            for name in self.shared.agents_to_act()
        }
        observations, rewards, terminations, truncations, _ = env.step(actions)
        self.steps += 1
        staying = set(env.agents)
        departures = before - staying
        if not self.shared.in_turn:
            self._expect_each(before, rewards, "rewards")
            self._expect_each(before & staying, observations, "observations")
            for name in env.agents:
                if terminations.get(name) or truncations.get(name):
                    raise self._answer_error(f"agent `{name}` has ended and is still in `agents`")
        self._observations |= observations
        for name in self.learners:
            reward = rewards.get(name, 0.0)
            reward = reward if isinstance(reward, float) else self._number(name, reward)
            result.rewards[name] = result.rewards.get(name, 0.0) + reward
            if name in departures:
                truncated = truncations.get(name) and not terminations.get(name)
                (result.truncated if truncated else result.terminated).add(name)

    def _expect_each(
        self, agents: Iterable[str], values: dict[str, Any], what: str
    ) -> dict[str, Any]:
        """The values, once each agent has one of them."""
        lacking = [name for name in agents if name not in values]
        if lacking:
            raise self._answer_error(f"the {what} have none of agent `{min(lacking)}`")
        return values

    def _number(self, name: str, reward: object) -> float:
        """A reward; some games return arrays of one number."""
        try:
            return as_number(reward)
        except ValueError as error:
            raise self._answer_error(f"the reward of agent `{name}` {error}") from error

    def _answer_error(self, fault: str) -> EnvironmentFailedError:
        return EnvironmentFailedError(
            f"{fault} (step {self.steps} of the game)",
            step=self.steps,
            help="mend the game: it has to do what PettingZoo's `parallel_api_test` asks",
        )

    def _open_player(self, opponent: Opponent) -> Player:
        """A trained opponent as a player of this game."""
        self.shared.expect_fit(opponent)

        def begin(_env: object, name: str, rng: np.random.Generator) -> Act:
            return self._act_by(
                name, lambda observations, masks: opponent(observations, masks, rng)
            )

        return begin

    def _act_by(self, name: str, policy: PolicyFunction) -> Act:
        """How an agent acts whose seat a policy for the shared spaces plays."""
        shared_env = self.shared

        def act(observation: object) -> Any:
            masks = shared_env.action_mask(name, observation)[None] if shared_env.masked else None
            return shared_env.own_action(
                name, policy(shared_env.observe(name, observation)[None], masks)[0]
            )

        return act
