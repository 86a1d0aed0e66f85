"""The reward of highway-env's parking tasks as a function of goals. Imports gymnasium."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import RecordConstructorArgs

__all__ = ["GoalReward"]

Array = np.ndarray[Any, Any]


class GoalReward(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Rewards that `compute_reward` gives again, to the last digit, for one step and for many.

    The task's own function leaves a crash out, which the step pays, and rounds otherwise for many
    steps than for one: what is replayed in hindsight would be worth something else than what was
    lived through. Crashes are told by the steps' information; a replay buffer without it
    (``copy_info_dict``) knows of none.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        RecordConstructorArgs.__init__(self)
        gymnasium.Wrapper.__init__(self, env)
        config: Mapping[str, Any] = env.unwrapped.config  # type: ignore[attr-defined]
        self._weights = np.array(config["reward_weights"], dtype=np.float64)
        self._crash = float(config["collision_reward"])

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        observation, _, terminated, truncated, info = self.env.step(action)
        achieved, desired = observation["achieved_goal"], observation["desired_goal"]
        reward = float(self.compute_reward(achieved, desired, info))
        return observation, reward, terminated, truncated, info

    def compute_reward(
        self, achieved_goal: Array, desired_goal: Array, info: Mapping[str, Any] | Sequence[Any]
    ) -> Array:
        """Minus the root of the weighted distance, and what a crash costs: (...,) of (..., D)."""
        distance = (np.abs(achieved_goal - desired_goal) * self._weights).sum(axis=-1)
        crashed = np.array(
            info.get("crashed", False)
            if isinstance(info, Mapping)
            else [one.get("crashed", False) for one in info]
        )
        reward: Array = -np.sqrt(distance) + self._crash * crashed
        return reward
