import pytest
from hypothesis import given
from hypothesis import strategies as st
from storyboard import CELL, FAILURE, planned, result, started, story

from harness.core.events import CellDecided, CellFinished, Event, RunFinished, RunStarted
from harness.core.progress.campaign_progress import CampaignProgress, add_event, eta
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
    cell = after(*story()).cells[CELL]
    assert (cell.phase, cell.done, cell.total) == ("done", 4, 4)
    assert (cell.pruned, cell.failed) == (0, 1)
    assert (cell.winner, cell.best, cell.default) == ("trial-3", 190.0, None)


def test_running_runs_are_those_started_and_not_finished() -> None:
    assert len(after(*story()[:3]).running) == 2
    assert len(after(*story()[:4]).running) == 1
    # A run whose worker died is started again; it still is one run.
    again = RunStarted(planned=planned())
    assert len(after(started(), again, again).running) == 1


def test_a_resumed_campaign_counts_what_the_ledger_has() -> None:
    progress = after(started(done={CELL: 3}))
    assert (progress.done, progress.total) == (3, 4)


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


def test_a_cell_that_needed_fewer_runs_than_it_might_have_counts_those() -> None:
    over = after(started({CELL: 20}), finished(), CellFinished(cell=CELL, failed=0, runs=13))
    assert (over.done, over.total) == (13, 13)
    closed = CellFinished(cell=CELL, failed=0, runs=13, closed=3)
    assert after(started({CELL: 20}), finished(), closed).total == 20
