"""Whether both backends end with returns from one distribution.

    python tests/benchmarks/same_returns.py 'ppo CartPole-v1' [--seeds 30] [--workers 2] [--apart]
        [--log FILE]

Stated in advance: the late mean of every seed's evaluations is its score. The two-sided
Mann-Whitney test at 5 % compares the scores of the two backends, trained on the same seeds (which
makes it lenient as long as they walk the same path) or with --apart on seeds of their own. With
30 seeds it finds a shift of 0.78 standard deviations in 80 % of the cases (normal scores, Noether
1987). The difference of the means comes with its 95 % Welch interval. Prints one JSON object.
A log keeps every score as it comes, and those in it are not trained again.
"""

import argparse
import json
import math
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np
from scipy import stats
from side_by_side import run

from harness.core.evaluation import Schedule
from harness.core.scenario import Normalize
from harness.core.settings import FAST, SB3
from harness.registry import Registry
from harness.training import train

JOBS = {
    # Learnt well enough to differ between seeds, not so well that all reach the ceiling.
    "ppo CartPole-v1": (8, {"n_steps": 32, "batch_size": 256, "n_epochs": 10}, 16_384),
    "ppo HalfCheetah-v5": (1, {"n_steps": 512, "n_epochs": 4}, 8192),
    "ppo LunarLander-v3": (4, {"n_steps": 256, "batch_size": 256, "n_epochs": 4}, 16_384),
    "ppo Pendulum-v1": (4, {"n_steps": 256, "gamma": 0.9, "learning_rate": 1e-3}, 20_480),
    "ppo bucket_brigade/default-v1": (4, {"n_steps": 128, "batch_size": 128, "n_epochs": 4}, 8192),
    "a2c CartPole-v1": (8, {}, 16_384),
    "dqn CartPole-v1": (
        1,
        {
            "learning_rate": 2.3e-3,
            "batch_size": 64,
            "train_freq": 128,
            "gradient_steps": 64,
            "learning_starts": 1000,
            "target_update_interval": 10,
            "exploration_fraction": 0.2,
            "exploration_final_eps": 0.04,
        },
        20_000,
    ),
    "sac Pendulum-v1": (
        1,
        {
            "learning_rate": 2e-3,
            "learning_starts": 300,
            "batch_size": 64,
            "gamma": 0.95,
            "policy_kwargs": {"net_arch": [64, 64]},
        },
        2500,
    ),
    # Past the end of the renormalisation's warm-up.
    "crossq Pendulum-v1": (
        1,
        {
            "learning_rate": 2e-3,
            "learning_starts": 300,
            "batch_size": 64,
            "gamma": 0.95,
            "policy_kwargs": {"net_arch": [64, 64], "renorm_warmup_steps": 300},
        },
        1400,
    ),
}
BATTERY = 4
"""Episodes of an evaluation; eight of these, of which the later ones are the score."""


def main() -> None:
    """Train, test, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--apart", action="store_true")
    parser.add_argument("--log", type=Path, default=Path(os.devnull))
    given = parser.parse_args()
    ahead = given.seeds if given.apart else 0
    jobs = [
        (given.job, seed + shift, backend)
        for seed in range(given.seeds)
        for backend, shift in ((SB3, 0), (FAST, ahead))
    ]
    known = dict(map(read, given.log.read_text().splitlines())) if given.log.is_file() else {}
    missing = [job for job in jobs if job not in known]
    with (
        ProcessPoolExecutor(given.workers, mp_context=get_context("forkserver")) as pool,
        given.log.open("a") as log,
    ):
        for job, score in zip(missing, pool.map(score_of, missing), strict=True):
            known[job] = score
            print(*job, score, sep="\t", file=log, flush=True)
    scores = {name: [known[job] for job in jobs if job[-1] == name] for name in (SB3, FAST)}
    print(json.dumps({"job": given.job, **compared(scores[SB3], scores[FAST])}, indent=1))


def read(line):
    """A job and its score, from a line of the log."""
    name, seed, backend, score = line.split("\t")
    return (name, int(seed), backend), float(score)


def score_of(job):
    """Score of one training."""
    name, seed, backend = job
    algorithm, env = name.split()
    n_envs, arguments, steps = JOBS[name]
    scenario = replace(Registry.from_packages().scenario(env), n_envs=n_envs, normalize=Normalize())
    result = train(
        run(
            algorithm,
            "Pendulum-v1",  # replaced by the scenario
            n_envs,
            arguments,
            scenario=scenario,
            seed=1024 * (seed + 1),
            steps=steps,
            schedule=Schedule(evals=8, episodes=BATTERY, seed=2**30),
            backend=backend,
        )
    )
    assert result.backend == backend
    assert result.score is not None, result.failure
    return result.score


def compared(plain, fast):
    """The test, its power, and the difference."""
    welch = stats.ttest_ind(fast, plain, equal_var=False)
    interval = welch.confidence_interval()
    # Noether: n per arm = (z_a + z_b)^2 / (6 (p - 1/2)^2), with p = Phi(d / sqrt 2).
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    shift = math.sqrt(2) * stats.norm.ppf(0.5 + z / math.sqrt(6 * len(plain)))
    spread = math.sqrt((np.var(plain, ddof=1) + np.var(fast, ddof=1)) / 2)
    return {
        "seeds": len(plain),
        "sb3": summary(plain),
        "fast": summary(fast),
        "difference": round(float(np.mean(fast) - np.mean(plain)), 2),
        "interval": [round(float(end), 2) for end in interval],
        "mann_whitney_p": round(float(stats.mannwhitneyu(plain, fast).pvalue), 4),
        "kolmogorov_smirnov_p": round(float(stats.ks_2samp(plain, fast, method="asymp").pvalue), 4),
        "detectable_with_80_percent": round(shift * spread, 2),
        "equal_scores": sum(one == other for one, other in zip(plain, fast, strict=True)),
    }


def summary(scores):
    """Mean and spread."""
    mean, spread = np.mean(scores), np.std(scores, ddof=1)
    return {"mean": round(float(mean), 2), "sd": round(float(spread), 2)}


if __name__ == "__main__":
    main()
