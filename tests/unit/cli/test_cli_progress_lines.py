from datetime import UTC, datetime

from builders import Clock
from storyboard import CELL, planned, result, started, story

from harness.cli.progress_lines import HEARTBEAT, Lines, fields, interrupt_message
from harness.core.events import (
    CampaignFinished,
    DeadlineReached,
    Event,
    Interrupted,
    RunFinished,
    SearchClosed,
    SearchFailed,
)
from harness.core.progress.remaining import Span


def log(*events: Event, quiet: bool = False) -> list[str]:
    written: list[str] = []
    lines = _lines(written, Clock(), quiet=quiet)
    for event in events:
        lines(event)
    return written


def _lines(written: list[str], clock: Clock, *, quiet: bool = False) -> Lines:
    return Lines(
        written.append,
        resume="harness run quick.yaml",
        quiet=quiet,
        now=lambda: datetime(2026, 11, 20, 22, 0, 3, tzinfo=UTC),
        clock=clock,
    )


def test_a_nights_log_reads_line_by_line() -> None:
    at, cell = "2026-11-20T22:00:03Z", f"cell={CELL}"
    assert log(*story()) == [
        f"{at} start campaign=quick cells=1 runs=4 done=0 workers=2",
        (
            f"{at} done {cell} rung=search variant=default index=0 score=100.0 status=complete "
            "steps=4000 wall=3.1s done=1/4 eta=4.6s"
        ),
        (
            f"{at} done {cell} rung=search variant=trial-3 index=3 score=212.4 status=complete "
            "steps=4000 wall=3.1s done=2/4 eta=3.1s"
        ),
        (
            f"{at} FAIL {cell} rung=search variant=trial-4 index=4 seed=7 step=1200 kind=diverged "
            r'reason="NaN in \"actor\" weights"'
        ),
        f"{at} decided {cell} winner=trial-3",
        (
            f"{at} done {cell} rung=test variant=tuned index=0 score=190.0 status=complete "
            "steps=4000 wall=3.1s done=4/4 eta=0.0s"
        ),
        f"{at} cell {cell} status=finished failed=0",
        f"{at} end campaign=quick done=4/4 remaining=0 pruned=0 failed=1",
    ]


def test_quiet_leaves_only_what_needs_attention() -> None:
    words = [line.split()[1] for line in log(*story(), quiet=True)]
    assert words == ["FAIL"]


def test_a_search_that_failed_is_said_with_its_reason_however_quiet() -> None:
    (line,) = log(started(), SearchFailed(cell=CELL, reason="no idea"), quiet=True)
    assert line.endswith(f'FAIL cell={CELL} rung=search kind=sampler reason="no idea"')


def test_an_interrupt_says_what_happens_and_how_to_go_on() -> None:
    (line,) = log(started(), Interrupted(count=1, running=2), quiet=True)
    assert "interrupt count=1 running=2" in line
    assert (
        "finishing 2 runs in progress, starting no more; again to stop now; "
        "nothing is lost; resume: harness run quick.yaml"
    ) in line


def test_what_a_deadline_does_is_said() -> None:
    at = "2026-11-20T22:00:03Z"
    ended = CampaignFinished(
        campaign="quick",
        remaining=Span(least=3, most=5),
        failed_cells=(),
        interrupted=False,
        status="partial",
    )
    lines = log(
        *story()[:2],
        SearchClosed(cell=CELL, finished=3, trials=20),
        DeadlineReached(running=1),
        ended,
    )
    assert lines[-3:-1] == [
        f"{at} closed cell={CELL} trials=3/20",
        f'{at} deadline running=1 message="time is up; ending 1 run in progress"',
    ]
    assert lines[-1].startswith(f"{at} partial campaign=quick")


def test_the_second_interrupt_is_another_message() -> None:
    assert interrupt_message(2, 1, "x").startswith("stopping 1 run in progress; again to kill")


def test_the_end_names_the_failed_cells_and_the_pending_runs() -> None:
    end = CampaignFinished(
        campaign="quick",
        remaining=Span(least=3, most=5),
        failed_cells=(CELL, "a2c@X"),
        interrupted=True,
    )
    line = log(started(), end)[-1]
    assert line.endswith(
        "interrupted campaign=quick done=0/4 remaining=3..5 pruned=0 failed=0 "
        f"failed_cells={CELL},a2c@X"
    )


def test_a_heartbeat_only_after_long_silence_and_then_not_again() -> None:
    written: list[str] = []
    clock = Clock()
    lines = _lines(written, clock)
    lines(started())
    lines.beat()
    assert len(written) == 1
    clock.now = HEARTBEAT
    lines.beat()
    lines.beat()
    assert written[1:] == ["2026-11-20T22:00:03Z beat done=0/4 pruned=0 failed=0 running=0 eta=?"]


def test_a_finished_run_puts_the_heartbeat_off() -> None:
    written: list[str] = []
    clock = Clock()
    lines = _lines(written, clock)
    lines(started())
    clock.now = HEARTBEAT - 1
    lines(RunFinished(planned=planned(), result=result()))
    clock.now = HEARTBEAT + 1
    lines.beat()
    assert [line.split()[1] for line in written] == ["start", "done"]


def test_a_reason_of_many_lines_stays_on_one() -> None:
    assert fields("FAIL", reason="a\nb", empty="", plain="x-1") == (
        r'FAIL reason="a\nb" empty="" plain=x-1'
    )


def test_the_heartbeats_thread_ends_with_the_log() -> None:
    lines = _lines([], Clock())
    with lines:
        lines(started())
    assert lines._closed.is_set()
