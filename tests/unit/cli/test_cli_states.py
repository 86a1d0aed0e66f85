"""A campaign as it was: ``harness compare night@2026-11-20 night``."""

import json
import sqlite3
from contextlib import closing

import pytest
from small import execute, matrix

from harness.campaign import record
from harness.errors import UsageError


def test_a_state_has_the_results_that_were_recorded_by_then(command, tmp_path):
    execute(matrix(seeds=2), tmp_path)
    path = tmp_path / "runs" / "camp" / "campaign.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE harness_results SET recorded = '2026-11-20T05:00:00+00:00'")
    before = {
        result.run_id for cell in record("camp", tmp_path / "runs").cells for result in cell.results
    }
    execute(matrix(seeds=5), tmp_path)

    state = record("camp@2026-11-20", tmp_path / "runs")
    assert {result.run_id for cell in state.cells for result in cell.results} == before
    assert (state.name, state.updated) == ("camp@2026-11-20", "2026-11-20T05:00:00+00:00")
    data = json.loads(command("compare", "camp@2026-11-20T06:00", "camp", "--json").out)
    assert {tuple(cell["seeds"]) for cell in data["cells"]} == {(2, 5)}

    with pytest.raises(UsageError, match="had no result by 2026-11-20T04:00:00"):
        record("camp@2026-11-20T04:00", tmp_path / "runs")
    assert "is no moment" in command("compare", "camp@yesterday", "camp").err
