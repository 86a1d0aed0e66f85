"""A newcomer's two lines and a budget against rl-baselines3-zoo, for equal CPU seconds.

    python tests/benchmarks/newcomers.py [--jobs ppo:Pendulum-v1 ...] [--minutes 11]
        [--steps N] [--campaigns 5] [--seeds 10] [--venv FOLDER] [--log FILE]

The harness gets `scenarios: [ENV]`, `algorithms: [ALGO]` and `run --budget`, with two workers;
every campaign seed is another search. The zoo gets its own command line as it comes (two processes
on one SQLite study, its sampler, pruner and training length) until it has had as many CPU seconds
as the harness had, its test rung included. What each ships, the export for the zoo and the study's
best trial, is then trained by the zoo's own ExperimentManager, that is by plain stable-baselines3,
for the zoo's number of steps on the same held-out seeds, and evaluated over 20 episodes. With
`--steps` both sides train that many instead, where the zoo's runs would be longer than the budget.

Prints one JSON object per job: scores of both, CPU seconds, and the CPU seconds which the harness
had spent on its search when a trial first reached the zoo's final mean. A log keeps every piece, so
that a long measurement takes several calls.
"""

import argparse
import itertools
import json
import os
import signal
import statistics
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from peers import HARNESS, ONE_THREAD, cost_of, python_of
from pieces import Log

JOBS = (
    "ppo:Pendulum-v1",
    "sac:Pendulum-v1",
    "ppo:CartPole-v1",
    "dqn:CartPole-v1",
    "ppo:LunarLander-v3",
    "ppo:Acrobot-v1",
    "sac:Hopper-v5",
)
WORKERS = 2
EPISODES = 20

# Of a version that the zoo does not know, what it says of another version of the environment.
CONFIGURATION = """
import pathlib, rl_zoo3, sys, yaml
algo, env, path = sys.argv[1:]
file = pathlib.Path(rl_zoo3.__path__[0], "hyperparams", algo + ".yml")
entries = yaml.safe_load(file.read_text())
known = [name for name in entries if name.rpartition("-v")[0] == env.rpartition("-v")[0]]
entry = entries[env if env in entries else known[-1]]
pathlib.Path(path).write_text(yaml.safe_dump({env: entry}))
"""

BEST = """
import json, optuna, sys
from optuna.trial import TrialState
study = optuna.load_study(study_name="s", storage=sys.argv[1])
trials = study.get_trials(states=[TrialState.COMPLETE])
best = max(trials, key=lambda trial: trial.value, default=None)
print(json.dumps({"trials": len(study.trials), "best": best and [best.number, best.value]}))
"""

SCORE = """
import argparse, json, sys
import numpy as np, torch
from rl_zoo3.exp_manager import ExperimentManager
from rl_zoo3.hyperparams_opt import HYPERPARAMS_CONVERTER
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import sync_envs_normalization
import optuna

torch.set_num_threads(1)
algo, env, config, zoo, storage, trial, steps, seed, episodes = sys.argv[1:]
settings = {}
if trial != "-":
    study = optuna.load_study(study_name="s", storage=storage)
    settings = HYPERPARAMS_CONVERTER[algo](study.trials[int(trial)].params)
own = ExperimentManager(argparse.Namespace(), algo, env, "logs", verbose=0, config=zoo)
steps = int(steps) or int(own.read_hyperparameters()[0]["n_timesteps"])
manager = ExperimentManager(
    argparse.Namespace(), algo, env, "logs", n_timesteps=steps, hyperparams=settings, verbose=0,
    seed=int(seed), config=config, device="cpu",
)
model, _ = manager.setup_experiment()
model.learn(steps)
envs = manager.create_envs(1, eval_env=True, no_log=True)
envs.seed(10_000 + int(seed))
if model.get_vec_normalize_env() is not None:
    sync_envs_normalization(model.get_env(), envs)
print(json.dumps(float(evaluate_policy(model, envs, int(episodes))[0])))
"""


def main() -> None:
    """Every job in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", nargs="+", default=JOBS, metavar="ALGO:ENV")
    parser.add_argument("--minutes", type=float, default=11, help="wall time of a campaign")
    parser.add_argument("--steps", type=int, default=0, help="environment steps of every run")
    parser.add_argument("--campaigns", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--venv", type=Path, help="where the zoo is, or is to be installed")
    parser.add_argument("--log", type=Path, default=Path(os.devnull))
    options = parser.parse_args()
    log = Log(options.log)
    packages = ("rl_zoo3", "gymnasium[box2d,mujoco]", f"mujoco=={version('mujoco')}", "pandas<3")
    python = python_of("zoo", *packages, folder=options.venv)
    shared = options.minutes, options.steps, options.seeds
    for job in options.jobs:
        pairs = [
            log.get(
                [job, *shared, number],
                lambda job=job, number=number: pair(python, job, number, *shared),
            )
            for number in range(options.campaigns)
        ]
        print(json.dumps({"job": job, **summary(pairs), "campaigns": pairs}), flush=True)


def summary(pairs):
    """Means over campaigns of both sides' held-out means."""
    return {
        side: round(statistics.mean(statistics.mean(each[side]["scores"]) for each in pairs), 1)
        for side in ("harness", "zoo")
    }


