"""A campaign's numbers depend on neither workers nor order nor crashes."""

import dataclasses

import pytest
from builders import cell
from fakes import play_with_crashes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sweeps import examples

from harness.core.events import RunFinished, RunStarted
from harness.core.matrix import Matrix
from harness.core.scenario import Scenario
from harness.core.search_settings import Component, Search
from harness.core.settings import Confirm, Test
from harness.errors import CampaignChangedError


def matrix(trials=7, in_flight=2, seeds=4, steps=100, sampler="tpe"):
    def toy(name, **changes):
        base = cell(
            scenario=Scenario(name=name, env=name, action="Discrete"),
            search=Search(
                trials=trials,
                steps=steps,
                evals=5,
                episodes=2,
                in_flight=in_flight,
                sampler=Component(name=sampler, options={"n_startup_trials": 3}),
                pruner=Component(name="median", options={"n_startup_trials": 2}),
            ),
            confirm=Confirm(top=2, seeds=2),
            test=Test(seeds=seeds, steps=100, evals=4, episodes=2),
        )
        return dataclasses.replace(base, **changes)

    return Matrix(name="camp", cells=(toy("A-v0"), toy("B-v0")), seed=7)


@pytest.mark.parametrize("in_flight", [1, 2, 4])
def test_workers_and_finishing_order_change_nothing(campaign, in_flight):
    asked = matrix(in_flight=in_flight)
    undisturbed, executor, outcome, *_ = campaign(asked, workers=1)
    assert not outcome.unfinished
    assert len(executor.started) == len(set(executor.started))
    for workers, seed in [(2, 1), (3, 2), (7, 3)]:
        again, *_ = campaign(asked, workers=workers, seed=seed)
        assert again == undisturbed


@settings(max_examples=examples(4, 40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crashes=st.lists(st.integers(1, 12), max_size=5), workers=st.integers(1, 4))
def test_crashes_change_nothing_and_repeat_nothing_that_was_recorded(
    campaign, tmp_path_factory, crashes, workers
):
    undisturbed = campaign(matrix(), workers=1).files
    folder = tmp_path_factory.mktemp("crashing")
    moments = (RunFinished, RunStarted)
    end = play_with_crashes(matrix(), folder, crashes, workers=workers, moments=moments)
    assert end.files == undisturbed
    assert not end.outcome.unfinished


@pytest.mark.parametrize("budgets", [(0.0,), (0.1, 0.4, 0.2)])
def test_budgets_that_cut_a_campaign_change_nothing_in_the_end(campaign, tmp_path_factory, budgets):
    undisturbed = campaign(matrix()).files
    folder = tmp_path_factory.mktemp("cut")
    for seed, budget in enumerate(budgets):
        outcome = campaign(matrix(), folder, seed=seed, budget=budget).outcome
        if outcome.unfinished:
            assert (outcome.status, outcome.exit_code) == ("partial", 0)
            assert {each.cell for each in outcome.unfinished} <= {"toy@A-v0", "toy@B-v0"}
            assert outcome.remaining.most
    finished, _, outcome, *_ = campaign(matrix(), folder, seed=99)
    assert finished == undisturbed
    assert (outcome.status, outcome.unfinished) == ("complete", ())


def test_a_rerun_repeats_nothing(campaign):
    first = campaign(matrix())
    second = campaign(matrix(), first.folder, seed=1)
    assert second.files == first.files
    assert second.executor.started == []


def test_more_trials_and_seeds_add_only_runs(campaign):
    before = campaign(matrix(trials=6, seeds=4))
    after = campaign(matrix(trials=9, seeds=6), before.folder, seed=1)
    assert not set(after.executor.started) & set(before.executor.started)
    assert after.files == campaign(matrix(trials=9, seeds=6), workers=3, seed=2).files


def test_a_changed_identity_is_refused_with_what_changed(campaign):
    folder = campaign(matrix()).folder
    with pytest.raises(CampaignChangedError, match=r"toy@A-v0: search.steps: 100 -> 200") as caught:
        campaign(matrix(steps=200), folder)
    assert "--set name=" in caught.value.help
    assert "--accept-changes" in caught.value.help


def test_failures_are_recorded_and_not_scored(campaign):
    exported = campaign(matrix(trials=20)).files
    rows = exported["scores.csv"].decode().splitlines()
    failed = [row for row in rows if "NaN in the reward" in row]
    assert failed
    assert all("failed" in row and "diverged" in row for row in failed)
