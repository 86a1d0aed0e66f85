"""The ladder as pure functions."""

from dataclasses import replace

import pytest
from builders import cell, result, trial

from harness.core import plan
from harness.core.domain import PowerOfTwo
from harness.core.ladder import candidates, choose_winner
from harness.core.matrix import NamedConfiguration
from harness.core.record import Status
from harness.core.settings import Confirm, Rung, Test
from harness.core.space import Parameter, Space


def variants(compared):
    return [candidate.variant for candidate in compared]


def test_candidates_are_the_default_and_the_best_distinct_complete_trials():
    trials = [
        trial(0, 50.0, arguments={}),
        trial(1, 10.0),
        trial(2, 30.0),
        trial(3, 99.0, status=Status.PRUNED),
        trial(4, None, status=Status.FAILED),
        trial(5, 20.0),
    ]
    assert variants(candidates(cell(), trials)) == ["default", "trial-2", "trial-5"]


def test_the_same_configuration_is_confirmed_once_and_the_default_not_twice():
    trials = [
        trial(0, 1.0, arguments={}),
        trial(1, 9.0, arguments={"lr": 1}),
        trial(2, 8.0, arguments={"lr": 1}),
        trial(3, 7.0, arguments={}),
        trial(4, 6.0, arguments={"lr": 2}),
    ]
    assert variants(candidates(cell(), trials)) == ["default", "trial-1", "trial-4"]


def test_ties_go_to_the_earlier_trial():
    trials = [trial(n, 5.0) for n in range(6)]
    assert variants(candidates(cell(), trials)) == ["default", "trial-1", "trial-2"]


def test_a_search_in_which_all_failed_leaves_the_default():
    trials = [trial(n, None, status=Status.FAILED) for n in range(6)]
    assert variants(candidates(cell(), trials)) == ["default"]


@pytest.fixture
def three():
    return candidates(cell(), [trial(n, float(n)) for n in range(6)])


def results(scores):
    return {
        variant: [
            result("u", score, Status.FAILED if score is None else Status.COMPLETE) for score in row
        ]
        for variant, row in scores.items()
    }


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({"default": [1, 1], "trial-5": [2, 4], "trial-4": [3, 2]}, "trial-5"),
        ({"default": [5, 5], "trial-5": [2, 4], "trial-4": [3, 2]}, "default"),
        ({"default": [3, 3], "trial-5": [3, 3], "trial-4": [3, 3]}, "default"),
        ({"default": [1, 1], "trial-5": [99, None], "trial-4": [2, 2]}, "trial-4"),
        ({"default": [None, None], "trial-5": [None, 1], "trial-4": [None, 2]}, "trial-4"),
    ],
)
def test_the_best_mean_wins_and_failures_lose(three, scores, expected):
    assert choose_winner(three, results(scores)).variant == expected


def test_confirm_trains_every_candidate_on_the_same_fresh_seeds(three):
    runs = plan.plan_confirm(cell(), three)
    assert len(runs) == 3 * 2
    by_variant = {}
    for planned in runs:
        by_variant.setdefault(planned.variant, []).append(planned.run.seed)
    assert len(set(map(tuple, by_variant.values()))) == 1
    assert not set(by_variant["default"]) & set(plan.search_seeds(cell()))


def test_variants_differ_in_nothing_but_their_arguments(three):
    """An unfair comparison cannot be planned."""
    named = cell(
        variants=(NamedConfiguration(name="published", arguments={"lr": 0.5}),),
        test=Test(
            seeds=3, steps=200, evals=4, episodes=2, variants=("default", "tuned", "published")
        ),
    )
    runs = plan.plan_test(named, three[1])
    assert [p.variant for p in runs] == ["default"] * 3 + ["tuned"] * 3 + ["published"] * 3
    for a, b, c in zip(runs[:3], runs[3:6], runs[6:], strict=True):
        assert replace(a.run, arguments={}) == replace(b.run, arguments={})
        assert replace(a.run, arguments={}) == replace(c.run, arguments={})


def test_a_default_that_won_is_trained_once(three):
    runs = plan.plan_test(cell(), three[0])
    assert len(runs) == 8
    assert len({planned.run.id for planned in runs}) == 4


def test_without_a_winner_only_what_depends_on_nothing_is_planned():
    assert {planned.variant for planned in plan.plan_test(cell(), None)} == {"default"}


def test_adding_seeds_adds_only_runs(three):
    few = {p.run.id for p in plan.plan_test(cell(), three[1])}
    more = cell(test=Test(seeds=6, steps=200, evals=4, episodes=2))
    assert few < {p.run.id for p in plan.plan_test(more, three[1])}
    wide = cell(confirm=Confirm(top=2, seeds=5))
    few = {p.run.id for p in plan.plan_confirm(cell(), three)}
    assert few < {p.run.id for p in plan.plan_confirm(wide, three)}


def test_given_seeds_are_taken_as_they_are(three):
    own = cell(test=Test(seeds=(100, 101), steps=200))
    assert [p.run.seed for p in plan.plan_test(own, None)] == [100, 101]


def test_a_trial_carries_the_told_trials_as_its_pruning_rule():
    planned = plan.plan_trial(cell(), 3, {"lr": 1}, [trial(0, 1.0), trial(1, 2.0)])
    rule = planned.run.pruning
    assert planned.rung is Rung.SEARCH
    assert rule.study == cell().study_digest()
    assert [curve.number for curve in rule.finished] == [0, 1]
    assert rule.finished[1].means == (2.0,)


def test_the_default_is_the_library_with_what_the_matrix_fixes():
    fixed = cell(arguments={"lr": 0.5, "policy_kwargs": {"ortho_init": False}})
    arguments = plan.arguments_of(fixed, {"net": "big", "lr": 1e-3})
    assert arguments["lr"] == 0.5
    assert arguments["net"] == "big"
    assert candidates(fixed, [])[0].arguments == fixed.arguments


def test_merge_lays_nested_mappings_over_one_another():
    below = {"a": {"x": 1, "y": 2}, "b": 1}
    assert plan.merge(below, {"a": {"y": 3}, "c": 4}) == {"a": {"x": 1, "y": 3}, "b": 1, "c": 4}
    assert below == {"a": {"x": 1, "y": 2}, "b": 1}


def test_rules_see_what_the_matrix_fixes():
    """A searched batch size has to divide a fixed rollout."""

    def fit(values, context):
        return values | {"batch_size": min(values["batch_size"], values["n_steps"])}

    tied = Space(
        parameters=(Parameter(name="batch_size", domain=PowerOfTwo(low=8, high=512), default=64),),
        rules=(fit,),
    )
    fixed = cell(space=tied, arguments={"n_steps": 128})
    assert plan.arguments_of(fixed, {"batch_size": 512}) == {"batch_size": 128, "n_steps": 128}
