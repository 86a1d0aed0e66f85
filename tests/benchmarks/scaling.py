"""The same campaign with one and with two workers.

    python tests/benchmarks/scaling.py [--rounds 1] [--workers 2] [--quick] [MATRIX]

Runs `harness run` from a cold start on a matrix (by default PPO and A2C on CartPole) in turns, and
prints one JSON object: wall seconds and their ratio, CPU seconds of both, the ratio of CPU (above
1 where workers slow one another down: shared caches, one core's two threads, other work on the
machine) and the ratio that the same CPU per run would have had. Wall seconds are told apart:
before the first run, after the last, and between, with the share of that in which runs took no
CPU. Checks that the numbers are equal.
Takes about two minutes; with --quick on so small a matrix that starts are most of it.
"""

import argparse
import json
import sys
import tempfile
import time
from datetime import datetime
from operator import add
from pathlib import Path
from statistics import median

from peers import HARNESS, cost_of

MATRIX = {
    "name": "scaling",
    "scenarios": ["CartPole-v1"],
    "algorithms": ["ppo", "a2c"],
    "search": {"trials": 8, "steps": 8000, "evals": 4, "episodes": 5, "in_flight": 4},
    "confirm": {"top": 2, "seeds": 2},
    "test": {"seeds": 6, "steps": 16_000, "evals": 4, "episodes": 5},
}
QUICK = {
    "search": {"trials": 2, "steps": 1000, "evals": 1, "episodes": 1, "in_flight": 2},
    "confirm": {"top": 1, "seeds": 1},
    "test": {"seeds": 2, "steps": 1000, "evals": 1, "episodes": 1},
}


def main() -> None:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("matrix", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    matrix = MATRIX | QUICK if given.quick else MATRIX
    text = given.matrix.read_text() if given.matrix else json.dumps(matrix)
    found = {1: [], given.workers: []}
    for _ in range(given.rounds):
        scores = set()
        for workers, costs in found.items():
            cost, numbers = measured(text, workers)
            costs.append(cost)
            scores.add(json.dumps(numbers))
            print(workers, cost, file=sys.stderr, flush=True)
        assert len(scores) == 1, "the number of workers changed a score"
    one, many = (
        {run: median(c[run] for c in costs) for run in costs[0]} for costs in found.values()
    )
    wall, cpu, runs = (one[part] / many[part] for part in ("wall_s", "cpu_s", "runs_s"))
    ratios = {
        "wall_ratio": round(wall, 2),
        "cpu_ratio": round(1 / cpu, 2),
        "wall_ratio_at_equal_cpu": round(wall / cpu, 2),
        "runs_ratio": round(runs, 2),
    }
    print(json.dumps({"one": one, f"{given.workers}": many, **ratios}, indent=1))


def measured(text, workers):
    """Cost of one campaign and the scores of its runs."""
    from harness.campaign import record

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "scaling.yaml").write_text(text)
        run = [*HARNESS, "run", "--matrix", "scaling.yaml", "--workers", workers]
        begun = time.time()
        cost = cost_of(run, folder=folder)
        (name,) = [each.name for each in Path(folder, "runs").iterdir() if each.is_dir()]
        cells = record(name, Path(folder, "runs")).cells
    # Where the default won, its test runs stand for the tuned ones too.
    runs = {run.run_id: run.result for cell in cells for run in (*cell.trials, *cell.runs)}
    results = list(runs.values())
    cost |= parts([each.cost for each in results], begun, begun + cost["wall_s"], workers)
    return cost, [each.score for each in results]


def parts(costs, begun, ended, workers):
    """Wall seconds before, during and after the runs, and how idle cores were in between."""
    starts = [datetime.fromisoformat(each.started).timestamp() for each in costs]
    first, last = min(starts), max(map(add, starts, (each.wall for each in costs)))
    busy = sum(each.cpu for each in costs) / (workers * (last - first))
    return {
        "before_s": round(first - begun, 2),
        "runs_s": round(last - first, 2),
        "after_s": round(ended - last, 2),
        "idle": round(1 - busy, 3),
    }


if __name__ == "__main__":
    main()
