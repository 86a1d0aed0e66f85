"""Runs: what they train and how much, when they are evaluated, and what they are for."""

from dataclasses import replace

import pytest
from builders import cell, trial

from harness.core.decisions import plan
from harness.core.run import (
    ACROSS,
    DEFAULT,
    TUNED,
    Fault,
    PlannedRun,
    Variant,
    configurations_of,
    ensemble_arguments,
)
from harness.core.search_settings import Component, Search
from harness.core.settings import Rung
from harness.errors import StorageError

HALVING = Component(name="successive_halving", options={"min_share": 0.01, "by_effort": True})


def trial_run(*, effort=1.0, **search):
    settings = {"trials": 4, "steps": 1000, "evals": 4, "episodes": 2}
    searched = cell(search=Search(**settings | search))
    return plan.plan_trial(searched, 1, {"lr": 0.1}, (), effort=effort).run


def test_a_trial_of_several_seeds_is_one_run_for_each():
    run = trial_run(seeds=3, over_seeds="iqm")
    assert (run.trainings, run.planned_steps) == (3, 3000)
    assert len({part.seed for part in run.parts}) == 3
    assert len({part.schedule.seed for part in run.parts}) == 3
    assert all(part.replicas == () for part in run.parts)
    first, *_ = run.parts
    assert (first.seed, first.arguments, first.steps) == (run.seed, run.arguments, 1000)
    one = trial_run()
    assert (one.parts, one.trainings, one.planned_steps) == ((one,), 1, 1000)


def test_an_ensemble_trains_each_of_its_members():
    run = plan.retrain(cell(), ensemble_arguments([{"lr": 1}, {"lr": 2}]), 5)
    assert (run.trainings, run.planned_steps) == (2, 2 * run.steps)
    changed = ensemble_arguments([{"lr": 1, "scenario": {"n_envs": 4}}, {"lr": 2}])
    members = plan.retrain(cell(), changed, 5).members
    assert [each.scenario.n_envs for each in members] == [4, 1]


@pytest.mark.parametrize(
    ("arguments", "configurations"),
    [
        ({"lr": 1}, ({"lr": 1},)),
        ({}, ({},)),
        ({"ensemble": [{"lr": 1}, {}]}, ({"lr": 1}, {})),
        ({"ensemble": []}, ({"ensemble": []},)),
        ({"ensemble": [{}], "lr": 1}, ({"ensemble": [{}], "lr": 1},)),
    ],
)
def test_the_configurations_of_an_ensemble(arguments, configurations):
    assert configurations_of(arguments) == configurations


def test_a_pruners_rungs_are_evaluations_that_no_score_counts():
    run = trial_run(pruner=HALVING)
    assert run.evaluation_steps == (10, 40, 160, 250, 500, 640, 750, 1000)
    means = [10, 40, 160, 250, 500, 640, 750, 1000]
    assert run.even_evaluations(means) == [250, 500, 750, 1000]
    assert run.even_evaluations(means[:4]) == [250]
    assert run.even_evaluations(means[:2]) == [10, 40]  # there is no other yet
    dear = trial_run(pruner=HALVING, effort=2.0)
    assert dear.evaluation_steps[:2] == (5, 20)
    plain = replace(run, pruning=None)
    assert plain.evaluation_steps == (250, 500, 750, 1000)
    assert plain.even_evaluations([1, 2, 3, 4]) == [1, 2, 3, 4]


def test_a_planned_run_says_what_it_is_for():
    planned = PlannedRun(run=trial_run(), cell="toy@Toy-v0", rung=Rung.TEST, variant=TUNED, index=3)
    assert planned.key == ("toy@Toy-v0", "test", "tuned", 3)
    assert str(planned) == "toy@Toy-v0 test tuned #3"
    assert planned.is_held_out
    assert not replace(planned, rung=Rung.TRANSFER).is_held_out
    assert replace(planned, rung=Rung.TRANSFER, variant=ACROSS).is_held_out


@pytest.mark.parametrize(
    ("variant", "is_searched"),
    [(TUNED, True), (Variant("trial-3"), True), (DEFAULT, False), (ACROSS, False)],
)
def test_what_a_search_chose_is_known_once_it_has_ended(variant, is_searched):
    assert variant.is_searched is is_searched


def test_a_fault_is_that_of_the_first_run_unless_it_says_so():
    assert (Fault(message="x").run, Fault(message="x").is_note) == (0, False)


def test_a_rule_of_a_pruner_counts_a_trial_as_the_default():
    rule = plan.plan_trial(cell(), 1, {}, ()).run.pruning
    assert (rule.effort, rule.number, rule.finished) == (1.0, 1, ())


def test_a_finished_trial_that_has_no_result_cannot_be_suggested_from():
    lost = replace(trial(3, 1.0), result=None)
    with pytest.raises(StorageError, match="the result of trial 3 is missing"):
        plan.curve(lost)
    curve = plan.curve(trial(3, 1.0))
    assert (curve.number, curve.state, curve.score, curve.means) == (3, "complete", 1.0, (1.0,))


def test_a_study_has_the_name_of_its_campaign_and_cell():
    assert plan.study_name("camp", cell()) == "camp/toy@Toy-v0"
