"""How long a run takes to start: from its submission to the first line of its function.

    python tests/benchmarks/start.py [--runs N]

Compares a process from the preloaded fork server with a new Python that imports the same. Times
are CPU-bound and the machine's; what counts is the ratio.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from types import SimpleNamespace

from harness.core.run_result import RunResult, Status
from harness.core.settings import Resources
from harness.execution.local import LocalExecutor

COLD = (
    "import harness.execution.fork_server as server, time; server.preload(compiler=True); "
    "print(time.clock_gettime(time.CLOCK_MONOTONIC))"
)


@dataclass(frozen=True)
class Small:
    """As much of an order as the executor looks at."""

    run: SimpleNamespace


def begun(order):
    """When the run's function began, as the score of its result."""
    now = time.clock_gettime(time.CLOCK_MONOTONIC)
    return RunResult(run_id=order.run.id, status=Status.COMPLETE, score=now, steps=1)


def main() -> None:
    """Measure, print one JSON object; all times in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    limits = {"timeout": None, "memory": None, "resources": Resources()}
    order = Small(SimpleNamespace(id="0" * 64, **limits))
    with LocalExecutor(workers=1, threads=1) as executor:
        before = time.perf_counter()
        executor.prepare(plain=False)
        executor.submit(begun, order).result()  # the fork server imports now
        loaded = time.perf_counter() - before
        starts, wholes = [], []
        for _ in range(runs):
            before = time.clock_gettime(time.CLOCK_MONOTONIC)
            starts.append(executor.submit(begun, order).result().score - before)
            wholes.append(time.clock_gettime(time.CLOCK_MONOTONIC) - before)
    cold = [new_python() for _ in range(3)]
    print(
        json.dumps(
            {
                "runs": runs,
                "server_ms": round(1000 * loaded, 1),
                "start_ms": round(1000 * statistics.median(starts), 1),
                "start_and_end_ms": round(1000 * statistics.median(wholes), 1),
                "new_python_ms": round(1000 * statistics.median(cold), 1),
                "ratio": round(statistics.median(cold) / statistics.median(starts), 1),
            }
        )
    )


def new_python() -> float:
    """Seconds from starting a Python until it has imported what a run needs."""
    before = time.clock_gettime(time.CLOCK_MONOTONIC)
    done = subprocess.run([sys.executable, "-c", COLD], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1]) - before


if __name__ == "__main__":
    main()
