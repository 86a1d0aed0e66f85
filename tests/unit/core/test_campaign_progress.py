"""Progress: what the events of a campaign add up to, and when it is over."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from storyboard import CELL, FAILURE, planned, result, started, story

from harness.core.events import (
    CampaignFinished,
    CellDecided,
    CellFinished,
    DeadlineReached,
    Event,
    InterimAnalysisDone,
    Interrupted,
    ListenerFailed,
    ReportWritten,
    RunFinished,
    RunStarted,
    SearchClosed,
    all_of,
)
from harness.core.progress.campaign_progress import (
    CampaignProgress,
    CellProgress,
    add_event,
    estimate_work,
    eta,
)
from harness.core.progress.remaining import Span
from harness.core.run_result import Status
from harness.core.settings import Rung


def after(*events: Event) -> CampaignProgress:
    progress = CampaignProgress()
    for event in events:
        progress = add_event(progress, event)
    return progress


def finished(**changes: object) -> RunFinished:
    return RunFinished(planned=planned(), result=result(**changes))  # type: ignore[arg-type]


def test_a_whole_story_adds_up() -> None:
    progress = after(*story())
    cell = progress.cells[CELL]
    assert (cell.phase, cell.done, cell.total) == ("done", 4, 4)
    assert (cell.pruned, cell.failed) == (0, 1)
    assert (progress.pruned, progress.failed) == (0, 1)
    assert (cell.winner, cell.best, cell.default) == ("trial-3", 190.0, None)
    assert (cell.algorithm, cell.worked) == ("ppo", 4 * 4000)
    assert cell.wall == pytest.approx(4 * 3.1)
    assert (cell.steps, cell.steps_done) == (16_000, 16_000)
    assert (progress.campaign, progress.workers, progress.last) == ("quick", 2, story()[9])
    assert not progress.running


def test_before_the_first_event_nothing_is_known() -> None:
    empty = CampaignProgress()
    assert (empty.done, empty.total, empty.pruned, empty.failed) == (0, 0, 0, 0)
    assert (empty.workers, empty.interrupts) == (1, 0)
    begun = after(started(workers=3)).cells[CELL]
    assert begun == CellProgress(name=CELL, total=4, done=0, steps=16_000, steps_done=0.0)
    assert (begun.phase, begun.pruned, begun.failed, begun.worked, begun.wall) == (
        "queued", 0, 0, 0, 0.0,
    )  # fmt: skip


def test_running_runs_are_those_started_and_not_finished() -> None:
    assert len(after(*story()[:3]).running) == 2
    assert len(after(*story()[:4]).running) == 1
    # A run whose worker died is started again; it still is one run.
    again = RunStarted(planned=planned())
    assert len(after(started(), again, again).running) == 1


def test_a_resumed_campaign_counts_what_the_ledger_has() -> None:
    progress = after(started(done={CELL: 3}))
    assert (progress.done, progress.total) == (3, 4)
    assert progress.cells[CELL].steps_done == pytest.approx(12_000)
    # A cell without runs is all done; what nobody counted is none.
    nothing = after(started({CELL: 0}, done={}, steps={CELL: 500})).cells[CELL]
    assert (nothing.done, nothing.steps_done) == (0, 500)
    unknown = after(started(done={}, steps={})).cells[CELL]
    assert (unknown.done, unknown.steps) == (0, 0)


def test_the_search_shows_its_best_score_beside_the_defaults() -> None:
    default = planned(variant="default", index=0)
    cell = after(
        started(), RunFinished(planned=default, result=result(100.0)), finished(score=90.0)
    ).cells[CELL]
    assert (cell.best, cell.default) == (100.0, 100.0)


def test_neither_a_pruned_nor_a_failed_trial_is_the_best() -> None:
    cell = after(
        started(),
        finished(score=999.0, status=Status.PRUNED),
        finished(score=None, status=Status.FAILED, failure=FAILURE),
    ).cells[CELL]
    assert (cell.best, cell.pruned, cell.failed) == (None, 1, 1)


def test_the_test_rung_shows_means_over_held_out_seeds() -> None:
    runs = [("tuned", 10.0), ("tuned", 30.0), ("default", 5.0)]
    events = [
        RunFinished(planned=planned(Rung.TEST, variant, index), result=result(score))
        for index, (variant, score) in enumerate(runs)
    ]
    cell = after(started(), CellDecided(cell=CELL, winner="trial-3"), *events).cells[CELL]
    assert (cell.best, cell.default) == (20.0, 5.0)


def test_when_the_default_won_it_is_both() -> None:
    event = RunFinished(planned=planned(Rung.TEST, "default", 0), result=result(7.0))
    cell = after(started(), CellDecided(cell=CELL, winner="default"), event).cells[CELL]
    assert (cell.best, cell.default) == (7.0, 7.0)


def test_test_runs_that_fill_idle_time_do_not_change_the_rung() -> None:
    filling = RunStarted(planned=planned(Rung.TEST, "default", 0))
    assert after(started(), RunStarted(planned=planned()), filling).cells[CELL].phase == "search"
    decided = CellDecided(cell=CELL, winner="trial-3")
    assert after(started(), decided, filling).cells[CELL].phase == "test"


def test_the_rest_is_unknown_before_anything_was_measured() -> None:
    assert eta(after(started())) is None
    assert eta(after(started(finished=(CELL,)))) == 0


def test_the_rest_takes_as_long_per_step_and_is_shared_by_the_workers() -> None:
    # One of four runs took 10 s; three are left for two workers.
    assert eta(after(started(), finished(wall=10.0))) == pytest.approx(15.0)


def test_a_cell_without_a_measure_borrows_from_its_algorithm() -> None:
    cells = {CELL: 1, "sac@Pendulum-v1": 1, "sac@Ant-v5": 1}
    slow = RunFinished(planned=planned(cell="sac@Pendulum-v1"), result=result(wall=100.0))
    progress = after(started(cells, workers=1), finished(wall=1.0), slow)
    assert eta(progress) == pytest.approx(100.0)


def test_a_finished_cell_has_nothing_left_although_runs_were_saved() -> None:
    assert eta(after(started(), finished(wall=10.0), CellFinished(cell=CELL, failed=0))) == 0


@given(st.lists(st.sampled_from(story()[1:]), max_size=30))
def test_any_order_of_events_leaves_a_progress_that_can_be_shown(events: list[Event]) -> None:
    before = after(started())
    for event in events:
        now = add_event(before, event)
        assert before.done <= now.done <= now.total
        assert (eta(now) or 0) >= 0
        before = now


def test_runs_that_ended_badly_before_the_command_count_too() -> None:
    begun = started(done={CELL: 3}, pruned={CELL: 1}, failed={CELL: 2})
    failure = result(None, status=Status.FAILED, failure=FAILURE)
    progress = after(begun, RunFinished(planned=planned(), result=failure))
    assert (progress.done, progress.pruned, progress.failed) == (4, 1, 3)


def test_a_cell_that_needed_fewer_runs_than_it_might_have_counts_those() -> None:
    over = after(started({CELL: 20}), finished(), CellFinished(cell=CELL, failed=0, runs=13))
    assert (over.done, over.total) == (13, 13)
    closed = CellFinished(cell=CELL, failed=0, runs=13, closed=3)
    assert after(started({CELL: 20}), finished(), closed).total == 20
    assert over.cells[CELL].steps_done == over.cells[CELL].steps == 80_000
    uncounted = CellFinished(cell=CELL, failed=0)
    assert after(started({CELL: 20}), finished(), uncounted).done == 20


def test_an_interim_analysis_adds_runs_and_steps_to_the_cells_it_names() -> None:
    other = "sac@Ant-v5"
    look = InterimAnalysisDone(
        look=1, looks=3, decisions={}, added={CELL: 5}, steps={CELL: 700, other: 900}
    )
    cells = after(started({CELL: 4, other: 2}), look).cells
    assert [(cell.total, cell.steps) for cell in cells.values()] == [(9, 16_700), (2, 8_000)]


def test_runs_that_nobody_planned_raise_the_total_and_never_the_steps() -> None:
    runs = [finished()] * 6
    cell = after(started(), *runs).cells[CELL]
    assert (cell.done, cell.total) == (6, 6)
    assert (cell.steps_done, cell.worked) == (16_000, 24_000)


def test_an_interruption_is_counted_and_the_end_leaves_nothing_running() -> None:
    begun = after(started(), RunStarted(planned=planned()), Interrupted(count=2, running=1))
    assert (begun.interrupts, len(begun.running)) == (2, 1)
    end = CampaignFinished(
        campaign="quick", remaining=Span(least=1, most=2), failed_cells=(), interrupted=True
    )
    assert add_event(begun, end) == replace(begun, running=frozenset())


@pytest.mark.parametrize(
    "event",
    [
        SearchClosed(cell=CELL, finished=1, trials=3),
        DeadlineReached(running=2),
        ReportWritten(report="here"),
        ListenerFailed(listener="mlflow", problem="gone"),
    ],
)
def test_other_events_are_no_progress(event: Event) -> None:
    begun = after(started(), finished())
    assert add_event(begun, event) == begun


def test_only_complete_runs_of_search_and_test_have_a_score_to_show() -> None:
    confirm = RunFinished(planned=planned(Rung.CONFIRM, "trial-3", 0), result=result(500.0))
    transfer = RunFinished(planned=planned(Rung.TRANSFER, "sac@Ant-v5", 0), result=result(600.0))
    lost = RunFinished(
        planned=planned(Rung.TEST, "tuned", 0),
        result=result(None, status=Status.FAILED, failure=FAILURE),
    )
    first = RunFinished(planned=planned(variant="default", index=0), result=result(1.0))
    cell = after(started(), first, finished(score=5.0), finished(score=3.0)).cells[CELL]
    assert (cell.best, cell.default) == (5.0, 1.0)
    later = after(started(), first, finished(score=5.0), confirm, transfer, lost).cells[CELL]
    assert (later.best, later.default, later.tests) == (5.0, 1.0, {})


def test_a_negative_score_is_a_score() -> None:
    assert after(started(), finished(score=-30.0)).cells[CELL].best == -30.0


@pytest.mark.parametrize("rung", [Rung.TEST, Rung.TRANSFER])
def test_the_first_run_of_all_gives_the_rung(rung: Rung) -> None:
    run = RunStarted(planned=planned(rung, "default", 0))
    assert after(started(), run).cells[CELL].phase == rung.value
    # Before its own winner is known, only search and confirm are phases of a cell.
    confirm = RunStarted(planned=planned(Rung.CONFIRM, "default", 0))
    assert after(started(), confirm, run).cells[CELL].phase == "confirm"


def test_work_is_told_cell_by_cell_in_seconds_of_one_worker() -> None:
    cells = {CELL: 2, "ppo@Acrobot-v1": 3, "sac@Pendulum-v1": 2, "dqn@X-v0": 1}
    events = [
        finished(wall=10.0),
        RunFinished(planned=planned(cell="sac@Pendulum-v1"), result=result(wall=30.0)),
    ]
    work = estimate_work(after(started(cells), *events))
    # Its own pace, that of its algorithm, its own, and the mean of all.
    assert work == pytest.approx(
        {CELL: 10.0, "ppo@Acrobot-v1": 30.0, "sac@Pendulum-v1": 30.0, "dqn@X-v0": 20.0}
    )
    assert estimate_work(after(started(cells))) == {}
    for workers, seconds in ((1, 90.0), (2, 45.0), (0, 90.0)):
        assert eta(after(started(cells, workers=workers), *events)) == pytest.approx(seconds)


def test_several_listeners_are_told_in_their_order() -> None:
    heard: list[tuple[str, Event]] = []
    tell = all_of(lambda e: heard.append(("first", e)), lambda e: heard.append(("second", e)))
    event = DeadlineReached(running=2)
    tell(event)
    assert heard == [("first", event), ("second", event)]
