"""A corridor: walk right to its end; every step costs one."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces


class Corridor(gymnasium.Env[np.ndarray, int]):
    """Cells 0 .. length - 1, a start at random in the left half, the goal at the right end."""

    def __init__(self, length: int = 12) -> None:
        self.length = length
        self.action_space = spaces.Discrete(2)
        self.observation_space = spaces.Box(0.0, 1.0, (1,), dtype=np.float32)
        self._cell = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self._cell = int(self.np_random.integers(self.length // 2))
        return self._observation(), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        move = 1 if action else -1
        self._cell = min(max(self._cell + move, 0), self.length - 1)
        return self._observation(), -1.0, self._cell == self.length - 1, False, {}

    def _observation(self) -> np.ndarray:
        return np.array([self._cell / (self.length - 1)], dtype=np.float32)


gymnasium.register(
    id="corridor/Corridor-v0", entry_point="corridor_plugin.env:Corridor", max_episode_steps=100
)
