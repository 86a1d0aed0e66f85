"""A campaign's numbers depend on neither workers nor order nor crashes."""

import contextlib
import dataclasses

import pytest
from builders import cell
from fakes import Crash, FakeExecutor, services
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sweeps import examples

from harness.analysis import export_csv
from harness.campaign import RunOptions, run_campaign
from harness.campaign.campaign_records import record
from harness.core.events import RunFinished, RunStarted
from harness.core.matrix import Matrix
from harness.core.scenario import Scenario
from harness.core.search_settings import Component, Search
from harness.core.settings import Confirm, Test
from harness.errors import CampaignChangedError

SCORES = ("scores.csv", "trials.csv", "evaluations.csv")


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


@pytest.fixture
def campaign(tmp_path_factory):
    """Runs a matrix on a fake executor in a folder of its own and returns the exported bytes."""

    def start(matrix, workers, seed, folder=None, listener=lambda event: None, budget=None):
        folder = folder or tmp_path_factory.mktemp("campaign")
        executor = FakeExecutor(seed)
        options = RunOptions(
            workers=workers, runs=folder / "runs", reports=folder / "reports", budget=budget
        )
        outcome = run_campaign(matrix, options, listener, services(executor))
        export_csv(record("camp", folder / "runs"), folder / "csv")
        exported = {name: (folder / "csv" / name).read_bytes() for name in SCORES}
        return exported, executor, outcome, folder

    return start


@pytest.mark.parametrize("in_flight", [1, 2, 4])
def test_workers_and_finishing_order_change_nothing(campaign, in_flight):
    asked = matrix(in_flight=in_flight)
    undisturbed, executor, outcome, _ = campaign(asked, workers=1, seed=0)
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
    """Each crash dies at some event; the same command continues."""
    undisturbed, *_ = campaign(matrix(), workers=1, seed=0)
    folder = tmp_path_factory.mktemp("crashing")
    recorded: list[str] = []
    for place, after in enumerate(crashes):
        countdown = [after]

        def die(event, countdown=countdown):
            if isinstance(event, RunFinished):
                recorded.append(event.result.run_id)
            if isinstance(event, RunFinished | RunStarted):
                countdown[0] -= 1
                if countdown[0] <= 0:
                    raise Crash

        with contextlib.suppress(Crash):
            campaign(matrix(), workers, seed=place, folder=folder, listener=die)
    finished, executor, outcome, _ = campaign(matrix(), workers, seed=99, folder=folder)
    assert finished == undisturbed
    assert not outcome.unfinished
    assert not set(executor.started) & set(recorded)


@pytest.mark.parametrize("budgets", [(0.0,), (0.1, 0.4, 0.2)])
def test_budgets_that_cut_a_campaign_change_nothing_in_the_end(campaign, tmp_path_factory, budgets):
    undisturbed, *_ = campaign(matrix(), workers=2, seed=0)
    folder = tmp_path_factory.mktemp("cut")
    for seed, budget in enumerate(budgets):
        *_, outcome, _ = campaign(matrix(), 2, seed=seed, folder=folder, budget=budget)
        if outcome.unfinished:
            assert (outcome.status, outcome.exit_code) == ("partial", 0)
            assert {each.cell for each in outcome.unfinished} <= {"toy@A-v0", "toy@B-v0"}
            assert outcome.remaining.most
    finished, _, outcome, _ = campaign(matrix(), 2, seed=99, folder=folder)
    assert finished == undisturbed
    assert (outcome.status, outcome.unfinished) == ("complete", ())


def test_a_rerun_repeats_nothing(campaign):
    first, _, _, folder = campaign(matrix(), workers=2, seed=0)
    second, executor, _, _ = campaign(matrix(), workers=2, seed=1, folder=folder)
    assert second == first
    assert executor.started == []


def test_more_trials_and_seeds_add_only_runs(campaign):
    _, before, _, folder = campaign(matrix(trials=6, seeds=4), workers=2, seed=0)
    grown, after, _, _ = campaign(matrix(trials=9, seeds=6), workers=2, seed=1, folder=folder)
    assert not set(after.started) & set(before.started)
    fresh, *_ = campaign(matrix(trials=9, seeds=6), workers=3, seed=2)
    assert grown == fresh


def test_a_changed_identity_is_refused_with_what_changed(campaign):
    _, _, _, folder = campaign(matrix(), workers=2, seed=0)
    with pytest.raises(CampaignChangedError, match=r"toy@A-v0: search.steps: 100 -> 200") as caught:
        campaign(matrix(steps=200), workers=2, seed=0, folder=folder)
    assert "--set name=" in caught.value.help
    assert "--accept-changes" in caught.value.help


def test_failures_are_recorded_and_not_scored(campaign):
    exported, *_ = campaign(matrix(trials=20), workers=2, seed=0)
    rows = exported["scores.csv"].decode().splitlines()
    failed = [row for row in rows if "NaN in the reward" in row]
    assert failed
    assert all("failed" in row and "diverged" in row for row in failed)
