"""What is not done, from a cell's record alone."""

from dataclasses import replace

import pytest
from builders import cell, result, trial

from harness.core.record import CellRecord, RunRecord
from harness.core.run import DEFAULT
from harness.core.settings import Rung, Search
from harness.core.undone import undone

RUN = RunRecord(
    rung=Rung.TEST, variant=DEFAULT, index=0, trial=None, seed=1, arguments={}, run_id="run",
    result=result("run"),
)  # fmt: skip
COMPLETE = CellRecord(
    cell=cell(search=Search(trials=2)),
    trials=(trial(0, 1.0), trial(1, 2.0)),
    runs=(replace(RUN, rung=Rung.CONFIRM), RUN),
    winner=DEFAULT,
)
MORE = "more follows once the confirm rung has decided"
OPEN = replace(RUN, result=None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"cell": cell(search=Search(trials=5)), "closed": 2},
            "3 trials not done; search closed at 2 of 5 trials",
        ),
        ({"trials": (trial(0, 1.0), replace(trial(1, 2.0), result=None))}, "1 trial not done"),
        (
            {"runs": (replace(OPEN, rung=Rung.CONFIRM), OPEN, OPEN), "winner": None},
            f"1 confirm run and 2 test runs not done; {MORE}",
        ),
        ({"winner": None}, MORE),
    ],
)
def test_what_is_missing_is_said(changes, words):
    (found,) = undone([COMPLETE, replace(COMPLETE, **changes)])
    assert str(found) == words


def test_a_complete_cell_is_not_listed():
    assert undone([COMPLETE]) == ()
