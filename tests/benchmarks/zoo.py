"""The same tuning trials by rl-baselines3-zoo and by `harness run`, in turns.

    python tests/benchmarks/zoo.py [--job ppo] [--rounds 1] [--seeds 10] [--venv FOLDER]
        [--trials N] [--steps N] [--log FILE [--only zoo|harness|scores]]

The configurations in zoo_jobs.json were drawn from the zoo's own search space by Optuna's random
sampler with seed 1. The zoo takes them from the queue of a study on SQLite, in its best mode: two
processes, one thread each, no pruning. The harness trains them with two workers as named variants
of a matrix; the default runs of its ladder are charged to it. Both times begin with a cold start.

Stated in advance: scores come from one distribution unless the two-sided stratified rank test of
van Elteren (1960), strata being the configurations, rejects at 5 %. The zoo scores a trial once,
before the last update; so the harness trains --seeds more runs of each configuration that end
with exactly the updates which the zoo's score had seen. What the zoo scores without a single
update is left out. Prints one JSON object; the power of the test is in it.

A log keeps every piece as it comes, and those in it are not measured again: with --only, which
measures one side or trains for the scores and prints nothing, a long job takes several calls.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from peers import HARNESS, ONE_THREAD, cost_of, python_of
from pieces import Log
from strata import detectable, p_value

JOBS = json.loads(Path(__file__).with_name("zoo_jobs.json").read_text())
WORKERS = 2
EPISODES = 5
SIDES = ("zoo", "harness")
NETWORKS = {"tiny": [64], "small": [64, 64], "medium": [256, 256], "big": [400, 300]}
SHORT = {"ppo": {"n_steps": 32, "batch_size": 256, "n_epochs": 1}, "sac": {"gradient_steps": 1}}
"""What keeps the default runs of the ladder short; the configurations say otherwise."""
NETWORKS |= {"large": [256] * 3, "verybig": [512] * 3}

TAKEN_TWICE = "Cannot tell a COMPLETE trial"
"""How the zoo ends when two processes find the same trial in an SQLite study's queue."""

QUEUE = """
import json, optuna, sys
trials, storage = json.loads(sys.argv[1]), sys.argv[2]
study = optuna.create_study(study_name="s", storage=storage, direction="maximize")
for params in trials:
    study.enqueue_trial(params)
"""
VALUES = """
import json, optuna, sys
trials = optuna.load_study(study_name="s", storage=sys.argv[1]).trials
print(json.dumps([trial.value for trial in trials]))
"""


def main() -> None:
    """Both sides in turns, then the scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--job", choices=JOBS, default="ppo")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=10, help="0 leaves the scores alone")
    parser.add_argument("--venv", type=Path, help="where the zoo is, or is to be installed")
    parser.add_argument("--trials", type=int, help="no more than these configurations")
    parser.add_argument("--steps", type=int, help="of each, instead of the job's")
    parser.add_argument("--log", type=Path, default=Path(os.devnull))
    parser.add_argument("--only", choices=(*SIDES, "scores"))
    given = parser.parse_args()
    if given.only and given.log == Path(os.devnull):
        parser.error("--only needs a --log that keeps what it finds")
    if given.steps and given.seeds:
        parser.error("--steps shortens what is timed, not what is scored: add --seeds 0")
    job = JOBS[given.job]
    job |= {"trials": job["trials"][: given.trials], "steps": given.steps or job["steps"]}
    log = Log(given.log)
    measures = {"zoo": partial(zoo, given.job, given.venv), "harness": partial(harness, given.job)}
    for number in range(given.rounds):
        for side, measure in measures.items():
            if given.only in {None, side}:
                cost = log.get([given.job, side, number], measure)
                print(side, cost, file=sys.stderr, flush=True)
    if given.only in {None, "scores"} and given.seeds:
        train(given.job, given.seeds, log)
    if not given.only:
        print(json.dumps(joined(given.job, given.rounds, given.seeds, log), indent=1))


def joined(job, count, seeds, log):
    """Times, ratios and the comparison of scores."""
    rounds = [{side: log.get([job, side, number]) for side in SIDES} for number in range(count)]
    found = {"job": job, **medians(rounds)}
    if seeds:
        theirs = [each["zoo"]["scores"] for each in rounds]
        found["scores"] = compared(job, theirs, seeds, log)
    return found


def medians(rounds):
    """Median times of each side and their ratios."""
    found = {
        side: {run: float(np.median([each[side][run] for each in rounds])) for run in UNITS}
        for side in SIDES
    }
    ratios = {run: round(found["zoo"][run] / found["harness"][run], 2) for run in UNITS}
    return {**found, "ratio": {"wall": ratios["wall_s"], "cpu": ratios["cpu_s"]}}


UNITS = ("wall_s", "cpu_s")


def zoo(job, venv, attempts=3):
    """The trials as the zoo runs them, and again if its processes took one from the queue twice."""
    try:
        return tuned(job, venv)
    except RuntimeError as error:
        if TAKEN_TWICE not in str(error) or attempts == 1:
            raise
    print("the zoo's processes took one trial twice: once more", file=sys.stderr)
    return zoo(job, venv, attempts - 1)


def tuned(job, venv):
    """The trials as the zoo runs them: cost and scores."""
    asked = JOBS[job]
    python = python_of("zoo", "rl_zoo3", "pandas<3", folder=venv)
    with tempfile.TemporaryDirectory() as folder:
        storage = f"sqlite:///{folder}/zoo.db"
        queue = [python, "-c", QUEUE, json.dumps(asked["trials"]), storage]
        cost_of(queue, folder=folder)
        train = [python, "-m", "rl_zoo3.train", "--algo", job, "--env", asked["env"]]
        train += ["-n", asked["steps"], "-optimize", "--max-total-trials", len(asked["trials"])]
        train += ["--sampler", "random", "--pruner", "none", "--no-optim-plots"]
        train += ["--eval-episodes", EPISODES, "--num-threads", 1, "--n-jobs", 1, "--verbose", 0]
        train += ["--storage", storage, "--study-name", "s", "-f"]
        workers = [[*train, Path(folder, f"logs-{place}")] for place in range(WORKERS)]
        cost = cost_of(*workers, folder=folder, environment=ONE_THREAD)
        cost_of([python, "-c", VALUES, storage], folder=folder)
        scores = json.loads(Path(folder, "output-0.log").read_text())
    return cost | {"scores": scores}


def harness(job):
    """The trials as variants of a campaign: cost and scores."""
    from harness.campaign import record

    asked = JOBS[job]
    names = [f"c{place:02d}" for place in range(len(asked["trials"]))]
    matrix = {
        "name": "zoo",
        "scenarios": [{"name": asked["env"], "n_envs": asked["n_envs"]}],
        "algorithms": [{"name": job, "arguments": SHORT[job]}],
        "search": {"trials": 1, "in_flight": 1, "steps": 8, "evals": 1, "episodes": 1},
        "confirm": {"top": 1, "seeds": 1},
        "test": {"seeds": 1, "steps": asked["steps"], "evals": 1, "episodes": EPISODES},
        "variants": {
            name: {"source": "rl-baselines3-zoo", "arguments": {job: arguments(params)}}
            for name, params in zip(names, asked["trials"], strict=True)
        },
    }
    matrix["test"]["variants"] = ["default", "tuned", *names]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "zoo.yaml").write_text(json.dumps(matrix))
        run = [*HARNESS, "run", "--matrix", "zoo.yaml", "--workers", WORKERS]
        cost = cost_of(run, folder=folder)
        (cell,) = record("zoo", Path(folder, "runs")).cells
    runs = {each.variant: each.result for each in cell.runs if each.rung == "test"}
    trained = sum(runs[name].cost.cpu for name in names)
    return cost | {"trials_cpu_s": round(trained, 2), "scores": [runs[n].score for n in names]}


def arguments(params):
    """Constructor arguments of the zoo's parameters, as the zoo converts them."""
    given = dict(params)
    for name in ("gamma", "gae_lambda"):
        if f"one_minus_{name}" in given:
            given[name] = 1 - given.pop(f"one_minus_{name}")
    for name in ("batch_size", "n_steps"):
        if f"{name}_pow" in given:
            given[name] = 2 ** given.pop(f"{name}_pow")
    widths = NETWORKS[given.pop("net_arch")]
    if "train_freq" in given:
        given["gradient_steps"] = given["train_freq"]
        given["policy_kwargs"] = {"net_arch": widths}
    else:
        given["policy_kwargs"] = {
            "net_arch": {"pi": widths, "vf": widths},
            "activation_fn": given.pop("activation_fn"),
        }
    return given


