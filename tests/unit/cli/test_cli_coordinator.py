"""Who runs a campaign, and what its cells do meanwhile."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import cell_of
from storyboard import CELL, held_out, trial

from harness.campaign import Coordinator
from harness.cli.commands.status_command import make_remaining_table
from harness.cli.console import plain
from harness.cli.coordinator_text import (
    cell_state,
    coordinator_json,
    coordinator_lines,
    estimate_work,
    running_table,
)
from harness.core.ledger import ActiveRun, Activity
from harness.core.progress.remaining import remaining_in
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import Variant
from harness.core.search_settings import Search
from harness.core.settings import Rung, Test

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
RUN = ActiveRun(
    cell=CELL,
    rung=Rung.SEARCH,
    variant="trial-7",
    index=7,
    started=(NOW - timedelta(seconds=75)).isoformat(),
)
ACTIVITY = Activity(workers=2, running=(RUN,), work_left={CELL: 300.0, "other": 100.0})


def process(*, alive=True, activity=ACTIVITY):
    return Coordinator(host="box", pid=12, since="then", alive=alive, activity=activity)


def state(cell, coordinator=None, look=None):
    record = CampaignRecord(name="q", created="", updated="", cells=(cell,))
    return cell_state(cell, remaining_in(record)[cell.name], coordinator, look)


OWN = cell_of(CELL, search=Search(trials=5), test=Test(seeds=1))
NEW = CellRecord(cell=OWN)
SEARCHING = CellRecord(cell=OWN, trials=tuple(map(trial, range(3))))
TESTED = CellRecord(
    cell=OWN,
    trials=tuple(map(trial, range(5))),
    runs=(
        replace(held_out("default", 0, 1.0, "confirm"), rung=Rung.CONFIRM),
        held_out("default", 0, 1.0),
        held_out("tuned", 0, 2.0, "other"),
    ),
    winner=Variant("trial-1"),
)
UNTESTED = replace(TESTED, runs=(*TESTED.runs[:2], held_out("tuned", 0, None, "other")))


@pytest.mark.parametrize(
    ("cell", "coordinator", "expected"),
    [
        (NEW, None, "not begun"),
        (NEW, process(activity=None), "waiting"),
        (NEW, process(), "running"),
        (NEW, process(activity=Activity(workers=1)), "waiting"),
        (NEW, process(alive=False), "not begun"),
        (SEARCHING, None, "stopped in the search at 3 of 5"),
        (SEARCHING, process(alive=False), "stopped in the search at 3 of 5"),
        (UNTESTED, None, "stopped in the test rung at 1 of 2"),
        (TESTED, process(), "done"),
        (TESTED, None, "done"),
    ],
)
def test_the_state_of_a_cell(cell, coordinator, expected):
    assert state(cell, coordinator) == expected


def test_a_coordinator_that_is_there_is_named_with_its_runs_and_what_is_left():
    (line,) = coordinator_lines(process())
    assert line == "run by process 12 on box since then: 1 of 2 workers busy, about 3m20s left"
    rows = plain(running_table(process(), NOW)).splitlines()
    assert rows[1].split() == [CELL, "search", "trial-7", "#7", "1m15s"]
    answer = coordinator_json(process(), NOW)
    assert (answer["pid"], answer["workers"], answer["seconds_left"]) == (12, 2, 200.0)
    assert [run["seconds"] for run in answer["running"]] == [75.0]
    assert answer["work_left"] == {CELL: 300.0, "other": 100.0}
    gone = coordinator_json(process(alive=False), NOW)
    assert (gone["seconds_left"], gone["work_left"], gone["running"]) == (None, {}, [])


def test_cells_that_wait_are_told_their_work_too():
    record = CampaignRecord(name="q", created="", updated="", cells=(SEARCHING,))
    left = remaining_in(record).values()
    working, alone = (
        plain(make_remaining_table(left, each)).splitlines() for each in (process(), None)
    )
    assert working[0].split() == ["cell", "work", "not", "done"]
    assert working[1].split()[:2] == [CELL, "5m00s"]
    assert alone[0].split() == ["cell", "not", "done"]
    assert not estimate_work(process(alive=False))


def test_a_default_that_won_counts_its_test_once():
    shared = [held_out(variant, 0, None, "same") for variant in ("default", "tuned")]
    won = replace(TESTED, runs=(TESTED.runs[0], *shared), winner=Variant("default"))
    assert state(won) == "stopped in the test rung at 0 of 1"


def test_one_that_died_runs_nothing_and_one_that_begins_says_so():
    dead = process(alive=False)
    assert not running_table(dead, NOW).rows
    assert next(coordinator_lines(dead)).startswith("nobody runs it: process 12 on box")
    assert "getting ready" in next(coordinator_lines(process(activity=None)))
    assert not list(coordinator_lines(None))
    assert coordinator_json(None, NOW) is None
