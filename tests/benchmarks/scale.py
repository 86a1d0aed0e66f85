"""A large campaign on many workers, simulated: what the coordinator needs and where it saturates.

    python tests/benchmarks/scale.py [--cells 500] [--trials 200] [--workers 1000] [--seconds 600]

Coordinator, ledger and Optuna are the real ones, on SQLite; only the runs are not: each takes
`--seconds` of a clock that stands still but for the ends of runs and the CPU time the coordinator
takes. Prints one JSON object. The full size takes a quarter of an hour and two gigabytes of disk.
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

from fake_work import Simulated, matrix, simulated

from harness.campaign import RunOptions, run_campaign
from harness.core.events import CampaignStarted, RunFinished


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=500)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=600, help="of a run, on average")
    parser.add_argument("--in-flight", type=int, default=2)
    parser.add_argument("--sampler", default="tpe")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(vars(arguments) | measure(arguments, Path(folder)), indent=2))


def measure(arguments, folder):
    asked = matrix(
        arguments.cells,
        arguments.trials,
        sampler=arguments.sampler,
        in_flight=arguments.in_flight,
    )
    seen = {"runs": 0, "begun": 0.0}

    def listen(event):
        if isinstance(event, CampaignStarted):
            seen["begun"] = time.process_time()
        seen["runs"] += isinstance(event, RunFinished)

    executor = Simulated(arguments.seconds)
    options = RunOptions(workers=arguments.workers, runs=folder / "runs", reports=folder / "out")
    at_start = time.process_time()
    run_campaign(asked, options, listen, simulated(executor))
    cpu = time.process_time() - seen["begun"] - executor.own
    database = folder / "runs" / asked.name / "campaign.db"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    each = cpu / seen["runs"]
    return {
        "runs": seen["runs"],
        "begin_cpu_s": round(seen["begun"] - at_start, 1),
        "coordinator_cpu_s": round(cpu, 1),
        "coordinator_cpu_ms_a_run": round(1000 * each, 2),
        "peak_memory_mib": peak >> 10,
        "database_kib_a_run": round(database.stat().st_size / 1024 / seen["runs"], 1),
        "makespan_h": round(executor.now / 3600, 2),
        "running_at_once": executor.most,
        "utilisation": round(executor.busy / executor.now / arguments.workers, 3),
        "runs_a_second_at_most": round(1 / each, 1),
        "workers_it_can_feed": round(arguments.seconds / each),
    }


if __name__ == "__main__":
    main()
