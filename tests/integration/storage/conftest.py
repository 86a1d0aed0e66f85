"""Campaigns with a fake executor, on any database."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

TESTS = Path(__file__).parents[2]
sys.path[:0] = [str(TESTS / "unit" / "store"), str(TESTS / "property")]

from fakes import FakeExecutor  # noqa: E402

from harness.analysis import export_csv  # noqa: E402
from harness.campaign import RunOptions, record, run  # noqa: E402

SCORES = ("scores.csv", "trials.csv", "evaluations.csv")


@pytest.fixture
def faked(monkeypatch, tmp_path):
    """Runs a matrix without a training, in `folder`, kept in `storage`."""

    def start(matrix, folder="here", storage=None, seed=0, listener=lambda event: None):
        place = tmp_path / folder
        executor = FakeExecutor(seed)
        options = RunOptions(
            workers=2, runs=place / "runs", reports=place / "reports", storage=storage
        )
        with monkeypatch.context() as patch:
            patch.setattr("harness.campaign.execute.open_executor", lambda *a, **k: executor)
            patch.setattr("harness.report.write_report", lambda record, out, films: out)
            run(matrix, options, listener)
        export_csv(record(matrix.name, options.runs, storage), place / "csv")
        exported = {name: (place / "csv" / name).read_bytes() for name in SCORES}
        return SimpleNamespace(exported=exported, started=executor.started)

    return start
