"""The share of a campaign's CPU time that is neither learning, nor stepping, nor evaluating.

    python tests/benchmarks/overhead.py benchmarks/cartpole.yaml [harness run options]

Runs the matrix in a temporary folder (or --keep DIR), adds up the CPU time of every process it
started, and compares with what the runs report of their learning and evaluation.
"""

import argparse
import ctypes
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
HARNESS = [sys.executable, "-c", "from harness.cli import main; main()"]


def main() -> None:
    """Run, measure, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("matrix", type=Path)
    parser.add_argument("--keep", type=Path)
    arguments, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        total = cpu_of_run(arguments.matrix.resolve(), folder, options)
        useful, runs = useful_cpu(folder)
    print(
        json.dumps(
            {
                "runs": runs,
                "cpu_s": round(total, 1),
                "learning_and_evaluation_s": round(useful, 1),
                "overhead": round((total - useful) / total, 4),
            }
        )
    )


def cpu_of_run(matrix: Path, folder: Path, options: list[str]) -> float:
    """CPU seconds of the coordinator and of all its descendants, the fork server's included."""
    # Orphans of the coordinator become ours, so that their time is counted when they end.
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [*HARNESS, "run", "--matrix", str(matrix), *options]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def useful_cpu(folder: Path) -> tuple[float, int]:
    """CPU seconds of learning and evaluation, and the runs, of the one campaign there."""
    (database,) = (folder / "runs").glob("*/campaign.db")
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT body FROM harness_results").fetchall()
    costs = [json.loads(body)["cost"] for (body,) in rows]
    return sum(cost["learn_cpu"] + cost["evaluate_cpu"] for cost in costs), len(costs)


if __name__ == "__main__":
    main()
