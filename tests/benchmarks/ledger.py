"""How long `harness status` and `harness report` take to say something about a large campaign.

    python tests/benchmarks/ledger.py [--runs 100000] [--others 0] [--keep DIR]

Writes a campaign of that many runs straight into a ledger (and as many runs again for every one
of `--others` campaigns in the same database), then runs the commands. Prints one JSON object:
seconds until the first output and until the end, and CPU seconds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fake_work import fake_result, matrix

from harness.campaign.stores import study_key
from harness.core.decisions import plan
from harness.core.ledger import CellState
from harness.core.run import Variant
from harness.core.settings import Rung
from harness.store import codec, open_ledger, tables
from harness.store.connections import write_transaction

HARNESS = [sys.executable, "-c", "from harness.cli import main; main()"]
TRIALS = 200
ENVIRONMENT = "e" * 64


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--others", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        database = folder / "runs" / "large" / "campaign.db"
        if not database.exists():
            database.parent.mkdir(parents=True)
            for name in ["large", *(f"other{number}" for number in range(arguments.others))]:
                write(database, name, arguments.runs)
        found = {"runs": arguments.runs, "database_mib": database.stat().st_size >> 20}
        for command in (["status"], ["status", "--json"], ["report"]):
            found[" ".join(command)] = timed([*command, "large"], folder)
    print(json.dumps(found, indent=2))


def timed(words, folder):
    before, begun = os.times(), time.perf_counter()
    with subprocess.Popen(
        [*HARNESS, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        process.stdout.read(1)
        first = time.perf_counter() - begun
        process.stdout.read()
    after = os.times()
    return {
        "first_output_s": round(first, 2),
        "wall_s": round(time.perf_counter() - begun, 2),
        "cpu_s": round(sum(after[2:4]) - sum(before[2:4]), 2),
    }


def write(database, name, runs):
    """A finished campaign of at least so many runs, copied from one cell."""
    first = matrix(1, TRIALS, name=name).cells[0]
    tested = plan.plan_test(first, plan.Candidate(variant=Variant.of_trial(1), arguments={"lr": 1}))
    each = TRIALS + len(tested)
    cells = matrix(-(-runs // each), TRIALS, name=name).cells
    bodies = {run.run.id: codec.dump_result(fake_result(run.run)) for run in tested}
    sample = next(iter(bodies))
    states = [CellState(cell=c, study=study_key(c, name)) for c in cells]
    with open_ledger(database, create=True) as ledger:
        ledger.begin(
            name, environment=ENVIRONMENT, document={}, origins={}, provenance={}, cells=states
        )
        with write_transaction(ledger._engine) as connection:
            for place, state in enumerate(states):
                key = f"{name[-4:]:0>8}{place:024d}"
                rows = [body_row(key, number, bodies[sample], sample) for number in range(each)]
                connection.execute(tables.results.insert(), rows)
                connection.execute(
                    tables.trials.insert(),
                    [trial_row(name, state, key, number) for number in range(TRIALS)],
                )
                connection.execute(
                    tables.plan.insert(),
                    [plan_row(name, state, key, each_run, n) for n, each_run in enumerate(tested)],
                )
        for state in states[:10]:
            ledger.set_winner(name, state.cell.name, Variant.of_trial(1))


def run_id(key, number):
    return f"{key}{number:032d}"


def body_row(key, number, body, sample):
    return {
        "environment": ENVIRONMENT,
        "run_id": run_id(key, number),
        "status": "pruned" if number % 3 and number < TRIALS else "complete",
        "recorded": "2026-01-01T00:00:00+00:00",
        "body": body.replace(sample, run_id(key, number)),
    }


def trial_row(name, state, key, number):
    body = {
        "suggestion": {"number": number, "coordinates": {"log(lr)": -3.0, "net": "small"}},
        "values": {"lr": 1e-3, "net": "small"},
        "arguments": {"lr": 1e-3},
        "seed": number,
    }
    return {
        "study": state.study,
        "environment": ENVIRONMENT,
        "number": number,
        "run_id": run_id(key, number),
        "campaign": name,
        "cell": state.cell.name,
        "body": json.dumps(body),
    }


def plan_row(name, state, key, run, place):
    return {
        "campaign": name,
        "environment": ENVIRONMENT,
        "cell": state.cell.name,
        "rung": Rung.TEST.value,
        **codec.plan_row(run, place),
        "run_id": run_id(key, TRIALS + place),
    }


if __name__ == "__main__":
    main()
