"""An environment slow enough to be hit, which notes whose run it belongs to."""

import os
import time
from pathlib import Path

import gymnasium as gym
from gymnasium.envs.registration import register


class Noting(gym.Wrapper):
    """Sleeps a little in every step; notes the first seed, which follows from the run's."""

    def reset(self, *, seed=None, options=None):
        note = Path(os.environ["CHAOS_NOTES"], str(os.getpid()))
        if seed is not None and not note.exists():
            note.write_text(str(seed))
        return super().reset(seed=seed, options=options)

    def step(self, action):
        time.sleep(0.002)
        return super().step(action)


def slow_cartpole(**settings):
    return Noting(gym.make("CartPole-v1", max_episode_steps=60, **settings))


register("SlowCartPole-v0", entry_point=slow_cartpole)
