"""Training environments stepped one after another, without deep copies."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import DummyVecEnv

__all__ = ["Environments"]


class Environments(DummyVecEnv):
    """DummyVecEnv, quicker for observations that are plain arrays.

    It hands out copies of its arrays and of each environment's information, as the original
    does; what lies deeper in the information is the environment's own. Learners read that within
    the step.
    """

    def step_wait(self) -> Any:
        """Step every environment; one that is done is reset."""
        plain: Any = self.buf_obs.get(None)  # type: ignore[call-overload]
        for index, env in enumerate(self.envs):
            observation, reward, terminated, truncated, info = env.step(self.actions[index])
            info["TimeLimit.truncated"] = truncated and not terminated
            if terminated or truncated:
                info["terminal_observation"] = observation
                observation, self.reset_infos[index] = env.reset()
            self.buf_rews[index] = reward
            self.buf_dones[index] = terminated or truncated
            self.buf_infos[index] = info
            if plain is None:
                self._save_obs(index, observation)
            else:
                plain[index] = observation
        infos = [info.copy() for info in self.buf_infos]
        return self._obs_from_buf(), self.buf_rews.copy(), self.buf_dones.copy(), infos

    def _obs_from_buf(self) -> Any:
        if isinstance(self.observation_space, spaces.Dict):
            return super()._obs_from_buf()
        observations: np.ndarray[Any, Any] = self.buf_obs[None]  # type: ignore[index]
        return observations.copy()
