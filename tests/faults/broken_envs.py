"""Environments that fail in the ways environments fail."""

import time

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import register


class Broken(gym.Env):
    """Works for `after` steps, then raises, returns NaN, or hangs."""

    observation_space = gym.spaces.Box(-1, 1, (2,), np.float32)
    action_space = gym.spaces.Discrete(2)

    def __init__(self, how, after=40):
        self.how, self.after, self.steps = how, after, 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.steps += 1
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
        return observation, reward, self.steps % 10 == 0, False, {}


for name, how in {
    "Raises": "raises",
    "NanObservation": "nan observation",
    "NanReward": "nan reward",
    "Hangs": "hangs",
    "Works": "works",
}.items():
    register(f"{name}-v0", entry_point=Broken, kwargs={"how": how}, max_episode_steps=20)
