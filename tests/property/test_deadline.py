"""A night with a deadline: what it begins, what it reserves, and that it loses nothing."""

import itertools
import random

from builders import cell
from hypothesis import given, settings
from hypothesis import strategies as st
from sweeps import examples
from virtual import Night, certain

from harness.campaign.deadlines.duration_model import SAFETY
from harness.campaign.deadlines.makespan import CellForecast, Reserve, play_through
from harness.core.progress.remaining import remaining
from harness.core.progress.run_counts import counts_of
from harness.core.run_result import Status
from harness.core.scenario import Scenario
from harness.core.search_settings import Search
from harness.core.settings import Confirm, Rung, Test

ROUNDING = 1e-9


@st.composite
def campaigns(draw, alike=False):
    """Cells, the seconds of a trial in each, and the workers."""
    names = [f"{letter}-v0" for letter in "ABCD"[: draw(st.integers(1, 4))]]
    one = draw(st.floats(0.5, 20))
    seconds = {n: one if alike else draw(st.floats(0.5, 20)) for n in names}
    cells = [
        cell(
            scenario=Scenario(name=name, env=name, action="Discrete"),
            search=Search(
                trials=draw(st.integers(2, 12)),
                steps=100,
                evals=4,
                episodes=2,
                in_flight=draw(st.integers(1, 3)),
            ),
            confirm=Confirm(top=draw(st.integers(1, 3)), seeds=draw(st.integers(1, 3))),
            test=Test(seeds=draw(st.integers(1, 5)), steps=100, evals=4, episodes=2),
        )
        for name in names
    ]
    return cells, seconds, draw(st.integers(1, 6))


def lasting(seconds, spread=0.0):
    """Seconds of a run by its scenario and steps, give or take."""

    def of(run):
        off = random.Random(run.id).uniform(-spread, spread)
        return seconds[run.scenario.name] * run.steps / 100 * (1 + off)

    return of


def budget_for_one_candidate(cells, seconds, workers):
    """Seconds that surely suffice for default and one candidate on all rungs of every cell."""
    work = chain = 0.0
    for each in cells:
        one = seconds[each.scenario.name]
        runs = 2 + 2 * each.confirm.seeds + 2 * each.test.seeds
        work += runs * one
        chain = max(chain, 3 * one)
    return SAFETY * (work / workers + chain)


durations = st.lists(st.floats(0.1, 20), max_size=6)
forecasts = st.builds(
    CellForecast,
    running=durations,
    reserve=st.builds(
        Reserve, confirm=durations, early=durations, late=durations, serial=st.just(0)
    ),
    factor=st.floats(1, 3),
)


@settings(max_examples=examples(50, 500))
@given(st.lists(forecasts, min_size=1, max_size=4), durations, st.integers(1, 6))
def test_what_is_played_through_is_within_the_bounds_of_any_schedule(cells, tests, workers):
    running = len(tests) + sum(len(cell.running) for cell in cells)
    workers = max(workers, running)
    end = play_through(cells, tests, workers)
    work = sum(tests) + sum(cell.work for cell in cells)
    path = max([*tests, *(cell.path for cell in cells)])
    assert end >= work / workers - ROUNDING
    assert end <= work / workers + (1 - 1 / workers) * path + ROUNDING
    for each in cells:
        chain = max(each.running, default=0) + each.factor * (
            max(each.reserve.confirm, default=0) + max(each.reserve.late, default=0)
        )
        assert end >= chain - ROUNDING


@settings(max_examples=examples(7, 15))
@given(campaigns(), st.floats(0.5, 300), st.floats(0, 0.3))
def test_nothing_begins_that_cannot_end_in_time(campaign, deadline, spread):
    cells, seconds, workers = campaign
    night = Night(cells, lasting(seconds, spread), workers=workers, deadline=deadline)
    ends = {}
    for planned in night.finished:
        if night.results[planned.run.id].status is Status.COMPLETE:
            begin, end = night.world.spans[planned.run.id]
            ends.setdefault(planned.cell, []).append((end, end - begin))
    for moment, planned in night.started:
        known = [wall for end, wall in ends.get(planned.cell, []) if end <= moment]
        if known:
            # Every run here has the same steps, and estimates are no shorter than the fastest.
            assert moment + min(known) * SAFETY <= deadline + ROUNDING
    assert night.world.now <= deadline + 1e-5


@settings(max_examples=examples(7, 15))
@given(campaigns(alike=True), st.floats(1, 3))
def test_the_test_rung_is_done_where_one_candidate_would_fit(campaign, more):
    cells, seconds, workers = campaign
    deadline = more * budget_for_one_candidate(cells, seconds, workers)
    night = Night(cells, lasting(seconds), workers=workers, deadline=deadline, result=certain)
    for progress in night.cells.values():
        assert progress.winner is not None
        assert progress.done
        assert progress.finished
    assert sorted(night.decided) == sorted(night.cells)  # said once, also of a search cut short


@settings(max_examples=examples(7, 15))
@given(campaigns(), st.floats(1, 3), st.floats(0, 0.09))
def test_the_test_rung_is_done_in_slow_cells_too(campaign, more, spread):
    """Until a cell has been measured, its runs are thought to take what others of its kind do;
    with twice the time that is no matter.
    """
    cells, seconds, workers = campaign
    slowest = dict.fromkeys(seconds, max(seconds.values()))
    deadline = more * budget_for_one_candidate(cells, slowest, workers)
    night = Night(
        cells, lasting(seconds, spread), workers=workers, deadline=deadline, result=certain
    )
    assert all(progress.done for progress in night.cells.values())


