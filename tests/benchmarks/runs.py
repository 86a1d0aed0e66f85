"""What the coordinator costs for a run, with real worker processes that do nothing.

    python tests/benchmarks/runs.py [--workers 16] [--runs 1000] [--milliseconds 10]

Runs a campaign of about workers x runs runs; each sleeps. Prints one JSON object: CPU time of
the coordinator's process for a run, and how busy the workers were.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from fake_work import Processes, executed_by, matrix, runs

TRIALS = 60


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--runs", type=int, default=1000, help="for each worker")
    parser.add_argument("--milliseconds", type=float, default=10)
    parser.add_argument("--sampler", default="tpe")
    arguments = parser.parse_args()
    wanted = arguments.workers * arguments.runs
    asked = matrix(
        max(1, round(wanted / runs(matrix(1, TRIALS)))), TRIALS, sampler=arguments.sampler
    )
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(asked, arguments, Path(folder)), indent=2))


def measure(asked, arguments, folder):
    from harness.campaign import RunOptions, run_campaign
    from harness.core.events import CampaignStarted, RunFinished

    seen = {"runs": 0, "wall": 0.0, "cpu": 0.0}

    def listen(event):
        if isinstance(event, CampaignStarted):
            seen.update(wall=time.perf_counter(), cpu=time.process_time())
        seen["runs"] += isinstance(event, RunFinished)

    executor = Processes(arguments.workers, arguments.milliseconds / 1000)
    options = RunOptions(workers=arguments.workers, runs=folder / "runs", reports=folder / "out")
    begun = time.perf_counter()
    outcome = run_campaign(asked, options, listen, executed_by(executor))
    wall, cpu = time.perf_counter() - seen["wall"], time.process_time() - seen["cpu"]
    database = folder / "runs" / asked.name / "campaign.db"
    return {
        "cells": len(asked.cells),
        "workers": arguments.workers,
        "runs": seen["runs"],
        "remaining": str(outcome.remaining),
        "begin_s": round(seen["wall"] - begun, 2),
        "wall_s": round(wall, 1),
        "coordinator_cpu_s": round(cpu, 1),
        "coordinator_cpu_ms_a_run": round(1000 * cpu / seen["runs"], 2),
        "database_kib_a_run": round(database.stat().st_size / 1024 / seen["runs"], 1),
    }


if __name__ == "__main__":
    main()
