"""How much faster Bucket Brigade goes in batches: games alone, and whole trainings.

    python tests/benchmarks/bucket_brigade.py

Prints environment steps per second of processor time, and ratios to one game at a time in plain
Python (`plain_bucket_brigade.py`, no arrays but the observations); the batches' own game, one at a
time, stands between. All play the same rules with the same two opponents and learn with the same
settings but for the number of games; a rollout has 2048 steps in all.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from plain_bucket_brigade import ID

from harness.algorithms import ALGORITHMS
from harness.core.evaluation import Schedule
from harness.core.run import Run
from harness.core.scenario import Scenario
from harness.envs import make, make_vector
from harness.training import build
from scenarios import SCENARIOS

GAMES = 64
ROLLOUT = 2048
NAME = "bucket_brigade/easy-v0"


def scenario(games: int) -> Scenario:
    return replace(next(item for item in SCENARIOS if item.name == NAME), n_envs=games)


def plain() -> Scenario:
    return replace(scenario(1), env=ID)


def one_at_a_time(game: Scenario) -> Callable[[int], int]:
    def play(steps: int) -> int:
        env = make(game)
        env.reset(seed=0)
        env.action_space.seed(0)
        for _ in range(steps):
            _, _, over, cut, _ = env.step(env.action_space.sample())
            if over or cut:
                env.reset()
        return steps

    return play


def in_a_batch(steps: int) -> int:
    env = make_vector(scenario(GAMES))
    assert env is not None
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(steps // GAMES):
        env.step(rng.integers((10, 2), size=(GAMES, 2)))
    return steps // GAMES * GAMES


def training(game: Scenario) -> Callable[[int], int]:
    games = game.n_envs

    def train(steps: int) -> int:
        ppo = next(item for item in ALGORITHMS if item.name == "ppo")
        arguments = {"n_steps": ROLLOUT // games, "batch_size": 512, "n_epochs": 4}
        learner = build(
            Run(
                scenario=game,
                algorithm=ppo,
                policy="MlpPolicy",
                arguments=arguments,
                seed=1,
                steps=steps,
                schedule=Schedule(evals=1, episodes=1, seed=1),
            )
        )
        learner.learn(steps, log_interval=sys.maxsize)
        return learner.num_timesteps

    return train


def rates(kinds: dict[str, Callable[[int], int]], steps: int) -> Iterator[tuple[str, float]]:
    """Steps per second of processor time, the best of three rounds taken in turns."""
    best = dict.fromkeys(kinds, 0.0)
    for _ in range(3):
        for name, play in kinds.items():
            began = time.process_time()
            done = play(steps)
            best[name] = max(best[name], done / (time.process_time() - began))
    yield from best.items()


def show(title: str, kinds: dict[str, Callable[[int], int]], steps: int) -> None:
    print(title)
    found = dict(rates(kinds, steps))
    slowest = next(iter(found.values()))
    for name, rate in found.items():
        print(f"  {name:24}{rate:10,.0f} steps/s{rate / slowest:8.1f} x")


if __name__ == "__main__":
    titles = ("plain Python", "a batch of one game", f"{GAMES} games in a batch")
    alone = (one_at_a_time(plain()), one_at_a_time(scenario(1)), in_a_batch)
    show("games alone", dict(zip(titles, alone, strict=True)), 4096)
    trained = (training(plain()), training(scenario(1)), training(scenario(GAMES)))
    show("training PPO", dict(zip(titles, trained, strict=True)), 3 * ROLLOUT)
