"""What `harness plan --calibrate` says of four matrices, and what they then take.

    python tests/benchmarks/plan_reality.py [--workers 2] [--quick] [NAME ...]

Each matrix is planned, after a calibration, and run directly after, from a cold start; prints one
JSON object by matrix: the seconds of the plan, its interval and those of the run, and their ratio.
On a machine with other work, what a run has of a core changes from minute to minute, which no plan
can know. So the ratio stands there twice: as it was on the clock, and with the clock of the run
stretched to the share of a core that the calibration had. Also, by rung, the trainings that were
planned and done. Takes five minutes on two quiet cores; with --quick next to nothing is trained.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from peers import HARNESS

from harness import campaign

SMALL = {
    "confirm": {"top": 2, "seeds": 2},
    "test": {"seeds": 5, "steps": 8_000, "evals": 4, "episodes": 5},
}
MATRICES = {
    "cartpole": {
        "scenarios": [{"name": "CartPole-v1", "n_envs": 4}],
        "algorithms": ["ppo"],
        "search": {"trials": 16, "steps": 8_000, "evals": 8, "episodes": 5},
        "test": {"seeds": 5, "steps": 16_000, "evals": 8, "episodes": 5},
    },
    "on-policy pair": {
        "scenarios": ["CartPole-v1", "Pendulum-v1"],
        "algorithms": ["ppo", "a2c"],
        "backend": "auto",
        "search": {"trials": 6, "steps": 4_000, "evals": 4, "episodes": 5},
        "test": {"seeds": 4, "steps": 4_000, "evals": 4, "episodes": 5},
    },
    "off-policy": {
        "scenarios": ["CartPole-v1"],
        "algorithms": ["dqn"],
        "backend": "auto",
        "search": {"trials": 8, "steps": 3_000, "evals": 4, "episodes": 5},
        "test": {"seeds": 4, "steps": 3_000, "evals": 4, "episodes": 5},
    },
    "Bucket Brigade": {
        "scenarios": ["bucket_brigade/easy-v0"],
        "algorithms": ["ppo", "dqn"],
        "search": {"trials": 8, "steps": 6_000, "evals": 4, "episodes": 20},
        "test": {"seeds": 5, "steps": 8_000, "evals": 4, "episodes": 20},
    },
}
QUICK = {
    "search": {"trials": 2, "steps": 300, "evals": 1, "episodes": 1},
    "confirm": {"top": 1, "seeds": 1},
    "test": {"seeds": 2, "steps": 300, "evals": 1, "episodes": 1},
}


def main() -> None:
    """Plan, run, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MATRICES))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    answers = {}
    for name in given.names or MATRICES:
        matrix = SMALL | MATRICES[name] | (QUICK if given.quick else {})
        answers[name] = compared(matrix | {"name": name.replace(" ", "-")}, given.workers)
        print(name, answers[name], file=sys.stderr, flush=True)
    print(json.dumps(answers, indent=2))


def compared(matrix: dict, workers: int) -> dict:
    """The plan of a matrix, and what it took."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "matrix.yaml").write_text(json.dumps(matrix))
        plan = json.loads(harness(folder, "plan", workers, "--calibrate", "--json"))
        begun = time.perf_counter()
        harness(folder, "run", workers, "--quiet")
        took = time.perf_counter() - begun
        record = campaign.record(matrix["name"], Path(folder, "runs"))
    results = [result for cell in record.cells for result in cell.results]
    cpu, wall = (math.fsum(getattr(r.cost, key) for r in results) for key in ("cpu", "wall"))
    seconds = {key: 3600 * hours for key, hours in plan["wall_hours"].items()}
    stretch = cpu / wall / plan["measured"]["cpu"]
    return {
        "plan": round(seconds["middle"], 1),
        "interval": [round(seconds["low"], 1), round(seconds["high"], 1)],
        "took": round(took, 1),
        "ratio": round(took / seconds["middle"], 2),
        "core share, calibration": plan["measured"]["cpu"],
        "core share, run": round(cpu / wall, 3),
        "ratio at the calibration's share": round(took * stretch / seconds["middle"], 2),
        "calibrated on": plan["measured"],
        "runs planned": [plan["runs"], plan["most_runs"]],
        "runs done": len({result.run_id for result in results}),
        "winners": [cell.winner for cell in record.cells],
    }


def harness(folder: str, command: str, workers: int, *words: str) -> str:
    """What a command prints; it must not fail."""
    line = [*HARNESS, command, "matrix.yaml", "--workers", str(workers), *words]
    done = subprocess.run(line, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(line)}: {done.returncode}\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
