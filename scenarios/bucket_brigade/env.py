"""Gymnasium's two interfaces to the game: one at a time, and a batch stepped at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from scenarios.bucket_brigade.catalogue import LIMIT
from scenarios.bucket_brigade.control import Controlled
from scenarios.bucket_brigade.render import picture, text
from scenarios.bucket_brigade.rules import CLASSIC, V1, Rules, RuleSet

__all__ = ["BucketBrigade", "BucketBrigadeVector", "register"]

Array = np.ndarray[Any, Any]

RENDER_MODES = ["ansi", "rgb_array"]


class BucketBrigade(gymnasium.Env[Array, Any]):
    """One game with one controller; see `Controlled` for the arguments."""

    metadata = {"render_modes": RENDER_MODES, "render_fps": 2}  # noqa: RUF012  (gymnasium's own)

    def __init__(self, *, render_mode: str | None = None, **settings: Any) -> None:
        self._games = Controlled(**settings)
        self.observation_space = self._games.observation
        self.action_space = self._games.action
        self.render_mode = render_mode

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed)
        if seed is not None:
            self._games.seed(seed)
        return self._games.begin(1, self.np_random)[0], {}

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        earned, over = self._games.step(np.asarray(action)[None], self.np_random)
        return self._games.observe()[0], float(earned[0]), bool(over[0]), False, {}

    def render(self) -> Any:
        if self.render_mode is None or self._games.state is None:
            return None
        draw = text if self.render_mode == "ansi" else picture
        return draw(self._games.rules, self._games.state)


class BucketBrigadeVector(VectorEnv[Array, Array, Array]):
    """A batch of games, each with one controller, begun anew in the step in which it ends.

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
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed)
        if seed is not None:
            self._games.seed(seed)
        return self._games.begin(self.num_envs, self.np_random), {}

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        earned, over = self._games.step(actions, self.np_random)
        cut = np.zeros_like(over)
        if self._limit is not None and self._games.state is not None:
            cut = self._games.state.night >= self._limit
        seen = self._games.observe()
        done = over | cut
        if not done.any():
            return seen, earned, over, cut, {}
        last = np.empty(self.num_envs, dtype=object)
        for place in np.flatnonzero(done):
            last[place] = seen[place]
        seen = self._games.begin(int(done.sum()), self.np_random, done)
        return seen, earned, over, cut, {"final_obs": last, "_final_obs": done}


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
