"""Cost coefficients fitted to short trainings, and how well they tell configurations apart.

    python tests/benchmarks/cost_model.py [--configurations 10] [--seed 0] [--backend BACKEND]
        [LEARNER ...]

Draws configurations from the search space of every algorithm, measures the CPU seconds of a
training step in each, and fits the coefficients by least squares of the error's logarithm.

Prints one JSON object: coefficients, and per learner and backend the median error of the model and
of its plain alternative, one mean speed for all configurations. --check fits nothing and says the
same of the coefficients in the table.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import fields

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np
import torch
from scipy.optimize import least_squares
from side_by_side import BY_NAME, run

from harness import constructors
from harness.core.backend import obstacle
from harness.core.costs import effort
from harness.core.costs.cost_coefficients import CostCoefficients
from harness.core.settings import FAST, SB3
from harness.core.spaces.value_rules import Context
from harness.training import build

STEPS = 2048
JOBS = {
    "a2c": ("CartPole-v1", 8, 1024),
    "crossq": ("Pendulum-v1", 1, 60),
    "ddpg": ("Pendulum-v1", 1, 80),
    "dqn": ("CartPole-v1", 4, 600),
    "ppo": ("CartPole-v1", 8, 1),
    "ppo_recurrent": ("CartPole-v1", 4, 1),
    "qrdqn": ("CartPole-v1", 4, 600),
    "sac": ("Pendulum-v1", 1, 80),
    "td3": ("Pendulum-v1", 1, 80),
    "tqc": ("Pendulum-v1", 1, 60),
    "trpo": ("CartPole-v1", 4, 1),
}
"""Environment, environments at once, steps to measure (at least a rollout)."""
FIELDS = tuple(field.name for field in fields(CostCoefficients))


def main() -> None:
    """Measure, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("learners", nargs="*", metavar="LEARNER", help=", ".join(JOBS))
    parser.add_argument("--configurations", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backend", choices=(FAST, SB3), help="both, if it is not said")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rows", type=argparse.FileType("a"), help="where to add measurements")
    given = parser.parse_args()
    torch.set_num_threads(1)
    found = {}
    for name in given.learners or JOBS:
        measured = {}
        for work in runs(name, given.configurations, given.seed):
            if given.backend not in {None, work.backend}:
                continue
            measured.setdefault(work.backend, []).append((work, seconds(work, JOBS[name][2])))
        for backend, pairs in measured.items():
            for work, took in pairs if given.rows else ():
                row = [name, backend, work.scenario.n_envs, work.arguments, features(work), took]
                print(json.dumps(row), file=given.rows, flush=True)
            label = f"{work.algorithm.learner.partition(':')[2]} {backend}"
            found[label] = judged(pairs) if given.check else fitted(pairs)
            print(label, found[label], file=sys.stderr, flush=True)
    print(json.dumps(found, indent=1))


def runs(name, count, seed):
    """Runs with random configurations, on each backend that covers them."""
    env, most, _ = JOBS[name]
    algorithm = BY_NAME[name]
    sample = run(name, env)
    known = constructors.read(algorithm.learner).parameters
    space = algorithm.space.for_actions(sample.scenario.action).with_defaults(known)
    random = np.random.default_rng(seed)
    for number in range(count):
        values = {} if number == 0 else drawn(space, random)
        if number in {1, 2} and "net_arch" in values:
            # Many small updates of a small network: where the fixed coefficient shows.
            small = {"net_arch": smallest(space), "batch_size": 4, "n_steps": 64}
            values |= {name: value for name, value in small.items() if name in space}
        n_envs = (1, most)[number % 2]
        context = Context(n_envs=n_envs, steps=STEPS, action=sample.scenario.action)
        arguments = space.arguments(values, context) if values else {}
        arguments |= {"learning_starts": 32} if not algorithm.on_policy else {}
        for backend in (FAST, SB3):
            covered = obstacle(algorithm, sample.scenario, arguments) is None
            if covered or backend == SB3:
                yield run(name, env, n_envs, arguments, steps=STEPS, backend=backend)


