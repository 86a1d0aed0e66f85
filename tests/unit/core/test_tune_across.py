"""One configuration for all scenarios: which candidate it is, and what of it is trained."""

from dataclasses import replace

import pytest
from builders import cell, cell_of

from harness.core.decisions import plan
from harness.core.decisions.transfer import ShippedConfiguration, plan_transfer, sources
from harness.core.decisions.tune_across import (
    choose_across,
    normalise_means,
    plan_across,
    plan_default,
)
from harness.core.learner_arguments import cell_arguments
from harness.core.run import ACROSS
from harness.core.scenario import Scenario, Score
from harness.core.settings import Rung, Transfer


def scenario(random, reference):
    ends = [
        None if value is None else Score(value=value, source="") for value in (random, reference)
    ]
    return Scenario(name="A", env="A", action="Discrete", random=ends[0], reference=ends[1])


@pytest.mark.parametrize(
    ("by", "means", "choice"),
    [
        ("mean", {"default": (0.5, 0.5), "a": (1.0, 0.1), "b": (0.4, 0.4)}, "a"),
        ("worst", {"default": (0.4, 0.5), "a": (1.0, 0.1), "b": (0.6, 0.45)}, "b"),
        ("mean", {"default": (0.5, 0.5), "a": (0.4, 0.6)}, "default"),  # a tie
        ("mean", {"default": (0.1, 0.1), "a": (None, 9.0), "b": (0.2, 0.2)}, "b"),
        ("worst", {"default": (0.1, None), "a": (0.0, 0.0)}, "a"),
        ("mean", {"default": (0.1, None), "a": (None, 0.0)}, "default"),
    ],
)
def test_the_best_in_all_scenarios_is_chosen(by, means, choice):
    scenarios = [{name: each[index] for name, each in means.items()} for index in (0, 1)]
    assert choose_across(scenarios, by) == choice


def test_scores_are_normalised_by_fixed_references():
    scores = {"default": [-150.0, -50.0], "a": [0.0, None], "b": []}
    assert normalise_means(scenario(-200.0, 0.0), scores) == {"default": 0.5, "a": None, "b": None}
    for ends in [(None, 1.0), (1.0, None), (1.0, 1.0)]:
        assert normalise_means(scenario(*ends), scores) == dict.fromkeys(scores)


def test_the_own_winner_is_a_candidate_where_one_configuration_is_asked_for():
    asked = cell_of("toy@A-v0", transfer=Transfer(seeds=2, tune_across="mean"))
    other = cell_of("toy@B-v0")
    assert sources(asked, [asked, other]) == (asked, other)
    without = replace(asked, transfer=Transfer(seeds=2))
    assert sources(without, [without, other]) == (other,)


def test_what_a_cell_ships_itself_is_tested_by_the_runs_of_its_test():
    own = cell(transfer=Transfer(seeds=2, tune_across="mean"))
    values = {"lr": 0.01, "net": "big"}
    arguments = cell_arguments.arguments_of(own, values)
    shipped = ShippedConfiguration(cell=own, values=values, trial=3)
    held_out = [plan.retrain(own, arguments, seed).id for seed in plan.test_seeds(own)[:3]]
    tested = plan_across(own, shipped, 3)
    assert [each.run.id for each in tested] == held_out
    assert {(each.rung, each.variant) for each in tested} == {(Rung.TRANSFER, ACROSS)}
    fresh = {each.run.seed for each in (*plan_default(own), *plan_transfer(own, shipped))}
    assert not fresh & set(plan.test_seeds(own))
    default = plan_across(own, None, 1)
    assert [each.run.id for each in default] == [plan.plan_test(own, None, 1)[0].run.id]
