"""Evaluation: steps per CPU second of the harness's seeded episodes against `evaluate_policy`.

    python tests/benchmarks/evaluation.py [--rounds 3] [ENV ...]

Both play the same policy for as many episodes; `evaluate_policy` one environment at a time, as it
does by default. Prints one JSON object.
"""

import argparse
import json
import os
import sys
import warnings

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import torch
from side_by_side import in_turns, run
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy

from harness.core.evaluation import Schedule
from harness.training import build
from harness.training.evaluate import Arena

EPISODES = 10
CASES = {
    # Steps of training first: a pole that stands makes long episodes.
    "CartPole-v1": 20_000,
    "Pendulum-v1": 2048,
    "HalfCheetah-v5": 2048,
}


def main() -> None:
    """Measure every case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("envs", nargs="*", metavar="ENV", help=", ".join(CASES))
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", message="Evaluation environment is not wrapped")
    found = {}
    for env in given.envs or CASES:
        found[env] = measured(env, CASES[env], rounds=given.rounds)
        print(env, found[env], file=sys.stderr, flush=True)
    print(json.dumps(found, indent=1))


def measured(env, steps, *, rounds):
    """One policy evaluated by both, in turns."""
    schedule = Schedule(evals=1, episodes=EPISODES, seed=2**30)
    planned = run("ppo", env, schedule=schedule)
    fast = build(planned)
    fast.learn(steps, log_interval=sys.maxsize)
    arena = Arena(planned.scenario, schedule, masks=False)
    worlds = make_vec_env(env, n_envs=1, seed=1)
    plain = PPO("MlpPolicy", worlds, device="cpu")
    plain.set_parameters(fast.get_parameters())

    def slow() -> int:
        _, lengths = evaluate_policy(plain, worlds, EPISODES, return_episode_rewards=True)
        return sum(lengths)

    try:
        return in_turns(slow, lambda: sum(arena.evaluate(fast).lengths), rounds)
    finally:
        arena.close()
        worlds.close()
        fast.env.close()


if __name__ == "__main__":
    main()
