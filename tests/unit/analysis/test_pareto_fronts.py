"""The compromises of a search of several objectives: its trials, and variants on held-out seeds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import cell, run_record, trial

from harness.analysis.searches.pareto_fronts import pareto_front
from harness.analysis.variant_scores import variant_scores
from harness.core.objectives import preference
from harness.core.record import CellRecord
from harness.core.run import DEFAULT, TUNED, Variant
from harness.core.run_result import Cost, Status
from harness.core.search_settings import Component, Objective
from harness.core.settings import Rung

RETURN = Objective(name="return", direction="max")
WEIGHTS = Objective(name="parameters", direction="min")
SECONDS = Objective(name="inference_time", direction="min")
SPREAD = Objective(name="seeds_spread", direction="min")
FIRST, SECOND, LOST = (Variant.of_trial(number) for number in (1, 2, 4))


def searching(*objectives):
    small = cell()
    search = replace(small.search, objectives=objectives, pruner=Component(name="none"))
    return replace(small, search=search)


def sized(record, weights):
    """A trial or run whose networks have so many weights, and whose actions take 2 microseconds."""
    result = replace(record.result, parameters=weights, cost=Cost(inference=2e-6))
    return replace(record, result=result)


def trained(variant, scores, weights, number=None, rung=Rung.TEST):
    runs = [run_record(n, score, variant=variant, rung=rung) for n, score in enumerate(scores)]
    return [replace(sized(run, weights), trial=number) for run in runs]


TRIALS = (
    sized(trial(0, 1.0), 5), sized(trial(1, 3.0), 9), sized(trial(2, 2.0), 9),
    trial(3, None, status=Status.FAILED), trial(4, 9.0),
)  # fmt: skip
RUNS = (
    *trained(SECOND, (4.0, 4.0), 9, number=2),
    *trained(LOST, (None, None, None), 1, number=4),
    *trained(DEFAULT, (1.0, 3.0), 5),
    *trained(TUNED, (5.0, 7.0, None), 9, number=1),
    *trained(FIRST, (99.0, 99.0), 1, number=1, rung=Rung.CONFIRM),
)


def found(*objectives, winner=FIRST, trials=TRIALS, runs=RUNS):
    settings = searching(*objectives)
    return pareto_front(CellRecord(cell=settings, trials=trials, runs=runs, winner=winner))


def test_one_objective_or_no_trial_has_no_front():
    assert found() is None
    assert found(RETURN, WEIGHTS, trials=()) is None


def test_trials_that_were_measured_lie_on_the_front_or_below():
    points = found(RETURN, WEIGHTS).searched
    assert [(each.trial, each.values, each.on_front) for each in points] == [
        (0, (1.0, 5.0), True), (1, (3.0, 9.0), True), (2, (2.0, 9.0), False),
    ]  # fmt: skip


def test_variants_on_held_out_seeds_come_by_the_first_objective_the_front_before_the_rest():
    points = found(RETURN, WEIGHTS).tested
    assert [(p.variant, p.trial, p.on_front, p.finished, p.planned, p.shipped) for p in points] == [
        ("tuned", 1, True, 2, 3, True),
        ("default", None, True, 2, 2, False),
        ("trial-2", 2, False, 2, 2, False),
        ("trial-4", 4, False, 0, 3, False),
    ]
    returns, weights = points[0].means
    assert returns.value == 6.0
    assert (weights.value, weights.low, weights.high) == (9.0, None, None)
    assert [each.value for each in points[3].means] == [None, None]
    by_weights = found(WEIGHTS, RETURN).tested
    assert [each.variant for each in by_weights] == ["default", "tuned", "trial-2", "trial-4"]


def test_the_mean_return_has_the_interval_of_the_leaderboard():
    runs = (*RUNS[:5], *trained(TUNED, (1.0, 7.0, 6.0, 6.5), 9, number=1))
    front = found(RETURN, WEIGHTS, runs=runs)
    tuned = next(each for each in front.tested if each.variant == TUNED).means[0]
    row = variant_scores(TUNED, runs[5:])
    assert (tuned.value, tuned.low, tuned.high) == (row.mean, row.low, row.high)


def test_a_default_that_is_shipped_is_there_once():
    points = found(RETURN, WEIGHTS, winner=DEFAULT).tested
    assert {each.variant: each.shipped for each in points} == {
        "default": True, "trial-2": False, "trial-4": False,
    }  # fmt: skip


def test_a_spread_over_seeds_has_no_interval_of_its_own():
    tuned = next(each for each in found(RETURN, SPREAD).tested if each.variant == "tuned")
    assert tuned.means[1].value == pytest.approx(2**0.5)
    assert (tuned.means[1].low, tuned.means[1].high) == (None, None)
    assert tuned.means[0].low is not None


def test_axes_say_what_they_are_and_which_a_clock_tells():
    front = found(RETURN, SECONDS)
    assert [(axis.name, axis.label, axis.direction, axis.clock) for axis in front.axes] == [
        ("return", "return", "max", False),
        ("inference_time", "µs per action", "min", True),
    ]
    assert front.clocks == ("inference_time",)
    assert front.rule == str(preference(searching(RETURN, SECONDS)))
    assert front.searched[0].values == pytest.approx((1.0, 2.0))
