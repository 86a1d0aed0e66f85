"""Cells that wait for one another: seeds added after looks, winners that travel."""

import dataclasses
import hashlib
import math
import random

import pytest
from builders import cell
from fakes import play_with_crashes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from virtual import Night

from harness import analysis
from harness.core.events import InterimAnalysisDone, RunFinished, RunStarted
from harness.core.matrix import Matrix
from harness.core.progress.campaign_progress import CampaignProgress, add_event
from harness.core.progress.remaining import Span
from harness.core.run_result import RunResult, Status
from harness.core.scenario import Scenario
from harness.core.search_settings import Component, Search
from harness.core.settings import Adaptive, Confirm, Test, Transfer

RULE = Adaptive(start=4, step=3, max=12)


def toy(name, *, seeds=RULE, transfer=2, trials=5, **changes):
    return cell(
        scenario=Scenario(name=name, env=name, action="Discrete"),
        search=Search(
            trials=trials,
            steps=100,
            evals=3,
            episodes=2,
            in_flight=2,
            sampler=Component(name="random"),
        ),
        confirm=Confirm(top=1, seeds=2),
        test=Test(seeds=seeds, steps=100, evals=2, episodes=2),
        transfer=Transfer(seeds=transfer),
        **changes,
    )


def matrix(**changes):
    cells = tuple(toy(name, **changes) for name in ("A-v0", "B-v0", "C-v0"))
    return Matrix(name="camp", cells=cells, seed=7)


def seeds_of(found):
    """Cell -> held-out seeds per variant."""
    return {
        each.name: len({run.index for run in each.runs if run.rung == "test"})
        for each in found.cells
    }


def test_workers_and_finishing_order_change_nothing(campaign):
    undisturbed, _, outcome, found, _ = campaign(matrix(), workers=1)
    assert (outcome.remaining, outcome.status) == (Span(least=0, most=0), "complete")
    assert len(set(seeds_of(found).values())) > 1  # some cells were decided sooner than others
    for workers, seed in [(2, 1), (7, 2)]:
        assert campaign(matrix(), workers=workers, seed=seed).files == undisturbed


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(crashes=st.lists(st.integers(1, 60), min_size=1, max_size=4), workers=st.integers(1, 4))
def test_crashes_between_looks_change_nothing_and_repeat_nothing(
    campaign, tmp_path_factory, crashes, workers
):
    undisturbed = campaign(matrix(), workers=1).files
    folder = tmp_path_factory.mktemp("crashing")
    moments = (RunFinished, RunStarted, InterimAnalysisDone)
    end = play_with_crashes(matrix(), folder, crashes, workers=workers, moments=moments)
    assert end.files == undisturbed
    assert not end.outcome.unfinished


def test_a_higher_maximum_adds_only_runs_and_ends_as_if_it_had_been_there(campaign):
    before = campaign(matrix(seeds=Adaptive(start=4, step=3, max=7)))
    after = campaign(matrix(), before.folder)
    assert after.executor.started
    assert not set(after.executor.started) & set(before.executor.started)
    assert after.files == campaign(matrix(), workers=3, seed=5).files


def test_what_is_no_longer_asked_for_is_no_longer_shown(campaign):
    *_, found, folder = campaign(matrix())
    assert any(run.rung == "transfer" for each in found.cells for run in each.runs)
    _, executor, _, found, _ = campaign(matrix(seeds=4, transfer=0), folder)
    assert executor.started == []
    assert not any(run.rung == "transfer" for each in found.cells for run in each.runs)
    assert set(seeds_of(found).values()) == {4}


def test_every_winner_is_trained_on_every_other_scenario(campaign):
    found = campaign(matrix()).record
    for each in found.cells:
        runs = [run for run in each.runs if run.rung == "transfer"]
        others = {other.name for other in found.cells} - {each.name}
        assert {(run.variant, run.index) for run in runs} == {
            (o, i) for o in others for i in (0, 1)
        }
        assert all(each_run.result is not None for each_run in runs)
        for carried in runs:
            source = next(other for other in found.cells if other.name == carried.variant)
            shipped = next(r for r in source.runs if r.rung == "test" and r.variant == "tuned")
            assert carried.arguments == shipped.arguments
    (entry,) = analysis.transfer(found)
    assert all(mean is not None for row in entry.means for mean in row)


