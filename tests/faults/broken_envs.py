"""Environments that fail in the ways environments fail."""

import os
import signal
import time

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import register


class Broken(gym.Env):
    """Works for `after` steps, then raises, returns NaN, hangs, eats memory or dies."""

    observation_space = gym.spaces.Box(-1, 1, (2,), np.float32)
    action_space = gym.spaces.Discrete(2)

    def __init__(self, how, after=40):
        self.how, self.after, self.steps, self.eaten = how, after, 0, []

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.steps += 1
        if self.how == "slow":
            time.sleep(0.005)
        observation, reward = np.zeros(2, np.float32), 1.0
        if self.steps > self.after:
            if self.how == "raises":
                raise RuntimeError("the simulator lost its joints")
            if self.how == "nan observation":
                observation = np.full(2, np.nan, np.float32)
            if self.how == "nan reward":
                reward = float("nan")
            if self.how == "hangs":
                time.sleep(3600)
            if self.how == "eats":
                self.eaten.append(b"x" * (50 << 20))
                time.sleep(0.05)
            if self.how == "dies":
                os.kill(os.getpid(), signal.SIGKILL)
        return observation, reward, self.steps % 10 == 0, False, {}


for name, how in {
    "Raises": "raises",
    "NanObservation": "nan observation",
    "NanReward": "nan reward",
    "Hangs": "hangs",
    "Eats": "eats",
    "Dies": "dies",
    "Slow": "slow",
    "Works": "works",
}.items():
    register(f"{name}-v0", entry_point=Broken, kwargs={"how": how}, max_episode_steps=20)
