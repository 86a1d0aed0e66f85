"""Environments of a few steps; importing this registers them, also in a child process."""

import gymnasium
import numpy as np
from gymnasium import spaces


class Corridor(gymnasium.Env):
    """Ten steps; the reward is 1 for the right action, told by the observation.

    Options: `nan_at` and `raise_at` are environment steps over all episodes; `masked` forbids
    every action but the right one and ends the world if another is taken; `scale` blows up the
    observations, `huge` the rewards, so that they cannot be added up in single precision.
    """

    def __init__(
        self, *, nan_at=0, raise_at=0, masked=False, scale=1.0, continuous=False, huge=False
    ):
        self.observation_space = spaces.Box(-np.inf, np.inf, (3,), np.float64)
        self.action_space = (
            spaces.Box(-2.0, 2.0, (1,), np.float32) if continuous else spaces.Discrete(3)
        )
        self._nan_at, self._raise_at, self._scale = nan_at, raise_at, scale
        self._masked = masked
        self._run = 3e38 if huge else 1.0
        self._steps = self._time = self._right = 0
        if masked:
            self.action_masks = self._action_masks

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._time = 0
        return self._observe(), {}

    def step(self, action):
        self._steps += 1
        self._time += 1
        if self._steps == self._raise_at:
            raise RuntimeError("the bridge is out")
        correct = round(float(np.squeeze(action))) == self._right
        if self._masked and not correct:
            raise RuntimeError("a forbidden action was taken")
        reward = float("nan") if self._steps == self._nan_at else float(correct) * self._run
        return self._observe(), reward, self._time == 10, False, {}

    def _observe(self):
        self._right = int(self.np_random.integers(3))
        return np.eye(3)[self._right] * self._scale

    def _action_masks(self):
        return np.arange(3) == self._right


class Pictures(gymnasium.Env):
    """Five noisy pictures, channels last; as a dictionary with a number and a label beside."""

    def __init__(self, *, nested=False):
        picture = spaces.Box(0, 255, (36, 36, 3), np.uint8)
        number = spaces.Box(-1.0, 1.0, (2,), np.float32)
        self._nested = nested
        self.observation_space = (
            spaces.Dict({"number": number, "label": spaces.Discrete(3)}) if nested else picture
        )
        self.action_space = spaces.Discrete(2)
        self._time = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        self._time = 0
        return self.observation_space.sample(), {}

    def step(self, action):
        self._time += 1
        return self.observation_space.sample(), float(action), self._time == 5, False, {}


gymnasium.register("Corridor-v0", entry_point=Corridor)
gymnasium.register("Pictures-v0", entry_point=Pictures)
