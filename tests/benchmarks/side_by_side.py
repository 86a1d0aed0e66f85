"""Runs and plain stable-baselines3 on the same job, timed in turns within one process."""

import time
from collections.abc import Callable, Sequence
from statistics import median

from harness.algorithms import ALGORITHMS
from harness.core.evaluation import Schedule
from harness.core.run import Run
from harness.core.scenario import Scenario
from harness.core.settings import FAST

BY_NAME = {algorithm.name: algorithm for algorithm in ALGORITHMS}
ACTIONS = {"CartPole-v1": "Discrete", "HalfCheetah-v5": "Box", "Pendulum-v1": "Box"}
FAMILIES = {"HalfCheetah-v5": "mujoco"}


def run(algorithm: str, env: str, n_envs: int = 1, arguments=None, **changes) -> Run:
    """A run on an environment without normalisation."""
    settings = {
        "scenario": Scenario(
            name=env,
            env=env,
            action=ACTIONS[env],
            n_envs=n_envs,
            family=FAMILIES.get(env, "classic_control"),
        ),
        "algorithm": BY_NAME[algorithm],
        "policy": BY_NAME[algorithm].policies["vector"],
        "arguments": arguments or {},
        "seed": 1,
        "steps": 1_000_000,
        "schedule": Schedule(evals=1, episodes=1, seed=2**30),
        "backend": FAST,
    }
    return Run(**(settings | changes))


def in_turns(
    slow: Callable[[], int], fast: Callable[[], int], rounds: int
) -> dict[str, float | Sequence[float]]:
    """CPU seconds per piece of work of two functions that return how many pieces they did.

    The ratio is the median over rounds, each of which runs both, so that a change in the
    machine's pace meets both alike.
    """
    costs = [(_cost(slow), _cost(fast)) for _ in range(rounds)]
    ratios = [one / other for one, other in costs]
    return {
        "sb3_per_s": round(1 / median(one for one, _ in costs), 1),
        "fast_per_s": round(1 / median(other for _, other in costs), 1),
        "ratio": round(median(ratios), 2),
        "ratios": [round(ratio, 2) for ratio in sorted(ratios)],
    }


def _cost(work: Callable[[], int]) -> float:
    begun = time.process_time()
    pieces = work()
    return (time.process_time() - begun) / pieces
