"""One policy for agents of a PettingZoo environment: slots to train in, turns to evaluate.

A slot is one learner of one copy of the environment, and learns from that agent's own reward. In
evaluation the learners of one copy choose in turn, and the return is that of all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from harness.envs.match import Match
from harness.envs.opponents import Pool
from harness.errors import EnvironmentFailedError, UsageError

__all__ = ["Gaps", "Slots", "Turns"]

Array = np.ndarray[Any, Any]

_LARGEST_SEED = 2**31


class Turns(gymnasium.Env[Array, Any]):
    """One copy; a step is the choice of one learner, and the last one's plays them all.

    The reward of that step is the sum of the learners' rewards. Agents that have left are passed
    by. The last step of an episode tells in ``info["return_parts"]`` what the return is made of:
    of each learner, or against whom and in which seat it was earned.
    """

    metadata = {"render_modes": ["rgb_array", "ansi", "human"]}  # noqa: RUF012  (gymnasium's own)

    def __init__(self, *, render_mode: str | None = None, **arguments: Any) -> None:
        if render_mode is not None:
            arguments["render_mode"] = render_mode
        self._match = Match(**arguments)
        self.observation_space = self._match.team.observation
        self.action_space = self._match.team.action
        self.render_mode = render_mode
        self._chosen: dict[str, Any] = {}

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed)
        # Without a seed some environments draw one from the machine.
        chance = seed if seed is not None else int(self.np_random.integers(_LARGEST_SEED))
        self._match.begin(chance, training=False, options=options)
        self._chosen = {}
        if not self._match.waiting:
            raise EnvironmentFailedError(
                "the game was over before a learner could choose", step=0, help="try another panel"
            )
        return self._match.view(self._next()), {}

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        match = self._match
        last = self._next()
        self._chosen[last] = action
        if len(self._chosen) < len(match.waiting):
            return match.view(self._next()), 0.0, False, False, {}
        told = match.play(self._chosen)
        self._chosen = {}
        earned = float(sum(told.rewards.values()))
        if match.waiting:
            return match.view(self._next()), earned, False, False, {}
        cut = bool(told.cut)
        return match.view(last), earned, not cut, cut, {"return_parts": self._parts()}

    def action_masks(self) -> Array:
        """Which actions the agent whose turn it is may choose."""
        match = self._match
        return match.allowed(self._next()) if match.waiting else match.team.free()

    def render(self) -> Any:
        return self._match.team.env.render()

    def close(self) -> None:
        self._match.team.env.close()

    def _next(self) -> str:
        return self._match.waiting[len(self._chosen)]

    def _parts(self) -> dict[str, float]:
        match = self._match
        if match.width > 1:
            return dict(match.earned)
        name = match.names[0]
        parts = {f"against {match.opponent}": match.panels > 1, f"as {name}": match.seats > 1}
        return {part: match.earned[name] for part, several in parts.items() if several}


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

    acted: Array
    acting: Array
    allowed: bool = False
    game_steps: int = 0
    agent_steps: int = 0


class Slots(VectorEnv[Array, Array, Array]):
    """`num_envs` copies with N learners each: ``num_envs * N`` slots, a copy's side by side.

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
        self._matches = [Match(**arguments) for _ in range(num_envs)]
        first = self._matches[0]
        for match in self._matches:
            match.pool = first.pool
        self.pool = first.pool
        self._each = first.width
        self.num_envs = num_envs * self._each
        self.single_observation_space = first.team.observation
        self.single_action_space = first.team.action
        self.observation_space = batch_space(first.team.observation, self.num_envs)
        self.action_space = batch_space(first.team.action, self.num_envs)
        everyone = np.ones(self.num_envs, dtype=bool)
        self.gaps = Gaps(acted=everyone, acting=everyone.copy())
        self._played = 0

    def take_over(self, gaps: Gaps, pool: Pool | None) -> None:
        """Go on for slots of another level: a learner holds on to these from its beginning."""
        gaps.acting[:] = True
        self.gaps, self.pool = gaps, pool
        for match in self._matches:
            match.pool = pool

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed)
        seen = np.empty(self.observation_space.shape or (), dtype=np.float32)
        for place, match in enumerate(self._matches):
            chance = self._chance() if seed is None else seed + place
            self._begin(match, chance)
            self._look(place, match, seen)
        return seen, {}

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        seen = np.empty(self.observation_space.shape or (), dtype=np.float32)
        rewards = np.zeros(self.num_envs)
        over, cut = np.zeros(self.num_envs, dtype=bool), np.zeros(self.num_envs, dtype=bool)
        last = np.empty(self.num_envs, dtype=object)
        self.gaps.acted = self.gaps.acting.copy()
        for place, match in enumerate(self._matches):
            rows = self._rows(place)
            slots = list(zip(rows, match.names, strict=True))
            told = match.play({n: actions[row] for row, n in slots if n in match.waiting})
            for row, name in slots:
                rewards[row] = told.rewards[name]
                over[row], cut[row] = name in told.ended, name in told.cut
                if over[row] or cut[row]:
                    last[row] = match.view(name)
            if not match.waiting:
                self._begin(match, self._chance())
            self._look(place, match, seen)
        self.gaps.agent_steps += int(self.gaps.acted.sum())
        played = sum(match.steps for match in self._matches)
        self.gaps.game_steps += played - self._played
        self._played = played
        told_last = {"final_obs": last, "_final_obs": over | cut} if (over | cut).any() else {}
        return seen, rewards, over, cut, told_last

    def action_masks(self) -> Array:
        """Which actions each slot may choose, (N, n)."""
        return np.stack([match.allowed(name) for match in self._matches for name in match.names])

    def close_extras(self, **kwargs: Any) -> None:
        for match in self._matches:
            match.team.env.close()

    def _begin(self, match: Match, chance: int) -> None:
        match.begin(chance, training=True)
        while not match.waiting:
            # The others finished among themselves.
            match.begin(self._chance(), training=True)

    def _look(self, place: int, match: Match, seen: Array) -> None:
        """Write down what the learners of one copy see, and who of them is to choose."""
        for row, name in zip(self._rows(place), match.names, strict=True):
            seen[row] = match.view(name)
            self.gaps.acting[row] = name in match.waiting
            if not (self.gaps.acting[row] or self.gaps.allowed):
                raise EnvironmentFailedError(
                    f"agent `{name}` does not act while others do: it has left, or waits",
                    step=0,
                    help="take an algorithm that learns from a rollout or a replay buffer; "
                    "others count steps that nobody took",
                )

    def _rows(self, place: int) -> range:
        return range(place * self._each, (place + 1) * self._each)

    def _chance(self) -> int:
        return int(self.np_random.integers(_LARGEST_SEED))
