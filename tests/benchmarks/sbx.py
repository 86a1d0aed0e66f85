"""Environment steps per second of SBX (jax), plain stable-baselines3 and accelerated runs.

    python tests/benchmarks/sbx.py [--rounds 3] [--venv FOLDER] [CASE ...]

SBX runs in an environment of its own. All three get the library's defaults, one thread and one
core, and are charged CPU time. What SBX spends until its first update is done, mostly compilation,
is told apart: a trial pays it once per new shape. Prints one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from peers import ONE_THREAD, python_of

os.environ.update(ONE_THREAD)

CASES = {
    "ppo CartPole-v1": ("ppo", "CartPole-v1", 4096),
    "ppo Pendulum-v1": ("ppo", "Pendulum-v1", 4096),
    "dqn CartPole-v1": ("dqn", "CartPole-v1", 3000),
    "sac Pendulum-v1": ("sac", "Pendulum-v1", 400),
}
WARM_UP = {"ppo": 2048, "dqn": 200, "sac": 120}

THEIRS = """
import json, os, sys, time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
begun = time.process_time()
import sbx
name, env, warm_up, steps, rounds = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
ready = time.process_time()
learner = getattr(sbx, name.upper())("MlpPolicy", env, seed=1)
learner.learn(warm_up)
compiled = time.process_time()
paces = []
for _ in range(rounds):
    before, start = learner.num_timesteps, time.process_time()
    learner.learn(steps, reset_num_timesteps=False)
    paces.append((learner.num_timesteps - before) / (time.process_time() - start))
print(json.dumps({"paces": paces, "import_s": ready - begun, "first_update_s": compiled - ready}))
"""


def main() -> None:
    """Measure the chosen cases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--venv", type=Path, help="where SBX is, or is to be installed")
    given = parser.parse_args()
    python = python_of("sbx", "sbx-rl", folder=given.venv)
    found = {}
    for name in given.cases or CASES:
        found[name] = measured(python, *CASES[name], given.rounds)
        print(name, found[name], file=sys.stderr, flush=True)
    print(json.dumps(found, indent=1))


def measured(python, name, env, steps, rounds):
    """All three on one job."""
    words = [name, env, WARM_UP[name], steps, rounds]
    done = subprocess.run(
        [str(python), "-c", THEIRS, *map(str, words)], check=True, capture_output=True, text=True
    )
    theirs = json.loads(done.stdout.splitlines()[-1])
    ours = {backend: paces(name, env, steps, rounds, backend) for backend in backends(name, env)}
    return {
        "sbx_per_s": middle(theirs["paces"]),
        "sbx_import_s": round(theirs["import_s"], 1),
        "sbx_until_first_update_s": round(theirs["first_update_s"], 1),
        **{f"{backend}_per_s": middle(found) for backend, found in ours.items()},
    }


def middle(paces):
    """Median steps per second."""
    return round(sorted(paces)[len(paces) // 2], 1)


def backends(name, env):
    """Those that can train the job."""
    from side_by_side import run

    from harness.core.backend import obstacle
    from harness.core.settings import FAST, SB3

    work = run(name, env)
    covered = obstacle(work.algorithm, work.scenario, {}) is None
    return (SB3, FAST) if covered else (SB3,)


def paces(name, env, steps, rounds, backend):
    """Steps per CPU second of each round; plain is the library by itself."""
    import stable_baselines3
    import torch
    from side_by_side import run

    from harness.training import build

    torch.set_num_threads(1)
    if backend == "sb3":
        kind = getattr(stable_baselines3, name.upper())
        learner = kind("MlpPolicy", env, seed=1, device="cpu")
    else:
        learner = build(run(name, env, backend=backend))
    learner.learn(WARM_UP[name], log_interval=sys.maxsize)
    found = []
    for _ in range(rounds):
        before, begun = learner.num_timesteps, time.process_time()
        learner.learn(steps, log_interval=sys.maxsize, reset_num_timesteps=False)
        found.append((learner.num_timesteps - before) / (time.process_time() - begun))
    learner.env.close()
    return found


if __name__ == "__main__":
    main()
