"""How many trials a search has, and what they took."""

from dataclasses import replace

import pytest
from builders import ppo, pruned, result, searched, still_open, trial

from harness.core.costs.effort import relative_to
from harness.core.costs.search_budget import (
    count_planned_trials,
    sum_effort,
    trial_efforts,
    typical_trials,
)
from harness.core.record import CellRecord, RunRecord
from harness.core.run import Variant
from harness.core.run_result import Status
from harness.core.search_settings import Until
from harness.core.settings import Rung


@pytest.mark.parametrize(
    ("changes", "trials"),
    [
        ({"budget": None, "trials": 7}, 7),
        # Ten runs hold twenty short ones, of which three times two confirm.
        ({"budget": 10.0}, 14),
        ({"budget": 10.0, "seeds": 2}, 7),
        ({"budget": 10.0, "trials": 9}, 9),
        ({"budget": 3.0}, 1),
        ({"budget": 3.3, "top": 1, "confirm": 1}, 4),
        ({"budget": 0.3 * 3, "top": 1, "confirm": 1, "steps": 20}, 7),  # 0.9 / 0.1 is 9
    ],
)
def test_a_budget_holds_so_many_trials_like_the_default(changes, trials):
    assert typical_trials(searched(**changes)) == trials


def confirm_run(run_id="confirm", score=1.0, arguments=None):
    return RunRecord(
        rung=Rung.CONFIRM,
        variant=Variant("default"),
        index=0,
        trial=None,
        seed=1,
        arguments={} if arguments is None else arguments,
        run_id=run_id,
        result=None if score is None else result(run_id, score),
    )


def test_trials_in_all():
    trials = tuple(trial(number, 1.0) for number in range(3))
    record = CellRecord(cell=searched(budget=None, trials=9), trials=trials)
    assert count_planned_trials(record) == 9
    budget = replace(record, cell=searched(budget=10.0))
    assert count_planned_trials(budget) == 14
    # What has more than is usual has those; what confirms has no more to come.
    more = tuple(trial(number, 1.0) for number in range(16))
    assert count_planned_trials(replace(budget, trials=more)) == 16
    confirming = replace(budget, runs=(confirm_run(),))
    assert count_planned_trials(confirming) == 3
    assert count_planned_trials(replace(confirming, closed=3)) == 14
    tested = replace(budget, runs=(replace(confirm_run(), rung=Rung.TEST),))
    assert count_planned_trials(tested) == 14
    until = replace(record, cell=searched(budget=None, until=Until(plateau=2), trials=9))
    assert count_planned_trials(replace(until, runs=(confirm_run(),))) == 3


def test_effort_is_that_of_what_has_a_result():
    each = searched(ppo, seeds=2)
    dear = {"n_epochs": 20}
    multiple = relative_to(each, dear, {})
    record = CellRecord(
        cell=each,
        trials=(
            trial(0, 1.0, {}),
            trial(1, 1.0, dear),
            pruned(2, 50, dear),
            pruned(3, 500, {}),
            trial(4, None, {}, Status.FAILED),
            still_open(5),
        ),
        runs=(
            confirm_run(arguments=dear),
            confirm_run("open", None),
            replace(confirm_run("test"), rung=Rung.TEST),
        ),
    )
    trials = [
        (each.number, pytest.approx(full), pytest.approx(real))
        for each, full, real in trial_efforts(record)
    ]
    assert trials == [
        (0, 1.0, 1.0), (1, multiple, multiple), (2, multiple, multiple / 4), (3, 1.0, 1.0),
        (4, 1.0, 1.0),
    ]  # fmt: skip
    # A confirm run has one seed of the two.
    assert sum_effort(record) == pytest.approx(3 + multiple * (1 + 1 / 4 + 1 / 2))
    assert sum_effort(CellRecord(cell=each, runs=record.runs)) == 0.0
    assert trial_efforts(CellRecord(cell=each)) == []
