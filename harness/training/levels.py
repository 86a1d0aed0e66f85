"""Training environments that go through the levels of a curriculum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper

from harness.core.curriculum import CurriculumProgress
from harness.envs import observation_layout
from harness.errors import UsageError

__all__ = ["Levels", "curriculum_progress_of"]


class Levels(VecEnvWrapper):
    """The environments of one level at a time, all exchanged in the step that ends a level.

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
            make: Place of a level -> its environments.
            progress: At its beginning.
            last: Place of the scenario itself, whose spaces a saved model names.
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
        for place in np.flatnonzero(dones):
            self.progress.add_episode(float(self._returns[place]))
            self._returns[place] = 0
        if not self.progress.advance(self._steps):
            return observations, rewards, dones, infos
        for place in np.flatnonzero(~dones):
            infos[place]["terminal_observation"] = _of(observations, int(place))
            infos[place]["TimeLimit.truncated"] = True
        return self._next_level(), rewards, np.ones_like(dones), infos

    def _next_level(self) -> Any:
        following = self._make(self.progress.level_index)
        if _needs(following) != _needs(self.venv):
            following.close()
            raise UsageError(
                f"level `{self.progress.starts[-1].level}` has other spaces than the one before",
                help="one policy can only go through levels with equal spaces",
            )
        if following.has_attr("take_over"):
            held = (self.venv.get_attr(name)[0] for name in ("gaps", "pool"))
            following.get_attr("take_over")[0](*held)
        self.venv.close()
        self.venv = following
        if self._seed is not None:
            following.seed(self._seed)
        return self.reset()


def curriculum_progress_of(learner: BaseAlgorithm) -> CurriculumProgress | None:
    """Where a learner is in its curriculum; None without one."""
    env: VecEnv | None = learner.get_env()
    while isinstance(env, VecEnvWrapper):
        if isinstance(env, Levels):
            return env.progress
        env = env.venv
    return None


def _needs(env: VecEnv) -> tuple[Any, ...]:
    return (env.num_envs, observation_layout(env.observation_space), env.action_space)


def _of(observations: Any, place: int) -> Any:
    if isinstance(observations, Mapping):
        return {key: item[place] for key, item in observations.items()}
    return observations[place]
