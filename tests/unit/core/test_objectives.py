"""Several objectives: how they are measured, their fronts, and what is shipped."""

import math
from dataclasses import replace

import pytest
from builders import cell, ladders, result, trial

from harness.core.decisions import plan
from harness.core.decisions.winner import candidates, choose_winner
from harness.core.objectives import (
    by_fronts,
    choose_index,
    clock_objectives,
    front,
    mean_values,
    metric_of,
    preference,
    run_values,
    trial_values,
)
from harness.core.run import DEFAULT, TUNED
from harness.core.run_result import Cost, Evaluation, Status
from harness.core.search_settings import Component, Objective, Preference, Tolerance
from harness.core.settings import Rung

RETURN = Objective(name="return", direction="max")
STEPS = Objective(name="steps_to_threshold", direction="min", threshold=2.0)
WEIGHTS = Objective(name="parameters", direction="min")
SECONDS = Objective(name="inference_time", direction="min")


def searching(*objectives, choose=None, **changes):
    small = cell()
    search = replace(
        small.search,
        objectives=objectives,
        choose=choose,
        pruner=Component(name="none"),
        **changes,
    )
    return replace(small, search=search)


def sized(number, score, weights, **more):
    one = trial(number, score, **more)
    return replace(one, result=replace(one.result, parameters=weights))


def test_the_front_is_what_no_other_point_beats():
    points = [(1.0, 5.0), (2.0, 5.0), (3.0, 9.0), (2.0, 7.0), (2.0, 5.0)]
    assert front([RETURN, WEIGHTS], points) == [1, 2, 4]
    assert front([RETURN, replace(WEIGHTS, direction="max")], points) == [2]


def test_the_best_of_each_objective_come_first_and_then_what_lies_apart():
    points = [(1.0, 1.0), (9.0, 9.0), (8.9, 8.8), (5.0, 5.0), (0.5, 1.0)]
    assert by_fronts([RETURN, WEIGHTS], points) == [0, 1, 3, 2, 4]
    assert by_fronts([RETURN, WEIGHTS], []) == []


def test_a_run_is_measured_in_the_order_of_the_objectives():
    several = searching(WEIGHTS, STEPS, SECONDS, RETURN)
    evaluations = [
        Evaluation(step=step, returns=(value,), lengths=(1,))
        for step, value in ((10, 1.0), (20, 3.0), (30, 2.0))
    ]
    run = replace(
        result("u", 2.5), evaluations=tuple(evaluations), parameters=7, cost=Cost(inference=3e-5)
    )
    assert run_values(several, run, {}, {}) == (7.0, 20.0, pytest.approx(30.0), 2.5)
    never = replace(run, evaluations=tuple(evaluations[:1]), steps=100)
    assert run_values(several, never, {}, {})[1] == 200.0
    for lost in (replace(run, score=None), replace(run, parameters=None)):
        assert run_values(several, lost, {}, {}) is None
    assert clock_objectives(several) == ("inference_time",)


def test_a_trial_of_several_seeds_is_measured_seed_by_seed():
    spread = Objective(name="seeds_spread", direction="min")
    several = searching(RETURN, STEPS, spread, seeds=2)
    # The seeds' evaluations follow one another: 2 at step 20, and never; late scores 3 and 1.
    means = [(10, 1.0), (20, 3.0), (30, 0.0), (40, 1.0)]
    evaluations = tuple(Evaluation(step=s, returns=(m,), lengths=(1,)) for s, m in means)
    run = replace(result("u", 2.0), evaluations=evaluations, steps=40)
    one = replace(trial(1, 2.0), result=run)
    assert trial_values(several, one, {}) == (2.0, (20 + 2 * 20) / 2, pytest.approx(2**0.5))


def test_the_spread_of_runs_of_one_seed_each_is_taken_over_them():
    several = searching(RETURN, Objective(name="seeds_spread", direction="min"), seeds=2)
    runs = [run_values(several, result("u", score), {}, {}) for score in (1.0, 3.0)]
    assert mean_values(several, runs) == (2.0, pytest.approx(2**0.5))
    assert mean_values(several, runs[:1]) is None


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (Tolerance(amount=0.05, is_share=True), 1),
        (Tolerance(amount=0.5, is_share=True), 2),
        (Tolerance(amount=4, is_share=False), 1),
        (Tolerance(amount=0, is_share=False), 0),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_of_those_near_the_best_the_rule_takes_the_best_in_the_other(limit, expected, sign):
    # Of returns below zero, 5 % of the best is 5 % of its size.
    best = 100.0 if sign > 0 else -100.0
    points = [(best, 9.0), (best - 4, 5.0), (best - 50, 1.0), None]
    rule = Preference(limits={"return": limit}, then="parameters")
    assert choose_index(searching(RETURN, WEIGHTS, choose=rule), points) == expected


