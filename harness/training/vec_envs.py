"""Training environments as stable-baselines3 steps them: one by one, as a batch, level by level."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import VectorEnv
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv, VecEnvWrapper

from harness.core.curriculum import CurriculumProgress
from harness.envs import observation_layout
from harness.envs.multi_agent_envs import SharedPolicyVectorEnv
from harness.errors import UsageError


class ArrayDummyVecEnv(DummyVecEnv):
    """DummyVecEnv, quicker for observations that are arrays.

    It hands out copies of its arrays and of each environment's information, as the original
    does; what lies deeper in the information is the environment's own. Learners read that within
    the step.
    """

    def step_wait(self) -> Any:
        """Step every environment; one that is done is reset."""
        array: Any = self.buf_obs.get(None)  # type: ignore[call-overload]
        for index, env in enumerate(self.envs):
            observation, reward, terminated, truncated, info = env.step(self.actions[index])
            info["TimeLimit.truncated"] = truncated and not terminated
            if terminated or truncated:
                # A copy, since the reset may write into what the step has returned.
                info["terminal_observation"] = deepcopy(observation)
                observation, self.reset_infos[index] = env.reset()
            self.buf_rews[index] = reward
            self.buf_dones[index] = terminated or truncated
            self.buf_infos[index] = info
            if array is None:
                self._save_obs(index, observation)
            else:
                array[index] = observation
        infos = [info.copy() for info in self.buf_infos]
        return self._obs_from_buf(), self.buf_rews.copy(), self.buf_dones.copy(), infos

    def _obs_from_buf(self) -> Any:
        if isinstance(self.observation_space, spaces.Dict):
            return super()._obs_from_buf()
        observations: np.ndarray = self.buf_obs[None]  # type: ignore[index]
        return observations.copy()


class GymVectorAdapter(VecEnv):
    """A `gymnasium.vector.VectorEnv` that resets itself in the step in which an episode ends.

    Time limits are told apart from ends, and the last observation of an episode is passed on, so
    that a learner bootstraps from it.
    """

    def __init__(self, env: VectorEnv) -> None:
        self._env = env
        self._actions: Any = None
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    def reset(self) -> Any:
        # One seed for the batch: its environments may share a generator.
        observations, _ = self._env.reset(seed=self._seeds[0])
        self._reset_seeds()
        self._reset_options()
        return deepcopy(observations)

    def step_async(self, actions: object) -> None:
        self._actions = actions

    def step_wait(self) -> tuple[Any, Any, Any, list[dict[str, Any]]]:
        observations, rewards, terminated, truncated, info = self._env.step(self._actions)
        done = terminated | truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for index in np.flatnonzero(done):
            infos[index] = {
                "terminal_observation": info["final_obs"][index],
                "TimeLimit.truncated": bool(truncated[index] and not terminated[index]),
            }
        # Learners keep it while they step on, and some batches return one array for ever.
        return deepcopy(observations), rewards.astype(np.float32), done, infos

    def close(self) -> None:
        self._env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[object]:
        value = self._attribute(attr_name)
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: object, indices: object = None) -> None:
        setattr(self._env, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[object]:
        """What the batch's own method returns, which is one value per environment.

        The rewards of goals are as many as there are goals; each environment would give all.
        """
        values: Sequence[Any] = self._attribute(method_name)(*method_args, **method_kwargs)
        if method_name == "compute_reward":
            return [values for _ in self._get_indices(indices)]
        return [values[index] for index in self._get_indices(indices)]

    def env_is_wrapped(
        self, wrapper_class: type[gymnasium.Wrapper], indices: Any = None
    ) -> list[bool]:
        return [False for _ in self._get_indices(indices)]

    @property
    def batch(self) -> object:
        """The environments themselves, without wrappers."""
        return self._env.unwrapped

    def _attribute(self, name: str) -> Any:
        # Gymnasium's vector wrappers pass on no attribute that is not part of the interface.
        return getattr(self._env if hasattr(self._env, name) else self._env.unwrapped, name)


class CurriculumVecEnv(VecEnvWrapper):
    """The environments of one level at a time, all replaced in the step that ends a level.

    Episodes that go on at that moment end as by a time limit, so that a learner bootstraps from
    their last observation. It belongs below any normalisation: that keeps its statistics over the
    levels, and returns are raw. On every level environment i is seeded with the same seed.

    Attributes:
        progress: Where the training is.
    """

    def __init__(
        self, make: Callable[[int], VecEnv], progress: CurriculumProgress, *, last: int
    ) -> None:
        """Make the environments of the first level.

        Args:
            make: Index of a level -> its environments.
            progress: At its beginning.
            last: Index of the scenario itself, whose spaces a saved model names.
        """
        target = make(last)
        target.close()
        super().__init__(make(0), target.observation_space, target.action_space)
        self.progress = progress
        self._make = make
        self._seed: int | None = None
        self._steps = 0
        self._returns = np.zeros(self.num_envs)

    def seed(self, seed: int | None = None) -> Any:
        self._seed = seed
        return self.venv.seed(seed)

    def reset(self) -> Any:
        self._returns[:] = 0
        return self.venv.reset()

    def step_wait(self) -> tuple[Any, Any, Any, list[dict[str, Any]]]:
        """Step the present level; where it ends by this step, what comes back is the next one's."""
        observations, rewards, dones, infos = self.venv.step_wait()
        self._steps += self.num_envs
        self._returns += rewards
        for index in np.flatnonzero(dones):
            self.progress.add_episode(float(self._returns[index]))
            self._returns[index] = 0
        if not self.progress.advance(self._steps):
            return observations, rewards, dones, infos
        for index in np.flatnonzero(~dones):
            infos[index]["terminal_observation"] = _observation_of(observations, int(index))
            infos[index]["TimeLimit.truncated"] = True
        return self._next_level(), rewards, np.ones_like(dones), infos

    def _next_level(self) -> Any:
        env = self._make(self.progress.level_index)
        if _spaces(env) != _spaces(self.venv):
            env.close()
            raise UsageError(
                f"level `{self.progress.starts[-1].level}` has other spaces than the one before",
                help="one policy can only go through levels with equal spaces",
            )
        before, after = games_of(self.venv), games_of(env)
        if before is not None and after is not None:
            after.take_over(before.gaps, before.pool)
        self.venv.close()
        self.venv = env
        if self._seed is not None:
            env.seed(self._seed)
        return self.reset()


def games_of(env: VecEnv | None) -> SharedPolicyVectorEnv | None:
    """The games of several agents that a learner plays; None where it has other environments."""
    while isinstance(env, VecEnvWrapper):
        env = env.venv
    batch = env.batch if isinstance(env, GymVectorAdapter) else None
    return batch if isinstance(batch, SharedPolicyVectorEnv) else None


def curriculum_progress_of(learner: BaseAlgorithm) -> CurriculumProgress | None:
    """Where a learner is in its curriculum; None without one."""
    env: VecEnv | None = learner.get_env()
    while isinstance(env, VecEnvWrapper):
        if isinstance(env, CurriculumVecEnv):
            return env.progress
        env = env.venv
    return None


def _spaces(env: VecEnv) -> tuple[object, ...]:
    return (env.num_envs, observation_layout(env.observation_space), env.action_space)


def _observation_of(observations: Any, index: int) -> Any:
    if isinstance(observations, Mapping):
        return {key: item[index] for key, item in observations.items()}
    return observations[index]
