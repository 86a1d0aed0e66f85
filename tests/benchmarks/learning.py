"""Environment steps per CPU second of learning: accelerated runs against plain SB3.

    python tests/benchmarks/learning.py [--rounds 3] [CASE ...]

Plain is the library by itself: its own constructor, its own vectorised environments, one thread.
Accelerated is a run as a campaign trains it, guard included. Prints one JSON object.
"""

import argparse
import json
import os
import sys
from copy import deepcopy

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import torch
from sb3_contrib import QRDQN, TQC, CrossQ
from side_by_side import in_turns, run
from stable_baselines3 import A2C, DDPG, DQN, PPO, SAC, TD3
from stable_baselines3.common.env_util import make_vec_env

from harness.training import build

SHORT = {"n_steps": 32, "batch_size": 256, "n_epochs": 20}
SLIM = {"policy_kwargs": {"net_arch": [64, 64]}, "batch_size": 64}
CASES = {
    "ppo CartPole-v1": ("ppo", "CartPole-v1", 1, {}, 4096),
    "ppo CartPole-v1, 8 environments, 20 epochs of 256": ("ppo", "CartPole-v1", 8, SHORT, 8192),
    "ppo CartPole-v1, batches of 4": (
        "ppo", "CartPole-v1", 8, {"n_steps": 32, "batch_size": 4, "n_epochs": 5}, 2048,
    ),
    "ppo Pendulum-v1": ("ppo", "Pendulum-v1", 1, {}, 4096),
    "ppo Pendulum-v1, 4 environments": ("ppo", "Pendulum-v1", 4, {"n_steps": 1024}, 4096),
    "ppo Pendulum-v1, state-dependent exploration": (
        "ppo", "Pendulum-v1", 4, {"n_steps": 1024, "use_sde": True, "sde_sample_freq": 4}, 4096,
    ),
    "ppo HalfCheetah-v5": ("ppo", "HalfCheetah-v5", 1, {}, 4096),
    "a2c CartPole-v1": ("a2c", "CartPole-v1", 1, {}, 4000),
    "a2c CartPole-v1, 8 environments": ("a2c", "CartPole-v1", 8, {}, 16_000),
    "a2c Pendulum-v1": ("a2c", "Pendulum-v1", 1, {}, 4000),
    "a2c HalfCheetah-v5": ("a2c", "HalfCheetah-v5", 1, {}, 4000),
    "dqn CartPole-v1": ("dqn", "CartPole-v1", 1, {}, 4000),
    "qrdqn CartPole-v1": ("qrdqn", "CartPole-v1", 1, {}, 800),
    "sac Pendulum-v1": ("sac", "Pendulum-v1", 1, {}, 300),
    "sac Pendulum-v1, networks of 64": ("sac", "Pendulum-v1", 1, SLIM, 600),
    "sac HalfCheetah-v5": ("sac", "HalfCheetah-v5", 1, {}, 300),
    "td3 Pendulum-v1": ("td3", "Pendulum-v1", 1, {}, 300),
    "ddpg Pendulum-v1": ("ddpg", "Pendulum-v1", 1, {}, 300),
    "tqc Pendulum-v1": ("tqc", "Pendulum-v1", 1, {}, 300),
    "crossq Pendulum-v1": ("crossq", "Pendulum-v1", 1, {}, 200),
    "crossq Pendulum-v1, networks of 64": ("crossq", "Pendulum-v1", 1, SLIM, 400),
}  # fmt: skip
PLAIN = {"a2c": A2C, "crossq": CrossQ, "ddpg": DDPG, "dqn": DQN, "ppo": PPO, "qrdqn": QRDQN,
         "sac": SAC, "td3": TD3, "tqc": TQC}  # fmt: skip


def main() -> None:
    """Measure the chosen cases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    found = {}
    for name in given.cases or CASES:
        found[name] = measured(*CASES[name], rounds=given.rounds)
        print(name, found[name], file=sys.stderr, flush=True)
    print(json.dumps(found, indent=1))


def measured(name, env, n_envs, arguments, steps, *, rounds):
    """Both learners, warmed up by a rollout or until they update, then in turns."""
    worlds = make_vec_env(env, n_envs=n_envs, seed=1)
    # The library writes into the `policy_kwargs` that it is given.
    plain = PLAIN[name]("MlpPolicy", worlds, seed=1, device="cpu", **deepcopy(arguments))
    fast = build(run(name, env, n_envs, arguments))
    works = [learning(learner, steps) for learner in (plain, fast)]
    try:
        return in_turns(*works, rounds)
    finally:
        worlds.close()
        fast.env.close()


def learning(learner, steps):
    """A function that learns on for some steps and returns how many it took."""
    first = getattr(learner, "learning_starts", learner.n_steps * learner.n_envs)
    learner.learn(first + 10, log_interval=sys.maxsize)

    def work() -> int:
        before = learner.num_timesteps
        learner.learn(steps, log_interval=sys.maxsize, reset_num_timesteps=False)
        return learner.num_timesteps - before

    return work


if __name__ == "__main__":
    main()