@settings(max_examples=examples(7, 15))
@given(campaigns(alike=True), st.floats(1, 4))
def test_shares_differ_by_no_more_than_the_next_trial_needs(campaign, more):
    """A trial needs itself and, for a new candidate, confirm and test runs.

    What turns out to be left over later, idle workers give to whichever cell is done.
    """
    cells, seconds, workers = campaign
    deadline = more * budget_for_one_candidate(cells, seconds, workers)
    night = Night(cells, lasting(seconds), workers=workers, deadline=deadline, result=certain)
    shares = {name: len(progress.finished) for name, progress in night.cells.items()}
    shares |= night.first_closed
    for poor, rich in itertools.permutations(cells, 2):
        told = night.first_closed.get(poor.name)
        if told is None:
            continue
        need = 1 + (2 * poor.confirm.seeds + poor.test.seeds if told <= poor.confirm.top else 0)
        in_flight = rich.search.in_flight + poor.search.in_flight
        assert shares[rich.name] - told <= need + in_flight


@settings(max_examples=examples(7, 15))
@given(campaigns(), st.lists(st.floats(0, 120), max_size=4), st.floats(0, 0.3))
def test_nights_that_were_cut_change_nothing_in_the_end(campaign, nights, spread):
    cells, seconds, workers = campaign
    whole = Night(cells, lasting(seconds, spread), workers=workers)
    ledger = None
    started = []
    for deadline in nights:
        cut = Night(
            cells, lasting(seconds, spread), workers=workers, deadline=deadline, ledger=ledger
        )
        ledger = cut.ledger
        started += [planned.run.id for planned in cut.finished]
    last = Night(cells, lasting(seconds, spread), workers=workers, ledger=ledger)
    started += [planned.run.id for planned in last.finished]
    assert len(started) == len(set(started))  # nothing was trained twice
    assert last.closed == {}
    assert all(each.closed is None for each in last.record.cells)
    for name, progress in last.cells.items():
        undisturbed = whole.cells[name]
        assert [t.run_id for t in progress.trials] == [t.run_id for t in undisturbed.trials]
        assert progress.winner == undisturbed.winner
        assert set(progress.runs) == set(undisturbed.runs)
        assert progress.done
    runs = set(whole.results)
    assert {u: r.score for u, r in last.results.items() if u in runs} == {
        u: r.score for u, r in whole.results.items()
    }


@settings(max_examples=examples(7, 15))
@given(campaigns(alike=True), st.floats(1, 3), st.floats(0, 2))
def test_a_second_night_too_short_for_anything_keeps_what_the_first_decided(campaign, more, second):
    cells, seconds, workers = campaign
    enough = more * budget_for_one_candidate(cells, seconds, workers)
    first = Night(cells, lasting(seconds), workers=workers, deadline=enough, result=certain)
    short = second * min(seconds.values()) / 2
    again = Night(
        cells,
        lasting(seconds),
        workers=workers,
        deadline=short,
        ledger=first.ledger,
        result=certain,
    )
    for name, progress in again.cells.items():
        assert progress.winner is not None
        if not any(planned.cell == name for planned in again.finished):
            assert progress.winner == first.cells[name].winner
            assert progress.done


@settings(max_examples=examples(7, 15))
@given(campaigns(), st.floats(1, 60))
def test_without_pressure_a_deadline_changes_nothing(campaign, slack):
    cells, seconds, workers = campaign
    free = Night(cells, lasting(seconds), workers=workers)
    slowest = max(seconds.values())
    most = sum(
        each.search.trials + (each.confirm.top + 1) * each.confirm.seeds + 2 * each.test.seeds
        for each in cells
    )
    bound = Night(
        cells, lasting(seconds), workers=workers, deadline=SAFETY * slowest * (most + 4) + slack
    )
    assert bound.closed == {}
    assert {u: r.score for u, r in bound.results.items()} == {
        u: r.score for u, r in free.results.items()
    }


def test_a_deadline_of_no_time_begins_nothing():
    night = Night([cell()], lambda run: 1.0, workers=2, deadline=0.0)
    assert night.started == []


def test_what_runs_at_the_deadline_is_ended_and_stays_pending():
    """Nothing is known of the first trial, so it may begin."""
    night = Night([cell()], lambda run: 100.0, workers=2, deadline=30.0)
    assert night.started
    assert night.results == {}
    assert night.world.now == 30.0
    (counts,) = counts_of(night.cells).values()
    assert remaining(counts).search.least == cell().search.trials


def test_failed_and_pruned_runs_are_not_measured():
    """All trials but the default fail at once; the estimate stays that of the default."""

    def result(run):
        failing = run.pruning is not None and run.pruning.number > 0
        made = certain(run)
        if not failing:
            return made
        return type(made)(run_id=run.id, status=Status.FAILED, score=None, steps=1)

    night = Night(
        [cell()], lambda run: 10.0 * run.steps / 100, workers=1, deadline=130.0, result=result
    )
    (progress,) = night.cells.values()
    assert progress.winner.variant == "default"
    assert night.world.now <= 130.0
    assert progress.done
    assert not any(planned.rung is Rung.CONFIRM for _, planned in night.started) or not night.closed
