"""The same campaign with one and with two workers.

    python tests/benchmarks/scaling.py [--rounds 1] [--workers 2] [MATRIX]

Runs `harness run` from a cold start on a matrix (by default PPO and A2C on CartPole) in turns, and
prints one JSON object: wall seconds and their ratio, CPU seconds of both, the ratio of CPU (above
1 where workers slow one another down: shared caches, one core's two threads, other work on the
machine) and the ratio that the same CPU per unit would have had. Checks that the numbers are equal.
"""

import argparse
import json
import sys
import tempfile
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


def main() -> None:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("matrix", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    text = given.matrix.read_text() if given.matrix else json.dumps(MATRIX)
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
        {unit: median(c[unit] for c in costs) for unit in costs[0]} for costs in found.values()
    )
    print(
        json.dumps(
            {
                "one": one,
                f"{given.workers}": many,
                "wall_ratio": round(one["wall_s"] / many["wall_s"], 2),
                "cpu_ratio": round(many["cpu_s"] / one["cpu_s"], 2),
                "wall_ratio_at_equal_cpu": round(
                    one["wall_s"] / many["wall_s"] * many["cpu_s"] / one["cpu_s"], 2
                ),
            },
            indent=1,
        )
    )


def measured(text, workers):
    """Cost of one campaign and the scores of its runs."""
    from harness.campaign import record

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "scaling.yaml").write_text(text)
        run = [*HARNESS, "run", "--matrix", "scaling.yaml", "--workers", workers]
        cost = cost_of(run, folder=folder)
        (name,) = [each.name for each in Path(folder, "runs").iterdir() if each.is_dir()]
        cells = record(name, Path(folder, "runs")).cells
    return cost, [run.result.score for cell in cells for run in (*cell.trials, *cell.runs)]


if __name__ == "__main__":
    main()
