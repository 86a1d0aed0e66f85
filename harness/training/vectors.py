"""Gymnasium's vector environments as those of stable-baselines3, which knows only its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import VectorEnv
from stable_baselines3.common.vec_env import VecEnv

__all__ = ["Vectorised"]


class Vectorised(VecEnv):
    """A `gymnasium.vector.VectorEnv` that begins anew in the step in which an episode ends.

    Time limits are told apart from ends, and the last observation of an episode is handed on, so
    that a learner bootstraps from it.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        self._env = env
        self._actions: Any = None
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    def reset(self) -> Any:
        # One seed for the batch: its environments may share a generator.
        observations, _ = self._env.reset(seed=self._seeds[0])
        self._reset_seeds()
        self._reset_options()
        return observations

    def step_async(self, actions: Any) -> None:
        self._actions = actions

    def step_wait(self) -> tuple[Any, Any, Any, list[dict[str, Any]]]:
        observations, rewards, terminated, truncated, told = self._env.step(self._actions)
        done = terminated | truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for place in np.flatnonzero(done):
            infos[place] = {
                "terminal_observation": told["final_obs"][place],
                "TimeLimit.truncated": bool(truncated[place] and not terminated[place]),
            }
        return observations, rewards.astype(np.float32), done, infos

    def close(self) -> None:
        self._env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        value = self._own(attr_name)
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        setattr(self._env, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """What the batch's own method returns, which is one value per environment."""
        found: Sequence[Any] = self._own(method_name)(*method_args, **method_kwargs)
        return [found[place] for place in self._get_indices(indices)]

    def env_is_wrapped(
        self, wrapper_class: type[gymnasium.Wrapper[Any, Any, Any, Any]], indices: Any = None
    ) -> list[bool]:
        return [False for _ in self._get_indices(indices)]

    def _own(self, name: str) -> Any:
        # Wrappers of a batch hand nothing on that is not part of the interface.
        return getattr(self._env if hasattr(self._env, name) else self._env.unwrapped, name)
