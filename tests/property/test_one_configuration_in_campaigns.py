"""One configuration for all scenarios follows from the matrix, not from who was quick."""

import dataclasses

import pytest
from fakes import play_with_crashes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_cells_together import toy

from harness import analysis
from harness.core.matrix import Matrix
from harness.core.progress.remaining import Span
from harness.core.run_result import RunResult, Status
from harness.core.scenario import Score
from harness.core.settings import Adaptive, Transfer


def scored(name, **changes):
    """A small cell with references that asks for one configuration."""
    small = toy(name, **changes)
    ends = {"random": Score(value=0.0, source=""), "reference": Score(value=1.0, source="")}
    return dataclasses.replace(
        small,
        scenario=dataclasses.replace(small.scenario, **ends),
        transfer=Transfer(seeds=2, tune_across="mean"),
    )


def matrix(seeds=4):
    cells = tuple(scored(name, seeds=seeds) for name in ("A-v0", "B-v0", "C-v0"))
    return Matrix(name="camp", cells=cells, seed=7)


def rows(found):
    """Every run of the transfer rung, as a reader sees it."""
    return {
        (each.name, run.variant, run.index): (run.run_id, run.result.score)
        for each in found.cells
        for run in each.runs
        if run.rung == "transfer"
    }


@pytest.mark.parametrize("seeds", [4, Adaptive(start=4, step=3, max=12)])
def test_workers_and_finishing_order_choose_the_same(campaign, seeds):
    *_, outcome, undisturbed, _ = campaign(matrix(seeds), workers=1)
    assert outcome.remaining == Span(least=0, most=0)
    (entry,) = analysis.across(undisturbed)
    assert len(entry.candidates) == 4
    assert [cell.scores.pending for cell in entry.cells] == [0, 0, 0]
    for each, cell in zip(undisturbed.cells, entry.cells, strict=True):
        held_out = {run.seed for run in each.runs if run.rung == "test"}
        assert set(cell.scores.seeds) == held_out
    for workers, seed in [(2, 1), (7, 2)]:
        found = campaign(matrix(seeds), workers=workers, seed=seed).record
        assert rows(found) == rows(undisturbed)


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(crashes=st.lists(st.integers(20, 90), min_size=1, max_size=3), workers=st.integers(1, 4))
def test_crashes_choose_the_same_and_repeat_nothing(campaign, tmp_path_factory, crashes, workers):
    undisturbed = campaign(matrix(), workers=1).record
    end = play_with_crashes(matrix(), tmp_path_factory.mktemp("crashing"), crashes, workers=workers)
    assert rows(end.record) == rows(undisturbed)


def test_a_candidate_that_a_scenario_refuses_is_none(campaign):
    def picky(values, context):
        if context.n_envs > 1:
            raise ValueError("no batches of environments")
        return values

    def quick(run):
        # Whatever the search finds is better than the default.
        score = 1.0 if run.arguments else 0.0
        return RunResult(run_id=run.id, status=Status.COMPLETE, score=score, steps=run.steps)

    first, second = scored("A-v0", seeds=4), scored("B-v0", seeds=4)
    first = dataclasses.replace(first, space=dataclasses.replace(first.space, rules=(picky,)))
    wide = dataclasses.replace(second.scenario, n_envs=2)
    second = dataclasses.replace(second, scenario=wide)
    *_, outcome, found, _ = campaign(Matrix(name="camp", cells=(first, second)), result=quick)
    assert outcome.status == "complete"
    (entry,) = analysis.across(found)
    assert entry.choice == "toy@B-v0"
    worth = {each.name: each.worth for each in entry.candidates}
    assert worth == {"default": 0.0, "toy@A-v0": None, "toy@B-v0": 1.0}
    assert [cell.is_winner for cell in entry.cells] == [False, True]
    assert entry.cells[1].gain.value == 0.0
