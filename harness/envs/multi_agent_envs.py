"""Gymnasium environments with one policy for the agents of a PettingZoo environment.

In training, a slot is one learner of one copy of the environment and learns from that agent's own
reward. In evaluation, the learners of one copy choose one after the other, and the return is the
sum of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from harness.core.evaluation import RETURN_PARTS
from harness.envs.multi_agent_game import Game
from harness.envs.players import SnapshotPool
from harness.errors import EnvironmentFailedError, UsageError

_SEEDS: Final = 2**31


class SharedPolicyEnv(gymnasium.Env[np.ndarray]):
    """One copy of the game; a step is the choice of one learner.

    The choice of the last learner that has to choose plays them all, and its reward is the sum of
    the learners' rewards. Agents that have left the game are skipped. The last step of an episode
    has in ``info[RETURN_PARTS]`` what the return is made of: each learner's, or the same return
    by opponent and by seat.
    """

    metadata = {"render_modes": ["rgb_array", "ansi", "human"]}  # noqa: RUF012  (gymnasium's own)

    def __init__(self, *, render_mode: str | None = None, **arguments: Any) -> None:
        if render_mode is not None:
            arguments["render_mode"] = render_mode
        self._game = Game(**arguments)
        self.observation_space = self._game.shared.observation
        self.action_space = self._game.shared.action
        self.render_mode = render_mode
        self._actions: dict[str, Any] = {}

    def reset(
        self, *, seed: int | None = None, options: dict[str, object] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        # Without a seed some environments take one from the operating system.
        game_seed = seed if seed is not None else int(self.np_random.integers(_SEEDS))
        self._game.begin(game_seed, training=False, options=options)
        self._actions = {}
        if not self._game.waiting:
            raise EnvironmentFailedError(
                "the game was over before a learner could choose", step=0, help="try another panel"
            )
        return self._game.observe(self._next_learner()), {}

    def step(self, action: object) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        game = self._game
        learner = self._next_learner()
        self._actions[learner] = action
        if len(self._actions) < len(game.waiting):
            return game.observe(self._next_learner()), 0.0, False, False, {}
        result = game.play(self._actions)
        self._actions = {}
        reward = float(sum(result.rewards.values()))
        if game.waiting:
            return game.observe(self._next_learner()), reward, False, False, {}
        truncated = bool(result.truncated)
        info = {RETURN_PARTS: self._return_parts()}
        return game.observe(learner), reward, not truncated, truncated, info

    def action_masks(self) -> np.ndarray:
        """Which actions the learner whose turn it is may choose."""
        game = self._game
        return game.action_mask(self._next_learner()) if game.waiting else game.shared.full_mask()

    def render(self) -> Any:
        return self._game.shared.env.render()

    def close(self) -> None:
        self._game.shared.env.close()

    def _next_learner(self) -> str:
        return self._game.waiting[len(self._actions)]

    def _return_parts(self) -> dict[str, float]:
        game = self._game
        if game.n_learners > 1:
            return dict(game.returns)
        name = game.learners[0]
        parts = {f"against {game.opponent}": game.n_opponents > 1, f"as {name}": game.n_seats > 1}
        return {part: game.returns[name] for part, several in parts.items() if several}


@dataclass(slots=True)
class Gaps:
    """Which slots do not act, because it is not their turn or because their agent has left.

    What a learner computes for a slot that does not act is thrown away, so it must not learn from
    it: whoever stores steps has to leave these out, and says so by `allowed`.

    Attributes:
        acted: Slots whose action was played in the latest step, (N,).
        acting: Slots whose next action will be played, (N,).
        allowed: Whether there may be any gaps.
        game_steps, agent_steps: Steps of all copies, and choices of all learners, so far.
    """

    acted: np.ndarray
    acting: np.ndarray
    allowed: bool = False
    game_steps: int = 0
    agent_steps: int = 0


class SharedPolicyVectorEnv(VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """`num_envs` copies with N learners each: ``num_envs * N`` slots, those of a copy side by side.

    A step of all slots is one choice of every learner that has to choose. Copy i is seeded with
    ``seed + i``.

    Attributes:
        gaps: Which slots do not act.
        pool: Where snapshots of the learner go, the same for all copies; None but in ``selfplay``.
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
        self._games = [Game(**arguments) for _ in range(num_envs)]
        first = self._games[0]
        self._n_learners = first.n_learners
        self.num_envs = num_envs * self._n_learners
        self.single_observation_space = first.shared.observation
        self.single_action_space = first.shared.action
        self.observation_space = batch_space(first.shared.observation, self.num_envs)
        self.action_space = batch_space(first.shared.action, self.num_envs)
        everyone = np.ones(self.num_envs, dtype=bool)
        self.gaps = Gaps(acted=everyone, acting=everyone.copy())
        self._share_pool(first.pool)
        self._steps_counted = 0

    def take_over(self, gaps: Gaps, pool: SnapshotPool | None) -> None:
        """Continue with the gaps and the pool of another level, which the learner refers to."""
        gaps.acting[:] = True
        self.gaps = gaps
        self._share_pool(pool)

    def _share_pool(self, pool: SnapshotPool | None) -> None:
        self.pool = pool
        for game in self._games:
            game.pool = pool

    def reset(
        self, *, seed: int | None = None, options: dict[str, object] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        observations = self._empty_observations()
        for index, game in enumerate(self._games):
            self._begin(game, self._next_seed() if seed is None else seed + index)
            self._observe(index, game, observations)
        return observations, {}

    def step(
        self, actions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        observations = self._empty_observations()
        rewards = np.zeros(self.num_envs)
        terminations = np.zeros(self.num_envs, dtype=bool)
        truncations = np.zeros(self.num_envs, dtype=bool)
        final = np.empty(self.num_envs, dtype=object)
        self.gaps.acted = self.gaps.acting.copy()
        for index, game in enumerate(self._games):
            slots = list(zip(self._rows(index), game.learners, strict=True))
            result = game.play({n: actions[row] for row, n in slots if n in game.waiting})
            for row, name in slots:
                rewards[row] = result.rewards[name]
                terminations[row] = name in result.terminated
                truncations[row] = name in result.truncated
                if terminations[row] or truncations[row]:
                    final[row] = game.observe(name)
            if not game.waiting:
                self._begin(game, self._next_seed())
            self._observe(index, game, observations)
        self.gaps.agent_steps += int(self.gaps.acted.sum())
        steps = sum(game.steps for game in self._games)
        self.gaps.game_steps += steps - self._steps_counted
        self._steps_counted = steps
        dones = terminations | truncations
        info = {"final_obs": final, "_final_obs": dones} if dones.any() else {}
        return observations, rewards, terminations, truncations, info

    def action_masks(self) -> np.ndarray:
        """Which actions each slot may choose, (N, n)."""
        return np.stack([game.action_mask(name) for game in self._games for name in game.learners])

    def close_extras(self, **kwargs: Any) -> None:
        for game in self._games:
            game.shared.env.close()

    def _begin(self, game: Game, seed: int) -> None:
        game.begin(seed, training=True)
        while not game.waiting:
            # The other agents ended the game before a learner could choose.
            game.begin(self._next_seed(), training=True)

    def _observe(self, index: int, game: Game, observations: np.ndarray) -> None:
        """Fill in the observations of one copy's learners, and which of them has to choose."""
        for row, name in zip(self._rows(index), game.learners, strict=True):
            observations[row] = game.observe(name)
            self.gaps.acting[row] = name in game.waiting
            if not (self.gaps.acting[row] or self.gaps.allowed):
                raise EnvironmentFailedError(
                    f"agent `{name}` does not act while others do: it has left, or waits",
                    step=0,
                    help="take an algorithm that learns from a rollout or a replay buffer; "
                    "others count steps that nobody took",
                )

    def _empty_observations(self) -> np.ndarray:
        return np.empty(self.observation_space.shape or (), dtype=np.float32)

    def _rows(self, index: int) -> range:
        return range(index * self._n_learners, (index + 1) * self._n_learners)

    def _next_seed(self) -> int:
        return int(self.np_random.integers(_SEEDS))
