"""What becomes of the cells of a campaign: what is said of it, recorded and counted."""

from dataclasses import replace

import virtual
from builders import cell, cell_of
from virtual import Night, certain

from harness.core.events import (
    CellDecided,
    CellFinished,
    InterimAnalysisDone,
    RunFinished,
    SearchFailed,
)
from harness.core.matrix import NamedConfiguration
from harness.core.run import DEFAULT, TUNED
from harness.core.run_result import RunResult, Status
from harness.core.search_settings import Search
from harness.core.settings import Adaptive, Rung, Test, Transfer
from harness.core.space import Space
from harness.errors import UsageError


def night(cells, result=certain, **options):
    return Night(cells, lambda run: 1.0, **{"workers": 2, "result": result} | options)


def said(done, kind):
    return [event for _, event in done.events if isinstance(event, kind)]


def failing(runs):
    """Every run ends well but those of which `runs` says otherwise."""

    def result(run):
        if not runs(run):
            return replace(certain(run), score=float(run.arguments.get("lr", 0.0)))
        return RunResult(run_id=run.id, status=Status.FAILED, score=None, steps=1)

    return result


def test_a_cell_is_decided_and_finished_once():
    cells = [cell_of("a@A-v0"), cell_of("b@B-v0")]
    done = night(cells)
    assert sorted(event.cell for event in said(done, CellDecided)) == ["a@A-v0", "b@B-v0"]
    assert sorted(event.cell for event in said(done, CellFinished)) == ["a@A-v0", "b@B-v0"]
    assert {event.closed for event in said(done, CellFinished)} == {None}
    again = night(cells, ledger=done.ledger)
    assert again.started == []
    assert said(again, CellDecided) == said(again, CellFinished) == []


def test_what_a_longer_search_chose_is_taken_back_with_its_trials():
    better_late = failing(lambda run: False)

    def by_number(run):
        result = better_late(run)
        return result if run.pruning is None else replace(result, score=run.pruning.number)

    done = night([cell()], by_number)
    assert done.record.cells[0].winner.trial > 1
    search = replace(cell().search, trials=2)
    cut = night([cell(search=search)], by_number, ledger=done.ledger, stop_after=0)
    assert (cut.record.cells[0].winner, cut.record.cells[0].closed) == (None, None)
    short = night([cell()], certain, deadline=11.0)
    assert short.record.cells[0].closed > 2
    cut = night([cell(search=search)], certain, ledger=short.ledger, stop_after=0)
    assert cut.record.cells[0].closed is None


def test_the_winner_is_that_of_the_ladder():
    done = night([cell()], failing(lambda run: False))
    (decided,) = said(done, CellDecided)
    (progress,) = done.cells.values()
    assert decided.winner == progress.winner.variant != DEFAULT
    assert done.record.cells[0].winner == decided.winner


def test_failures_are_those_of_default_and_tuned_in_the_test():
    named = (NamedConfiguration(name="published", arguments={"lr": 0.5}),)
    test = replace(cell().test, variants=(DEFAULT, TUNED, "published"))
    at = cell(variants=named, test=test)
    whole = night([at], failing(lambda run: False))
    (progress,) = whole.cells.values()
    lost = {
        (Rung.TEST, DEFAULT): 1,
        (Rung.TEST, TUNED): 2,
        (Rung.TEST, "published"): 3,
        (Rung.CONFIRM, DEFAULT): 1,
    }
    ids = set()
    for (rung, variant), count in lost.items():
        runs = [each.run.id for each in progress.planned[rung] if each.variant == variant]
        ids |= set(runs[:count])
    done = night([at], failing(lambda run: run.id in ids))
    (finished,) = said(done, CellFinished)
    assert finished.failed == 3
    assert done.histories.failed_cells() == ()


def test_a_variant_without_any_score_fails_its_cell():
    cells = [cell_of("a@A-v0"), cell_of("b@B-v0")]
    done = night(
        cells,
        failing(lambda run: run.scenario.name == "A-v0" and run.steps == 200 and not run.arguments),
    )
    assert done.histories.failed_cells() == ("a@A-v0",)
    assert {event.cell: event.failed for event in said(done, CellFinished)} == {
        "a@A-v0": 4,
        "b@B-v0": 0,
    }


def test_a_sampler_that_raises_ends_the_search_of_its_cell_alone(monkeypatch):
    cells = [cell_of("a@A-v0"), cell_of("b@B-v0")]
    whole, suggest = night(cells), virtual.suggest

    def raising(cell, finished, running):
        if cell.name == "a@A-v0" and len(finished) + len(running) == 2:
            raise UsageError("no idea")
        return suggest(cell, finished, running)

    monkeypatch.setattr(virtual, "suggest", raising)
    done = night(cells)
    assert said(done, SearchFailed) == [SearchFailed(cell="a@A-v0", reason="no idea")]
    assert done.histories.failed_cells() == ("a@A-v0",)
    assert [each.sampler_error for each in done.record.cells] == ["no idea", None]
    broken, other = done.cells.values()
    assert other.done
    assert not broken.done
    assert len(broken.finished) == 2
    again = night(cells, ledger=done.ledger)
    assert said(again, SearchFailed) == said(done, SearchFailed)
    # What waits for no search is done: the default's test.
    assert broken.pending == ()
    assert set(broken.runs) <= set(done.results)
    monkeypatch.undo()
    mended = night(cells, ledger=done.ledger)
    assert mended.histories.failed_cells() == ()
    assert [each.sampler_error for each in mended.record.cells] == [None, None]
    assert mended.results.keys() == whole.results.keys()


def test_a_look_says_how_many_runs_and_steps_follow():
    rule = Test(seeds=Adaptive(start=4, step=3, max=7), steps=200, evals=4, episodes=2)
    at = cell(test=rule)
    done = night([at], failing(lambda run: False))
    first, *_ = said(done, InterimAnalysisDone)
    (progress,) = done.cells.values()
    assert (first.look, first.looks) == (1, 2)
    if progress.seeds == 7:
        assert (first.added, first.steps) == ({at.name: 6}, {at.name: 6 * 200})
    else:
        assert (first.added, first.steps) == ({}, {})
    assert first.decisions.keys() == {at.name}


def test_what_a_rule_refuses_is_recorded_as_failed_and_never_started():
    def strict(values, context):
        if context.n_envs > 1 and values:
            raise ValueError("one environment only")
        return values

    search = Search(trials=3, steps=100, evals=4, episodes=2)
    space = Space(parameters=cell().space.parameters, rules=(strict,))
    first = cell_of("toy@A-v0", space=space, search=search)
    second = cell_of("toy@B-v0", search=search, transfer=Transfer(seeds=2))
    second = replace(second, scenario=replace(second.scenario, n_envs=2))
    done = night([first, second], failing(lambda run: False))
    assert done.cells[first.name].winner.variant != DEFAULT
    runs = done.cells[second.name].planned[Rung.TRANSFER]
    assert len(runs) == 2
    started = {planned.run.id for _, planned in done.started}
    said_runs = [event.planned for event in said(done, RunFinished)]
    for each in runs:
        assert said_runs.count(each) == 1
        assert each.run.id not in started
        result = done.results[each.run.id]
        assert (result.status, result.score) == (Status.FAILED, None)
        assert "one environment only" in result.failure.message
    assert all(progress.done for progress in done.cells.values())
