"""The game as a PettingZoo ParallelEnv, in which every agent acts, and players for its seats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from pettingzoo import ParallelEnv

from scenarios.bucket_brigade.agents import NAMES, Cast
from scenarios.bucket_brigade.features import (
    agent_space,
    as_first,
    common_space,
    observe_agent,
    observe_common,
)
from scenarios.bucket_brigade.game import State, begin, game_generator, play
from scenarios.bucket_brigade.render import picture, text
from scenarios.bucket_brigade.rules import RuleSet, rules_of

Array = np.ndarray


class BucketBrigadeParallel(ParallelEnv[str, Array, Array]):  # type: ignore[misc]
    """One game; agents are called ``agent_0`` and so on.

    An action is house, mode and, in ``v1``, signal. The published ``classic`` observation does
    not say who its agent is, that of ``v1`` does. All agents end together.
    """

    metadata = {  # noqa: RUF012  (pettingzoo's own)
        "render_modes": ["ansi", "rgb_array"],
        "name": "bucket_brigade_v1",
        "is_parallelizable": True,
        "render_fps": 2,
    }

    def __init__(
        self,
        scenario: str = "default",
        rules: RuleSet = "v1",
        *,
        agents: int | None = None,
        parameters: Mapping[str, object] | None = None,
        max_cycles: int | None = 100,
        as_first: bool = False,
        render_mode: str | None = None,
    ) -> None:
        """Choose a game.

        Args:
            scenario: Name of the scenario, without version.
            rules: Rule set.
            agents: How many agents; None for four.
            parameters: Changes to the attributes of `Rules`.
            max_cycles: Nights after which a game is cut off; None for no limit.
            as_first: Every agent sees and chooses as if it were agent 0, so that a policy that
                learned in that seat can play in any.
            render_mode: ``ansi`` or ``rgb_array``.

        Raises:
            ValueError: An argument does not hold.
        """
        self.rules = rules_of(scenario, rules, agents=agents, parameters=parameters)
        self.possible_agents = [f"agent_{seat}" for seat in range(self.rules.agents)]
        self.agents: list[str] = []
        self.max_cycles = max_cycles
        self.as_first = as_first
        self.render_mode = render_mode
        names = self.possible_agents
        self.observation_spaces = {name: agent_space(self.rules) for name in names}
        self.action_spaces: dict[str, spaces.Space[object]] = {
            name: spaces.MultiDiscrete(list(self.rules.action)) for name in names
        }
        self.state_space = common_space(self.rules)
        self._random: np.random.RandomState | None = None
        self._state: State | None = None

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, object] | None = None
    ) -> tuple[dict[str, Array], dict[str, dict[str, Any]]]:
        if seed is not None:
            self._random = game_generator(seed)
        elif self._random is None:
            self._random = game_generator(int(seeding.np_random()[0].integers(2**32)))
        self._state = begin(self.rules, 1, self._random)
        self.agents = list(self.possible_agents)
        return self._observations(), {name: {} for name in self.agents}

    def step(
        self, actions: dict[str, Array]
    ) -> tuple[
        dict[str, Array],
        dict[str, float],
        dict[str, bool],
        dict[str, bool],
        dict[str, dict[str, Any]],
    ]:
        if not self.agents:
            return {}, {}, {}, {}, {}
        if self._state is None or self._random is None:
            raise ValueError("no game has begun: call `reset` first")
        choices = np.array([actions[name] for name in self.agents], dtype=np.int64)
        if choices.shape[1] == 2:
            choices = np.concatenate((choices, choices[:, 1:]), axis=1)
        if self.as_first:
            choices[:, 0] = (choices[:, 0] + np.arange(len(choices))) % self.rules.houses
        self._state, rewards, over = play(self.rules, self._state, choices[None], self._random)
        cut = self.max_cycles is not None and int(self._state.night[0]) >= self.max_cycles
        names, done = self.agents, bool(over[0])
        observations = self._observations()
        if done or cut:
            self.agents = []
        return (
            observations,
            {name: float(rewards[0, seat]) for seat, name in enumerate(names)},
            dict.fromkeys(names, done),
            dict.fromkeys(names, cut and not done),
            {name: {} for name in names},
        )

    def state(self) -> Array:
        """What all agents see, without who they are."""
        observations: Array = observe_common(self.rules, self._require_state())[0]
        return observations

    @property
    def current_state(self) -> State:
        """The game as scripted agents see it, a batch of one."""
        return self._require_state()

    def render(self) -> Any:
        if self.render_mode is None:
            return None
        draw = text if self.render_mode == "ansi" else picture
        return draw(self.rules, self._require_state())

    def _observations(self) -> dict[str, Array]:
        state = self._require_state()
        if not self.as_first:
            names = enumerate(self.agents)
            return {name: observe_agent(self.rules, state, seat)[0] for seat, name in names}
        return {
            name: observe_agent(self.rules, as_first(state, seat), 0)[0]
            for seat, name in enumerate(self.agents)
        }

    def _require_state(self) -> State:
        if self._state is None:
            raise ValueError("no game has begun: call `reset` first")
        return self._state


parallel_env = BucketBrigadeParallel
"""PettingZoo's usual name for the constructor."""

Act = Callable[[Any], Array]


def _player(name: str) -> Callable[[object, str, np.random.Generator], Act]:
    def begin_game(env: Any, agent: str, rng: np.random.Generator) -> Act:
        game = env.unwrapped
        seat = game.possible_agents.index(agent)
        cast = Cast(game.rules, [seat], [name])
        cast.begin(np.ones(1, dtype=bool), 1, rng)

        def act(_observation: object) -> Array:
            action: Array = cast.act(game.current_state, rng)[0, 0]
            if game.as_first:
                action[0] = (action[0] - seat) % game.rules.houses
            return action[: len(game.rules.action)]

        return act

    return begin_game


PLAYERS: Final[Mapping[str, Callable[..., Act]]] = MappingProxyType(
    {name: _player(name) for name in NAMES}
)
"""`NAMES` as players; ``random`` is the heuristic of random character, ``uniform`` chance."""
