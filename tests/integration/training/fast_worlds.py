"""A gentle world of any spaces, and pairs of learners on it: plain and accelerated.

Its motion damps whatever is put in, so that a rounding error stays one.
"""

from copy import deepcopy
from types import SimpleNamespace

import gymnasium
import numpy as np
import torch
from gymnasium import spaces
from sb3_contrib import QRDQN, TQC, CrossQ, MaskablePPO
from stable_baselines3 import A2C, DDPG, DQN, PPO, SAC, TD3
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from harness.learners.dqn_family import FastDQN, FastQRDQN
from harness.learners.on_policy import FastA2C, FastMaskablePPO, FastPPO
from harness.learners.sac_family import FastCrossQ, FastSAC, FastTQC
from harness.learners.td3_family import FastDDPG, FastTD3

KINDS = {
    "a2c": (A2C, FastA2C),
    "ppo": (PPO, FastPPO),
    "ppo_mask": (MaskablePPO, FastMaskablePPO),
}
OFF_POLICY = {
    "crossq": (CrossQ, FastCrossQ),
    "ddpg": (DDPG, FastDDPG),
    "dqn": (DQN, FastDQN),
    "qrdqn": (QRDQN, FastQRDQN),
    "sac": (SAC, FastSAC),
    "td3": (TD3, FastTD3),
    "tqc": (TQC, FastTQC),
}
ACTIONS = {
    "Box": lambda: spaces.Box(np.float32([-1, -2]), np.float32([1, 0.5])),
    "Discrete": lambda: spaces.Discrete(3),
    "MultiDiscrete": lambda: spaces.MultiDiscrete([2, 3]),
}
OBSERVATIONS = {
    "float32": lambda: spaces.Box(-9, 9, (3,), np.float32),
    "float64": lambda: spaces.Box(-9, 9, (3,), np.float64),
    "table": lambda: spaces.Box(-9, 9, (2, 3), np.float32),
    "Discrete": lambda: spaces.Discrete(5),
    "MultiDiscrete": lambda: spaces.MultiDiscrete([3, 4]),
    "MultiBinary": lambda: spaces.MultiBinary(4),
    "picture": lambda: spaces.Box(0, 255, (6, 6, 3), np.uint8),
}


class World(gymnasium.Env):
    """Three numbers that decay, pushed by actions and noise; ends by chance with `risk`."""

    def __init__(self, actions, observations, risk, masked):
        self.action_space = ACTIONS[actions]()
        self.observation_space = OBSERVATIONS[observations]()
        self._risk = risk
        self._state = np.zeros(3)
        if masked:
            self.action_masks = self._action_masks

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._state = self.np_random.normal(size=3)
        return self._observe(), {}

    def step(self, action):
        push = np.resize(np.asarray(action, float) / 2, 3)
        self._state = 0.7 * self._state + 0.3 * push + 0.3 * self.np_random.normal(size=3)
        reward = float(1 - np.square(self._state - 0.3).sum())
        return self._observe(), reward, bool(self.np_random.random() < self._risk), False, {}

    def _observe(self):
        space, near = self.observation_space, self._state
        if isinstance(space, spaces.Box) and space.dtype != np.uint8:
            return np.resize(near, space.shape).astype(space.dtype)
        small = np.clip(near + 1, 0, 1.99).astype(int)
        if isinstance(space, spaces.Discrete):
            return int(small.sum())
        return np.resize(small * (100 if space.dtype == np.uint8 else 1), space.shape).astype(
            space.dtype
        )

    def _action_masks(self):
        sizes = getattr(self.action_space, "nvec", [getattr(self.action_space, "n", 0)])
        # The first action of each choice is always allowed, the others by where the world is.
        parts = [np.arange(size) * 0.4 <= 0.5 + self._state[0] for size in sizes]
        for part in parts:
            part[0] = True
        return np.concatenate(parts)


def environments(
    actions="Discrete",
    observations="float32",
    count=1,
    limit=12,
    risk=0.05,
    masked=False,
    normalize=False,
):
    def make():
        world = World(actions, observations, risk, masked)
        return Monitor(gymnasium.wrappers.TimeLimit(world, limit))

    made = DummyVecEnv([make for _ in range(count)])
    return VecNormalize(made, gamma=0.9) if normalize else made


def learner(kind, arguments, **world):
    made = kind("MlpPolicy", environments(**world), seed=3, device="cpu", **arguments)
    made.set_logger(Logger(folder=None, output_formats=[]))
    return made


def steady(name, arguments):
    """Arguments of CrossQ with an optimiser that does not take rounding for a gradient.

    A batch's statistics take the bias of a run back that is on for all of the batch: but for
    rounding it has no gradient. By itself Adam's step is as long for that as for any other. Tanh
    has no such runs.
    """
    policy = arguments.get("policy_kwargs", {})
    if name != "crossq" or policy.get("activation_fn") is torch.nn.Tanh:
        return arguments
    options = {"betas": (0.5, 0.999), "eps": 1e-4} | policy.get("optimizer_kwargs", {})
    return arguments | {"policy_kwargs": policy | {"optimizer_kwargs": options}}


def weights(made):
    return torch.nn.utils.parameters_to_vector(made.policy.parameters()).detach().numpy().copy()


def trained(name, arguments, iterations=3, learn=None, **world):
    """Plain and accelerated, after some updates: weights of each iteration, logs, buffers."""
    outcomes = []
    for kind in KINDS[name]:
        made = learner(kind, arguments, **world)
        start, path, logs = weights(made), [], []
        made.logger.dump = lambda step, made=made, logs=logs: logs.append(
            dict(made.logger.name_to_value)
        )
        size = made.n_steps * made.n_envs

        def follow(_locals, _globals, made=made, path=path, size=size):
            if made.num_timesteps % size == 0:
                path.append(weights(made))
            return True

        made.learn(iterations * size, callback=follow, **(learn or {}))
        path.append(weights(made))
        outcomes.append(SimpleNamespace(learner=made, start=start, path=path[1:]))
    return outcomes


def stepped(name, arguments, steps, **world):
    """Plain and accelerated off-policy learners: weights after every step, and what was logged."""
    outcomes = []
    for kind in OFF_POLICY[name]:
        # Learners write into their arguments, and noise has a state.
        made = learner(kind, deepcopy(arguments), **world)
        path, logs = [weights(made)], []
        made.logger.dump = lambda step, made=made, logs=logs: logs.append(
            dict(made.logger.name_to_value)
        )

        def follow(_locals, _globals, made=made, path=path):
            path.append(weights(made))
            return True

        made.learn(steps, callback=follow, log_interval=1)
        path.append(weights(made))
        outcomes.append(SimpleNamespace(learner=made, path=np.array(path), logs=logs))
    return outcomes