def pair(python, job, number, minutes, steps, seeds):
    """One campaign of the harness, as many CPU seconds of the zoo, and both scores."""
    algorithm, env = job.split(":")
    with TemporaryDirectory() as folder:
        zoo = Path(folder, "zoo.yml")
        subprocess.run([python, "-c", CONFIGURATION, algorithm, env, zoo], check=True)
        ours = campaign(algorithm, env, number, minutes, steps, Path(folder))
        theirs = study(python, algorithm, env, steps, ours["cpu_s"], Path(folder))
        config = Path(folder, f"{algorithm}.yml")
        if not config.exists():  # No time for a confirm rung: the library's default it is.
            config.write_text(f"{env}:\n  n_timesteps: 1\n  policy: MlpPolicy\n")
        shipped = {"harness": (config, "-"), "zoo": (zoo, theirs["best"] and theirs["best"][0])}
        sides = {"harness": ours, "zoo": theirs}
        for side, (config, trial) in shipped.items():
            # Without a finished trial, the zoo's user is left with the zoo's own configuration.
            words = [algorithm, env, config, zoo, f"sqlite:///{folder}/zoo.db"]
            words += ["-" if trial is None else trial, steps]
            sides[side]["scores"] = scores(python, words, seeds, folder)
    reached = statistics.mean(theirs["scores"])
    spent = [cpu for cpu, score in ours.pop("search") if score >= reached]
    return sides | {"cpu_to_reach_zoo_s": spent[0] if spent else None}


def campaign(algorithm, env, number, minutes, steps, folder):
    """`harness run --budget` on two lines: its cost, its search, and the export for the zoo."""
    matrix = {"name": "newcomer", "scenarios": [env], "algorithms": [algorithm], "seed": number}
    matrix |= {"search": {"steps": steps}, "test": {"steps": steps}} if steps else {}
    Path(folder, "newcomer.yaml").write_text(json.dumps(matrix))
    seconds = round(minutes * 60)
    run = [*HARNESS, "run", "--matrix", "newcomer.yaml", "--workers", WORKERS]
    cost = cost_of([*run, "--budget", f"{seconds}s"], folder=folder)
    cost_of([*HARNESS, "export", "newcomer", "--format", "zoo", "--out", "."], folder=folder)

    from harness.campaign import record

    (cell,) = record("newcomer", Path(folder, "runs")).cells
    results = [trial.result for trial in cell.trials if trial.result is not None]
    cpu = itertools.accumulate(result.cost.cpu for result in results)
    search = [
        (round(seconds, 1), result.score)
        for seconds, result in zip(cpu, results, strict=True)
        if result.status == "complete"
    ]
    tests = [each for each in cell.runs if (each.rung, str(each.variant)) == TUNED]
    tested = [each.result.score for each in tests if each.result is not None]
    return cost | {
        "trials": len(results),
        "winner": str(cell.winner),
        "tested": tested,
        "search": search,
    }


TUNED = ("test", "tuned")


def study(python, algorithm, env, steps, cpu, folder):
    """The zoo as it comes until its processes have had these CPU seconds; its best trial."""
    storage = f"sqlite:///{folder}/zoo.db"
    command = [python, "-m", "rl_zoo3.train", "--algo", algorithm, "--env", env, "-optimize"]
    command += ["--num-threads", "1", "--no-optim-plots", "--verbose", "0", "--device", "cpu"]
    command += ["--storage", storage, "--study-name", "s", "--conf-file", f"{folder}/zoo.yml"]
    command += ["-n", steps] if steps else []
    running = []
    for place in range(WORKERS):
        with Path(folder, f"zoo-{place}.log").open("w") as output:
            running.append(
                psutil.Popen(
                    [str(word) for word in [*command, "-f", f"logs-{place}"]],
                    cwd=folder,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=os.environ | ONE_THREAD,
                )
            )
            # Two that create the study at the same moment fail.
            time.sleep(8 * (place == 0))
    spent = 0.0
    while spent < cpu:
        time.sleep(1)
        if any(each.poll() is not None for each in running):
            raise RuntimeError(Path(folder, "zoo-0.log").read_text()[-2000:])
        spent = sum(sum(each.cpu_times()[:2]) for each in running)
    for each in running:
        each.send_signal(signal.SIGKILL)
        each.wait()
    answer = subprocess.run(
        [python, "-c", BEST, storage], cwd=folder, capture_output=True, text=True, check=True
    )
    return json.loads(answer.stdout) | {"cpu_s": round(spent, 1)}


def scores(python, words, seeds, folder):
    """Mean return of one training per held-out seed, two at a time."""
    means = []
    for first in range(0, seeds, WORKERS):
        commands = [
            [python, "-c", SCORE, *words, 1_000 + seed, EPISODES]
            for seed in range(first, min(first + WORKERS, seeds))
        ]
        cost_of(*commands, folder=folder, environment=ONE_THREAD)
        logs = [Path(folder, f"output-{place}.log") for place in range(len(commands))]
        means += [round(json.loads(log.read_text().splitlines()[-1]), 1) for log in logs]
    return means


if __name__ == "__main__":
    main()
