"""A real campaign in a folder of its own, driven from outside like a user would."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import sqlalchemy
from nursery import Command
from small import SCORES

from harness.analysis import export_csv
from harness.campaign.campaign_records import record

FAULTS = Path(__file__).parent / "faults"

PATIENCE = 1200
"""Seconds for a command that takes a few: beside a load it takes many times as long."""

MATRIX = """
name: small
seed: 7
scenarios: [CartPole-v1]
algorithms: [ppo, a2c]
search: {trials: 4, steps: 256, evals: 4, episodes: 2, pruner: {name: median, n_startup_trials: 1}}
confirm: {top: 1, seeds: 1}
test: {seeds: 2, steps: 256, evals: 2, episodes: 2}
overrides:
  - {match: "ppo@*", arguments: {n_steps: 64, n_epochs: 2}}
"""


def harness(folder, *words, environment=os.environ):
    """A command in a folder, and what came of it."""
    process = Command(words, folder, environment)
    outputs = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess(words, process.returncode, *outputs)


class Campaign:
    """`harness` in one folder; faked, it trains nothing: for faults that need no training."""

    def __init__(self, folder, matrix, *, faked=False, **environment):
        self.folder = folder
        self.faked = faked
        self.more = environment
        self.matrix = folder / "matrix.yaml"
        self.matrix.write_text(matrix)

    @property
    def environment(self):
        return os.environ | {"PYTHONPATH": str(FAULTS), "OMP_NUM_THREADS": "1"} | self.more

    def command(self, *words, code=0):
        """Any other command in the folder."""
        process = Command(words, self.folder, self.environment, faked=self.faked)
        out, err = process.communicate(timeout=PATIENCE)
        assert code in {process.returncode, ...}, out + err
        return out, err

    def start(self, *options):
        words = ["run", "--matrix", str(self.matrix), *options]
        if self.faked or "ray" in options:
            # They would train, and take as long as all of it on a cluster, where they have no part.
            words.append("--no-dry-runs")
        if "ray" in options:
            # Which is not made for forked processes.
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "harness", *words],
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        return Command(words, self.folder, self.environment, faked=self.faked)

    def run(self, *options, code=0):
        process = self.start(*options)
        out, err = process.communicate(timeout=PATIENCE)
        assert code in {process.returncode, ...}, err
        return out, err

    def scores(self):
        """The exported files that must not depend on how the campaign was run."""
        storage = self.more.get("HARNESS_STORAGE")
        with patch.dict(os.environ, self.more):
            known = record("small", self.folder / "runs", storage)
        export_csv(known, self.folder / "csv")
        return {name: (self.folder / "csv" / name).read_bytes() for name in SCORES}

    def results(self, name="small"):
        """Results in the ledger, while it is being written too."""
        if "HARNESS_STORAGE" in self.more:
            return self._results_on_server(self.more["HARNESS_STORAGE"])
        path = self.folder / "runs" / name / "campaign.db"
        if not path.exists():
            return []
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
            try:
                rows = database.execute("SELECT body FROM harness_results").fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" not in str(error):
                    raise
                return []
        return [json.loads(text) for (text,) in rows]

    def _results_on_server(self, url):
        engine = sqlalchemy.create_engine(url.replace("://", "+psycopg://", 1))
        try:
            with engine.connect() as connection:
                if not sqlalchemy.inspect(connection).has_table("harness_results"):
                    return []
                rows = connection.execute(sqlalchemy.text("SELECT body FROM harness_results"))
                return [json.loads(text) for (text,) in rows]
        finally:
            engine.dispose()

    def wait_for_results(self, count, process, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        while len(self.results()) < count:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline, "the campaign does not move"
            time.sleep(0.05)


def kill(process):
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