def test_a_setting_that_cannot_be_carried_is_a_failure_with_its_reason(campaign):
    def picky(values, context):
        if context.n_envs > 1 and values["net"] != "never":
            raise ValueError("no batches of environments")
        return values

    def quick(run):
        # Whatever the search finds is better than the default.
        score = 1.0 if run.arguments else 0.0
        return RunResult(run_id=run.id, status=Status.COMPLETE, score=score, steps=run.steps)

    first = toy("A-v0", seeds=4)
    space = dataclasses.replace(first.space, rules=(picky,))
    wide = dataclasses.replace(first.scenario, name="B-v0", n_envs=2)
    second = dataclasses.replace(first, scenario=wide)
    asked = Matrix(name="camp", cells=(dataclasses.replace(first, space=space), second), seed=7)
    _, executor, outcome, found, folder = campaign(asked, result=quick)
    assert outcome.status == "complete"
    runs = [run for run in found.cells[1].runs if run.rung == "transfer"]
    assert [run.result.status for run in runs] == [Status.FAILED] * 2
    message = runs[0].result.failure.message
    assert message == "what toy@A-v0 ships cannot be trained here: no batches of environments"
    assert not {run.run_id for run in runs} & set(executor.started)
    assert campaign(asked, folder, result=quick).executor.started == []


def test_progress_ends_with_all_that_was_added(campaign):
    folded = [CampaignProgress()]
    campaign(matrix(), listener=lambda event: folded.append(add_event(folded[-1], event)))
    last = folded[-1]
    assert last.done == last.total
    assert all(each.phase == "done" for each in last.cells.values())
    totals = [state.total for state in folded[1:]]
    # A cell that keeps its default needs fewer runs than were foreseen, and seeds add some.
    assert totals[0] < max(totals)
    for state in folded[1:]:
        assert all(each.done <= each.total for each in state.cells.values())


def test_a_night_that_is_cut_ends_with_the_same_numbers(campaign, tmp_path_factory):
    undisturbed = campaign(matrix()).files
    folder = tmp_path_factory.mktemp("cut")
    for seed, budget in enumerate((0.05, 0.2, 0.3)):
        campaign(matrix(), folder, seed=seed, budget=budget)
    finished, _, outcome, *_ = campaign(matrix(), folder, seed=9)
    assert finished == undisturbed
    assert outcome.status == "complete"


def noise(salt):
    """Scores that do not depend on what was trained: nothing is better than anything else."""

    def result(run):
        draw = random.Random(hashlib.sha256(f"{salt}{run.id}".encode()).digest())
        modes = draw.gauss(0, 0.3) + (3.0 if draw.random() < 0.5 else 0.0)
        return RunResult(run_id=run.id, status=Status.COMPLETE, score=modes, steps=run.steps)

    return result


def test_where_nothing_differs_few_campaigns_say_so():
    """A campaign is wrong if any of its cells gets a verdict, at any look."""
    campaigns, wrong, seeds = 40, 0, []
    for number in range(campaigns):
        cells = [
            toy(name, transfer=0, trials=3, seeds=Adaptive(start=5, step=5, max=15), seed=number)
            for name in ("A-v0", "B-v0", "C-v0")
        ]
        night = Night(cells, lambda run: 1.0, workers=3, result=noise(number))
        looks = [event for _, event in night.events if isinstance(event, InterimAnalysisDone)]
        wrong += any({"improved", "worse"} & {*look.decisions.values()} for look in looks)
        seeds += [each.seeds for each in night.cells.values() if each.winner.variant.trial]
        assert all(each.settled for each in night.cells.values())
    assert wrong / campaigns <= 0.05 + 2.5 * math.sqrt(0.05 * 0.95 / campaigns)
    assert sum(seeds) / len(seeds) > 14  # nearly every cell that could differ went on to the end


@pytest.mark.parametrize(
    ("seeds", "transfer"), [(Adaptive(start=4, step=12, max=40), 0), (Adaptive(start=4, max=4), 20)]
)
def test_what_is_added_and_carried_is_reserved_before_the_search(seeds, transfer):
    """Scores that tell nothing apart need every seed there may be."""
    names = ("A-v0", "B-v0", "C-v0")
    cells = [toy(name, trials=120, seeds=seeds, transfer=transfer) for name in names]
    night = Night(cells, lambda run: 1.0, workers=3, deadline=120.0, result=noise("night"))
    assert night.closed  # there was time for some trials only
    assert all(each.done for each in night.cells.values())
    assert max(each.seeds for each in night.cells.values()) == seeds.max


def test_a_deadline_keeps_time_for_looks_that_follow_one_another():
    """Workers enough for everything at once: only what has to wait takes time."""
    rule = Adaptive(start=4, step=1, max=10)
    cells = [toy(name, trials=60, seeds=rule, transfer=0) for name in ("A-v0", "B-v0")]
    # A noise under which a trial wins in both cells: where the default does, nobody looks.
    night = Night(cells, lambda run: 1.0, workers=40, deadline=20.0, result=noise("looks 3"))
    assert all(each.winner.variant.trial is not None for each in night.cells.values())
    assert len(night.closed) == len(cells)  # the searches would have taken all the time
    assert max(each.seeds for each in night.cells.values()) == rule.max
    assert all(each.done for each in night.cells.values())
