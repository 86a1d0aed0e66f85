"""One policy for all agents of a PettingZoo environment: slots to train in, turns to evaluate.

A slot is one agent of one copy of the environment, and learns from that agent's own reward. In
evaluation the agents of one copy choose in turn, and the return is that of the whole team.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from harness.envs.team import Team
from harness.errors import EnvironmentFailedError, UsageError

__all__ = ["Slots", "Turns"]

Array = np.ndarray[Any, Any]

_LARGEST_SEED = 2**31


class Turns(gymnasium.Env[Array, Any]):
    """One copy; a step is the choice of one agent, and the last one's plays them all.

    The reward of that step is the sum of all agents' rewards. Agents that have left are passed by.
    """

    metadata = {"render_modes": ["rgb_array", "ansi", "human"]}  # noqa: RUF012  (gymnasium's own)

    def __init__(self, *, render_mode: str | None = None, **arguments: Any) -> None:
        if render_mode is not None:
            arguments["render_mode"] = render_mode
        self._team = Team(**arguments)
        self.observation_space = self._team.observation
        self.action_space = self._team.action
        self.render_mode = render_mode
        self._seen: dict[str, Any] = {}
        self._waiting: list[str] = []
        self._chosen: dict[str, Any] = {}

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed)
        # Without a seed some environments draw one from the machine.
        chance = seed if seed is not None else int(self.np_random.integers(_LARGEST_SEED))
        self._seen, _ = self._team.env.reset(seed=chance, options=options)
        self._new_round()
        return self._next(), {}

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        name = self._waiting.pop(0)
        self._chosen[name] = self._team.done(name, action)
        if self._waiting:
            return self._next(), 0.0, False, False, {}
        env = self._team.env
        seen, rewards, ended, _, _ = env.step(self._chosen)
        team = float(sum(rewards.values()))
        if not env.agents:
            last = self._team.seen(name, seen[name])
            over = all(ended.values())
            return last, team, over, not over, {}
        self._seen = seen
        self._new_round()
        return self._next(), team, False, False, {}

    def render(self) -> Any:
        return self._team.env.render()

    def close(self) -> None:
        self._team.env.close()

    def _new_round(self) -> None:
        self._waiting, self._chosen = list(self._team.env.agents), {}

    def _next(self) -> Array:
        name = self._waiting[0]
        return self._team.seen(name, self._seen[name])


class Slots(VectorEnv[Array, Array, Array]):
    """`num_envs` copies with N agents each: ``num_envs * N`` slots, a copy's agents side by side.

    A step of all slots is one step of every copy. Copy i is seeded with ``seed + i``.
    """

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP, "shares_policy": True}  # noqa: RUF012

    def __init__(
        self, *, num_envs: int, max_episode_steps: int | None = None, **arguments: Any
    ) -> None:
        if max_episode_steps is not None:
            raise UsageError(
                "`max_episode_steps` does not say whether it counts steps of the game or of agents",
                help="set the environment's own limit, e.g. `arguments: {max_cycles: 50}`",
            )
        self._teams = [Team(**arguments) for _ in range(num_envs)]
        first = self._teams[0]
        self._each = len(first.names)
        self.num_envs = num_envs * self._each
        self.single_observation_space = first.observation
        self.single_action_space = first.action
        self.observation_space = batch_space(first.observation, self.num_envs)
        self.action_space = batch_space(first.action, self.num_envs)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed)
        seeds = (
            [seed + place for place in range(len(self._teams))]
            if seed is not None
            else [self._chance() for _ in self._teams]
        )
        rows = [self._begin(*pair) for pair in zip(self._teams, seeds, strict=True)]
        return np.concatenate(rows), {}

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        seen = np.empty(self.observation_space.shape or (), dtype=np.float32)
        rewards = np.zeros(self.num_envs)
        over, cut = np.zeros(self.num_envs, dtype=bool), np.zeros(self.num_envs, dtype=bool)
        last = np.empty(self.num_envs, dtype=object)
        for place, team in enumerate(self._teams):
            rows = range(place * self._each, (place + 1) * self._each)
            chosen = {n: team.done(n, actions[r]) for n, r in zip(team.names, rows, strict=True)}
            observations, earned, ended, stopped, _ = team.env.step(chosen)
            self._all_or_none(team)
            for row, name in zip(rows, team.names, strict=True):
                seen[row] = team.seen(name, observations[name])
                rewards[row] = float(earned[name])
                over[row], cut[row] = bool(ended[name]), bool(stopped[name])
            if not team.env.agents:
                for row in rows:
                    last[row] = seen[row].copy()
                seen[rows.start : rows.stop] = self._begin(team, self._chance())
        told = {"final_obs": last, "_final_obs": over | cut} if (over | cut).any() else {}
        return seen, rewards, over, cut, told

    def close_extras(self, **kwargs: Any) -> None:
        for team in self._teams:
            team.env.close()

    def _begin(self, team: Team, seed: int) -> Array:
        observations, _ = team.env.reset(seed=seed)
        self._all_or_none(team)
        return np.stack([team.seen(name, observations[name]) for name in team.names])

    def _chance(self) -> int:
        return int(self.np_random.integers(_LARGEST_SEED))

    def _all_or_none(self, team: Team) -> None:
        if team.env.agents and len(team.env.agents) < self._each:
            left = sorted(set(team.names) - set(team.env.agents))
            raise EnvironmentFailedError(
                f"agent `{left[0]}` left before the others",
                step=0,
                help="a shared policy can be trained where all agents begin and end together",
            )