def test_without_a_rule_the_first_objective_limits_and_the_second_decides():
    assert str(preference(searching(WEIGHTS, RETURN))) == (
        "parameters within 5 % of the best; then return"
    )
    assert choose_index(searching(RETURN, WEIGHTS), [None, None]) is None


def test_the_confirm_rung_compares_the_front():
    several = searching(RETURN, WEIGHTS)
    trials = [sized(0, 0.0, 9), sized(1, 9.0, 90), sized(2, 8.0, 95), sized(3, 1.0, 2)]
    trials.append(sized(4, None, 1, status=Status.FAILED))
    assert [c.variant for c in candidates(several, trials)] == ["default", "trial-1", "trial-3"]


def test_failed_runs_keep_a_candidate_from_being_chosen():
    several = searching(RETURN, WEIGHTS)
    compared = candidates(several, [sized(0, 0, 9), sized(1, 9, 5), sized(2, 5, 1)])
    good, lost = (replace(result("u", score), parameters=5) for score in (9.0, 1.0))
    failed = replace(good, score=None)
    runs = {compared[0].variant: [lost], compared[1].variant: [good], compared[2].variant: [failed]}
    assert choose_winner(several, compared, runs).variant == "trial-1"
    assert choose_winner(several, compared, {name: [failed] for name in runs}).variant == DEFAULT


def test_every_candidate_is_tested_beside_the_winner():
    several = searching(RETURN, Objective(name="effort", direction="min"))
    *_, last = ladders([several], lambda planned: float(planned.trial or 0))
    progress = last[several.name]
    tested = {each.variant for each in progress.planned[Rung.TEST]}
    rivals = {c.variant for c in progress.candidates} - {DEFAULT, progress.winner.variant}
    assert tested == {DEFAULT, TUNED, *rivals}
    assert len(rivals) == plan.most_choices(several) - (progress.winner.variant != DEFAULT)
    assert progress.done


def test_training_time_and_a_users_measure():
    own = Objective(name="own:smooth", direction="max")
    several = searching(RETURN, Objective(name="train_time", direction="min"), own)
    run = replace(
        result("u", 1.0), cost=Cost(learn=30.0), measures={"own:smooth": 0.25, "other": 1.0}
    )
    assert run_values(several, run, {}, {}) == (1.0, 30.0, 0.25)
    # Of several seeds the seconds of one; what is not measured, or no number, is no result.
    assert run_values(several, run, {}, {}, seeds=3) == (1.0, 10.0, 0.25)
    assert run_values(several, replace(run, cost=Cost()), {}, {}) is None
    assert run_values(several, replace(run, measures={"own:smooth": math.nan}), {}, {}) is None
    assert run_values(several, replace(run, measures={}), {}, {}) is None


def test_a_users_measure_is_called_by_its_functions_name():
    own = Objective(name="a/file.py:smooth", direction="max")
    assert (metric_of(own).label, metric_of(own).direction, metric_of(own).clock) == (
        "smooth", "max", False,
    )  # fmt: skip
    assert metric_of(SECONDS).clock
    assert metric_of(WEIGHTS).label == "network parameters"


def test_an_open_trial_has_no_values():
    assert trial_values(searching(RETURN, WEIGHTS), replace(trial(1, 1.0), result=None), {}) is None


def test_means_are_taken_objective_by_objective():
    several = searching(RETURN, WEIGHTS)
    assert mean_values(several, [(1.0, 10.0), (3.0, 20.0)]) == (2.0, 15.0)
    assert mean_values(several, [(1.0, 10.0)]) == (1.0, 10.0)
    assert mean_values(several, []) is None


def test_what_is_crowded_comes_last_in_its_front():
    # One front: the ends, then what lies farthest from its neighbours on all axes together.
    points = [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (6.0, 6.0), (10.0, 10.0)]
    assert by_fronts([RETURN, WEIGHTS], points) == [0, 4, 3, 2, 1]
    equal = [(1.0, 5.0)] * 4
    assert by_fronts([RETURN, WEIGHTS], equal) == [0, 3, 1, 2]
