"""Gymnasium's two interfaces to the game, one at a time and a batch, for one controller each.

Importing this module registers the environments' ids.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from scenarios.bucket_brigade.agents import Cast, Character
from scenarios.bucket_brigade.catalogue import LIMIT
from scenarios.bucket_brigade.features import (
    agent_space,
    common_space,
    observe_agent,
    observe_common,
)
from scenarios.bucket_brigade.game import State, begin, game_generator, play, replace_games
from scenarios.bucket_brigade.render import picture, text
from scenarios.bucket_brigade.rules import CLASSIC, V1, Rules, RuleSet, rules_of

Array = np.ndarray

Mode = Literal["learner_vs", "joint"]

LADDER: Final = ("random", "random", "firefighter", "coordinator")
"""The opponents when only their number is given, repeated as often as needed."""

RENDER_MODES: Final = ["ansi", "rgb_array"]

MOST_FLAT: Final = 100_000
"""Number of actions beyond which a flat action space is refused."""


class Controlled:
    """B games that go on together, each with one controller.

    In the mode ``learner_vs`` the controller is agent 0 among other agents. In ``joint`` it acts
    for all agents at once and earns the sum of their rewards.

    Attributes:
        rules: The rules of every game.
        observation, action: Spaces of one controller.
        state: The games' state; None before the first reset.
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
        parameters: Mapping[str, object] | None = None,
    ) -> None:
        """Choose rules, controller and other agents.

        Args:
            scenario: Name of the scenario, without version.
            rules: Rule set.
            mode: The agents that the controller acts for.
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
        """Restart the games' random numbers; games of a seed are always the same."""
        self._random = game_generator(seed)

    def begin(self, count: int, cast: np.random.Generator, rows: Array | None = None) -> Array:
        """Start all games, or those of a mask again; returns what all controllers see.

        Args:
            count: How many games start.
            cast: Random numbers of the scripted agents, and for the games' seed if there is none.
            rows: Mask of the games that start, (B,); None to start all.
        """
        if self._random is None:
            self.seed(int(cast.integers(2**32)))
        fresh = begin(self.rules, count, self._generator)
        old = self.state
        self.state = fresh if old is None or rows is None else replace_games(old, rows, fresh)
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
        own = self._decode(np.asarray(actions))
        if self._cast is not None:
            own = np.concatenate((own, self._cast.act(self.state, cast)), axis=1)
        self.state, rewards, over = play(self.rules, self.state, own, self._generator)
        own_rewards = rewards.sum(axis=1) if self._joint else rewards[:, 0]
        return own_rewards, over

    def observe(self) -> Array:
        """What the controllers see, (B, D)."""
        if self.state is None:
            raise ValueError("no game has begun: call `reset` first")
        if self._joint:
            return observe_common(self.rules, self.state)
        return observe_agent(self.rules, self.state, 0)

    @property
    def _generator(self) -> np.random.RandomState:
        if self._random is None:
            raise ValueError("the games have no seed yet")
        return self._random

    def _decode(self, actions: Array) -> Array:
        """House, mode and signal of every agent that the controller acts for, (B, 1 or N, 3)."""
        if self._flat:
            actions = np.stack(np.unravel_index(actions, self._choices), axis=-1)
        each = len(self.rules.action)
        agents = actions.reshape(len(actions), -1, each).astype(np.int64, copy=False)
        if np.any(agents < 0) or np.any(agents >= np.array(self.rules.action)):
            raise ValueError(f"an action is outside of {self.action}")
        return agents if each == 3 else np.concatenate((agents, agents[..., 1:]), axis=-1)


def _others(
    mode: Mode, rules: RuleSet, opponents: int | Sequence[Character] | None, agents: int | None
) -> list[Character] | None:
    """The scripted agents; None if one controller acts for everybody."""
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
        return [LADDER[i % len(LADDER)] for i in range(opponents)]
    if isinstance(opponents, str):
        raise TypeError(f"`opponents` is a list: write [{opponents}]")
    return list(opponents)


def _action_space(choices: tuple[int, ...], *, flat: bool) -> spaces.Space[object]:
    if not flat:
        return spaces.MultiDiscrete(list(choices))
    size = math.prod(choices)
    if size > MOST_FLAT:
        raise ValueError(
            f"one flat action would have {size:,} values, more than {MOST_FLAT:,}; "
            "use an algorithm for MultiDiscrete actions, or the mode learner_vs"
        )
    return spaces.Discrete(size)


class BucketBrigade(gymnasium.Env[Array]):
    """One game with one controller; see `Controlled` for the arguments."""

    metadata = {"render_modes": RENDER_MODES, "render_fps": 2}  # noqa: RUF012  (gymnasium's own)

    def __init__(self, *, render_mode: str | None = None, **settings: Any) -> None:
        self._games = Controlled(**settings)
        self.observation_space = self._games.observation
        self.action_space = self._games.action
        self.render_mode = render_mode

    def reset(
        self, *, seed: int | None = None, options: dict[str, object] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed)
        if seed is not None:
            self._games.seed(seed)
        return self._games.begin(1, self.np_random)[0], {}

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        rewards, over = self._games.step(np.asarray(action)[None], self.np_random)
        return self._games.observe()[0], float(rewards[0]), bool(over[0]), False, {}

    def render(self) -> Any:
        if self.render_mode is None or self._games.state is None:
            return None
        draw = text if self.render_mode == "ansi" else picture
        return draw(self._games.rules, self._games.state)


class BucketBrigadeVector(VectorEnv[Array, Array, Array]):
    """A batch of games, each with one controller; a game restarts in the step in which it ends.

    All games draw from one generator: a seed fixes the batch as a whole.
    """

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP, "render_modes": []}  # noqa: RUF012

    def __init__(
        self, *, num_envs: int, max_episode_steps: int | None = None, **settings: Any
    ) -> None:
        settings.pop("render_mode", None)
        self._games = Controlled(**settings)
        self._limit = max_episode_steps
        self.num_envs = num_envs
        self.single_observation_space = self._games.observation
        self.single_action_space = self._games.action
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(
        self, *, seed: int | None = None, options: dict[str, object] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed)
        if seed is not None:
            self._games.seed(seed)
        return self._games.begin(self.num_envs, self.np_random), {}

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        rewards, over = self._games.step(actions, self.np_random)
        cut = np.zeros_like(over)
        if self._limit is not None and self._games.state is not None:
            cut = self._games.state.night >= self._limit
        observations = self._games.observe()
        done = over | cut
        if not done.any():
            return observations, rewards, over, cut, {}
        last = np.empty(self.num_envs, dtype=object)
        for index in np.flatnonzero(done):
            last[index] = observations[index]
        observations = self._games.begin(int(done.sum()), self.np_random, done)
        return observations, rewards, over, cut, {"final_obs": last, "_final_obs": done}


def register() -> None:
    """Make every scenario of both rule sets known to gymnasium; the ids are frozen."""
    module = "scenarios.bucket_brigade.env"
    kinds: tuple[tuple[RuleSet, Mapping[str, Rules], str], ...] = (
        ("classic", CLASSIC, "v0"),
        ("v1", V1, "v1"),
    )
    for rules, table, version in kinds:
        for name in table:
            gymnasium.register(
                id=f"bucket_brigade/{name}-{version}",
                entry_point=f"{module}:BucketBrigade",
                vector_entry_point=f"{module}:BucketBrigadeVector",
                max_episode_steps=LIMIT[rules],
                kwargs={"scenario": name, "rules": rules},
            )


register()
