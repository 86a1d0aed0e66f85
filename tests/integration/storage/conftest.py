"""Campaigns with a fake executor, on any database."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

TESTS = Path(__file__).parents[2]
sys.path[:0] = [str(TESTS / "unit" / "store"), str(TESTS / "property")]

from fakes import FakeExecutor, services  # noqa: E402

from harness.analysis import export_csv  # noqa: E402
from harness.campaign import RunOptions, record, run_campaign  # noqa: E402

SCORES = ("scores.csv", "trials.csv", "evaluations.csv")


@pytest.fixture
def faked(tmp_path):
    """Runs a matrix without a training, in `folder`, kept in `storage`."""

    def start(matrix, folder="here", storage=None, seed=0, listener=lambda event: None):
        place = tmp_path / folder
        executor = FakeExecutor(seed)
        options = RunOptions(
            workers=2, runs=place / "runs", reports=place / "reports", storage=storage
        )
        run_campaign(matrix, options, listener, services(executor))
        export_csv(record(matrix.name, options.runs, storage), place / "csv")
        exported = {name: (place / "csv" / name).read_bytes() for name in SCORES}
        return SimpleNamespace(exported=exported, started=executor.started)

    return start