def train(job, seeds, log):
    """Every configuration with every seed, for the scores."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    work = [(job, place, seed) for place in scored(job) for seed in range(seeds)]
    missing = [each for each in work if ["score", *each] not in log]
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("forkserver")) as pool:
        for each, score in zip(missing, pool.map(score_of, missing), strict=True):
            log.add(["score", *each], score)


def scored(job):
    """Places of the configurations that the zoo scores after an update or more."""
    return [place for place in range(len(JOBS[job]["trials"])) if seen_steps(job, place)]


def compared(job, theirs, seeds, log):
    """The stratified test; `theirs` holds rounds of one score per configuration."""
    kept = scored(job)
    ours = [[log.get(["score", job, place, seed]) for seed in range(seeds)] for place in kept]
    strata = [
        (np.array([each[place] for each in theirs]), np.array(own))
        for place, own in zip(kept, ours, strict=True)
    ]
    return {
        "configurations": len(kept),
        "zoo_scores_each": len(theirs),
        "harness_scores_each": seeds,
        "zoo_mean": round(float(np.mean([one.mean() for one, _ in strata])), 2),
        "harness_mean": round(float(np.mean([own.mean() for _, own in strata])), 2),
        "van_elteren_p": p_value(strata, seed=0, draws=20_000),
        "found_in_80_percent_sd": detectable(strata),
    }


def seen_steps(job, place):
    """Environment steps of the updates that the zoo's score has seen; 0 for none."""
    asked = JOBS[job]
    rollout = 2 ** asked["trials"][place].get("n_steps_pow", 0) * asked["n_envs"]
    return asked["steps"] if rollout <= 1 else (-(-asked["steps"] // rollout) - 1) * rollout


def score_of(work):
    """Mean return of the evaluation that ends one training."""
    import torch
    from side_by_side import run

    from harness.core.backend import obstacle
    from harness.core.evaluation import Schedule
    from harness.core.settings import SB3
    from harness.training import train

    job, place, seed = work
    # No two trainings share episodes, or their scores would not be independent.
    number = 1024 * (64 * place + seed + 1)
    asked = JOBS[job]
    torch.set_num_threads(1)
    work = run(
        job,
        asked["env"],
        asked["n_envs"],
        arguments(asked["trials"][place]),
        seed=number,
        steps=seen_steps(job, place),
        schedule=Schedule(evals=1, episodes=EPISODES, seed=2**30 + number),
    )
    if obstacle(work.algorithm, work.scenario, work.arguments) is not None:
        work = replace(work, backend=SB3)
    result = train(work)
    assert result.score is not None, result.failure
    return result.score


if __name__ == "__main__":
    main()
