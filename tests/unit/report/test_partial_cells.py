"""A search that was closed early is said to be, wherever its cell is shown."""

from dataclasses import replace
from pathlib import Path

import pytest
from sample_records import TRUTHS, synthetic_campaign, write_report

from harness.analysis import leaderboard
from harness.core.record import CampaignRecord
from harness.core.settings import Rung
from harness.report import campaign_view
from harness.report.trust import Check

CUT = 5


@pytest.fixture
def cut() -> CampaignRecord:
    """The first cell has a winner from its first trials, and no more of them."""
    record = synthetic_campaign()
    first = record.cells[0]
    kept = max(CUT, 1 + int((first.winner or "").removeprefix("trial-")))
    cell = replace(first, trials=first.trials[:kept], closed=kept)
    return replace(record, cells=(cell, *record.cells[1:]))


def test_it_has_a_verdict_and_a_note(cut: CampaignRecord) -> None:
    cell = cut.cells[0]
    (row,) = (row for row in leaderboard(cut) if row.cell == cell.name)
    planned = cell.spec["search"]["trials"]
    assert cell.closed is not None
    assert cell.closed < planned
    assert (row.state, row.pending, row.verdict) == ("complete", 0, "improved")
    assert f"closed after {cell.closed} of {planned} trials" in row.notes[0]
    assert "depends on the machine's speed" in row.notes[0]


def test_the_pages_say_so(cut: CampaignRecord, tmp_path: Path) -> None:
    page = write_report(cut, tmp_path / "report").read_text(encoding="utf-8")
    left = cut.cells[0].spec["search"]["trials"] - (cut.cells[0].closed or 0)
    assert "The campaign is partial" in page
    closed, planned = cut.cells[0].closed, cut.cells[0].spec["search"]["trials"]
    assert f"{left} trials not done; search closed at {closed} of {planned} trials" in page
    assert "depends on the machine" in page


def test_cells_that_the_matrix_no_longer_names_are_listed(tmp_path: Path) -> None:
    whole = synthetic_campaign()
    page = write_report(whole, tmp_path / "whole").read_text(encoding="utf-8")
    assert "No longer in this matrix" not in page
    last = whole.cells[-1]
    less = replace(whole, cells=whole.cells[:-1], unlisted=(last,))
    page = write_report(less, tmp_path / "less").read_text(encoding="utf-8")
    assert "1 cell of the ledger is not in this matrix" in page
    assert f"<strong>{last.name}</strong>: {len(last.results)} runs." in page
    assert "Chance alone: of " in page


def clocks(record: CampaignRecord) -> Check:
    (check,) = (check for check in campaign_view(record).checks if check.id == "T24")
    return check


def test_a_closed_search_is_a_matter_of_trust(cut: CampaignRecord) -> None:
    check = clocks(cut)
    assert check.status == "warn"
    assert check.value == "the search of 1 cell closed early; 1 cell not done"
    (finding,) = check.findings
    assert finding.cell == cut.cells[0].name
    assert f"search closed at {cut.cells[0].closed} of" in finding.text


@pytest.mark.parametrize("option", ["--budget", "--deadline=07:00"])
def test_what_a_time_limit_left_undone_is_a_matter_of_trust(option: str) -> None:
    whole = synthetic_campaign(truths=[TRUTHS[0], TRUTHS[5]])
    assert clocks(whole).status == "pass"
    run = {"command": f"harness run matrix.yaml {option} 8h"}
    limited = replace(whole, provenance={**whole.provenance, "run": run})
    check = clocks(limited)
    assert check.status == "warn"
    assert check.value.endswith(f"last run with {option.partition('=')[0]}")
    assert [finding.cell for finding in check.findings] == ["td3@Pendulum-v1"]
    done = replace(limited, cells=tuple(c for c in whole.cells if c.name != "td3@Pendulum-v1"))
    assert clocks(done).status == "pass"
    assert "no clock ended a run or a search; last run with" in clocks(done).value


def test_a_default_without_a_rival_has_no_verdict_yet(cut: CampaignRecord) -> None:
    trials = cut.cells[0].trials[:1]
    runs = tuple(run for run in cut.cells[0].runs if run.rung is Rung.TEST)
    alone = replace(cut.cells[0], trials=trials, runs=runs, closed=1, winner="default")
    record = replace(cut, cells=(alone,))
    (row,) = leaderboard(record)
    assert (row.state, row.pending) == ("unfinished", 0)
    assert not any("found nothing" in note for note in row.notes)
