"""Ensembles: who is in them, when they are tested, how their work is counted."""

from dataclasses import replace

import pytest
from builders import cell, result, trial

from harness.core.costs.effort import effort, evaluation
from harness.core.decisions import plan
from harness.core.ladder import advance
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Ensemble
from harness.core.progress.ladder_progress import History
from harness.core.progress.remaining import Span, remaining
from harness.core.progress.run_counts import counts_of
from harness.core.run import configurations_of, ensemble_arguments
from harness.core.settings import Confirm, Test


def ensemble_cell(size=3, **changes):
    tested = Test(
        seeds=4, steps=200, evals=4, episodes=2, variants=("default", "tuned", "together")
    )
    ensembles = (Ensemble(name="together", size=size),)
    return cell(test=tested, confirm=Confirm(top=2, seeds=2), ensembles=ensembles, **changes)


def decided(asked, scores, confirm_scores):
    """The cell after a search with these scores and a confirm rung with these means."""
    default = cell_arguments.default_arguments(asked)
    trials = tuple(trial(n, score, default if n == 0 else None) for n, score in enumerate(scores))
    confirming = advance(asked, History(trials=trials))
    results = {
        run_id: result(run_id, confirm_scores[each.variant])
        for run_id, each in confirming.runs.items()
        if each.rung == "confirm"
    }
    results |= {each.run.id: result(each.run.id) for each in confirming.planned["search"]}
    return confirming, advance(asked, History(trials=trials, results=results))


def ensemble_runs(progress):
    return [each for each in progress.planned["test"] if each.variant == "together"]


SCORES = (1.0, 4.0, 6.0, 5.0, 2.0, 3.0)


def test_members_are_the_best_of_the_confirm_rung_and_then_those_of_the_search():
    confirmed = {"default": 5.0, "trial-2": 1.0, "trial-3": 9.0}
    before, after = decided(ensemble_cell(5), SCORES, confirmed)
    assert ensemble_runs(before) == []
    runs = ensemble_runs(after)
    assert len(runs) == 4
    lr = [each.get("lr") for each in configurations_of(runs[0].run.arguments)]
    # The default gives the constructor nothing; the trials' arguments name their numbers.
    assert lr == [1e-3, None, 1e-2, 1e-1, 1e-5]


def test_what_never_had_a_score_on_the_confirm_seeds_is_in_no_ensemble():
    confirmed = {"default": 5.0, "trial-2": None, "trial-3": 9.0}
    _, after = decided(ensemble_cell(3), SCORES, confirmed)
    members = configurations_of(ensemble_runs(after)[0].run.arguments)
    assert [each.get("lr") for each in members] == [1e-3, None, 1e-1]


def test_a_cell_with_fewer_configurations_has_a_smaller_ensemble():
    _, after = decided(
        ensemble_cell(9), SCORES, dict.fromkeys(("default", "trial-2", "trial-3"), 1)
    )
    assert len(configurations_of(ensemble_runs(after)[0].run.arguments)) == 6


def test_members_train_with_seeds_of_the_test_and_meet_the_ensembles_episodes():
    run = plan.retrain(cell(), ensemble_arguments([{"lr": 0.1}, {"lr": 0.2}]), 5)
    other = plan.retrain(cell(), ensemble_arguments([{"lr": 0.1}, {"lr": 0.2}]), 6)
    seeds = [each.seed for each in (*run.members, *other.members)]
    assert len({*seeds, 5, 6}) == 6
    assert all(seed in range(2 * 2**29, 3 * 2**29) for seed in seeds)
    assert {each.schedule for each in run.members} == {run.schedule}
    assert [each.arguments for each in run.members] == [{"lr": 0.1}, {"lr": 0.2}]
    assert plan.retrain(cell(), {"lr": 0.1}, 5).members == ()


def test_a_run_of_an_ensemble_is_as_much_work_as_its_members():
    run = plan.retrain(cell(), ensemble_arguments([{"lr": 0.1}, {"lr": 0.2}, {}]), 5)
    assert run.planned_steps == 3 * run.steps
    assert effort(run) == pytest.approx(sum(map(effort, run.members)))
    assert effort(run, 300) == pytest.approx(3 * effort(run.members[0], 100))
    assert evaluation(run) > sum(map(evaluation, run.members))


def test_what_remains_counts_ensembles_before_and_after_they_are_known():
    asked = ensemble_cell(3)
    confirmed = dict.fromkeys(("default", "trial-2", "trial-3"), 1.0)
    start = remaining(counts_of({"cell": advance(asked, History())})["cell"])
    assert start.test == Span(least=8, most=12)
    assert start.more_trainings == Span(least=0, most=8)
    _, after = decided(asked, SCORES, confirmed)
    # The default has won: the tuned runs are its own.
    left = remaining(counts_of({"cell": after})["cell"])
    assert left.test == Span(least=8, most=8)
    assert left.more_trainings == Span(least=8, most=8)
    assert left.trainings["test"] == Span(least=16, most=16)


def test_an_ensemble_that_the_test_does_not_name_is_not_trained():
    asked = ensemble_cell(3)
    plain = replace(asked, test=replace(asked.test, variants=("default", "tuned")))
    _, after = decided(plain, SCORES, dict.fromkeys(("default", "trial-2", "trial-3"), 1.0))
    assert ensemble_runs(after) == []
    assert remaining(counts_of({"cell": after})["cell"]).more_trainings.most == 0