def smallest(space):
    """The label of the smallest network."""
    options = space["net_arch"].domain.options
    return min(options, key=lambda label: {"tiny": 0, "small": 1}.get(label, 2))


def drawn(space, random):
    """Values drawn evenly from every axis."""
    values = {}
    for parameter in space.parameters:
        if space.is_active(parameter, values):
            grid = parameter.domain.grid(9)
            values[parameter.name] = parameter.domain.from_axis(grid[random.integers(len(grid))])
    return values


def seconds(work, steps):
    """CPU seconds per environment step of learning."""
    learner = build(work)
    try:
        rollout = getattr(learner, "n_steps", 1) * learner.n_envs
        learner.learn(1 if work.algorithm.on_policy else 33 * learner.n_envs)
        before, begun = learner.num_timesteps, time.process_time()
        learner.learn(max(steps, rollout), log_interval=sys.maxsize, reset_num_timesteps=False)
        return (time.process_time() - begun) / (learner.num_timesteps - before)
    finally:
        learner.env.close()


def features(work):
    """What the coefficients are multiplied with."""
    return [rate_at(work, field) for field in FIELDS]


def rate_at(work, field):
    """Quantity of one coefficient in a step of a run."""
    learner = work.algorithm.learner.partition(":")[2]
    coefficient = CostCoefficients(**dict.fromkeys(FIELDS, 0.0) | {field: 1.0})
    coefficients = {(learner, work.backend): coefficient}
    return effort.rate(
        work.algorithm,
        work.scenario,
        work.arguments,
        backend=work.backend,
        coefficients=coefficients,
    ) - effort.step_seconds(work.scenario)


def fitted(pairs):
    """CoefficientTable and their errors, leaving out one configuration at a time."""
    matrix = np.array([features(work) for work, _ in pairs])
    taken = np.array([took for _, took in pairs])
    physics = np.array([effort.step_seconds(work.scenario) for work, _ in pairs])
    coefficients = least(matrix, physics, taken)
    left_out = []
    for place in range(len(taken)):
        rest = np.delete(np.arange(len(taken)), place)
        without = least(matrix[rest], physics[rest], taken[rest])
        left_out.append(matrix[place] @ without + physics[place])
    named = {
        field: float(f"{coefficient:.2g}")
        for field, coefficient in zip(FIELDS, coefficients, strict=True)
    }
    return {"price": named} | errors(taken, np.array(left_out))


def least(matrix, physics, taken):
    """CoefficientTable of the least squared error of the logarithms."""
    scale = matrix.mean(axis=0) + 1e-30

    def off(logs):
        return np.log(matrix @ (np.exp(logs) / scale) + physics) - np.log(taken)

    # Not convex: the best of several starts.
    random = np.random.default_rng(0)
    middle = np.log(np.median(taken) / len(FIELDS))
    starts = [middle + random.normal(0, 2, len(FIELDS)) for _ in range(8)]
    found = min(
        (least_squares(off, start, bounds=(-25, 5)) for start in starts),
        key=lambda one: one.cost,
    )
    coefficients = np.exp(found.x) / scale
    return np.where(coefficients * matrix.max(axis=0) < 1e-3 * taken.min(), 0.0, coefficients)


def judged(pairs):
    """Errors of the table's coefficients, after the machine's pace is taken out."""
    taken = np.array([took for _, took in pairs])
    told = np.array(
        [effort.rate(w.algorithm, w.scenario, w.arguments, backend=w.backend) for w, _ in pairs]
    )
    return errors(taken, told * np.median(taken / told))


def errors(taken, told):
    """Factors by which estimates are off, in the median and at 90 %, beside one mean pace."""

    def off(estimates):
        factors = np.exp(np.abs(np.log(taken / estimates)))
        return [round(float(np.quantile(factors, share)), 2) for share in (0.5, 0.9)]

    spread = float(taken.max() / taken.min())
    return {"off": off(told), "mean_off": off(taken.mean()), "spread": round(spread, 1)}


if __name__ == "__main__":
    main()
