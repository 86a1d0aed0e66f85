"""Who runs a campaign and what its cells do meanwhile, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from harness.cli.console import Table, columns
from harness.cli.text_format import count, duration
from harness.core.ledger import ActiveRun
from harness.core.printable_text import quantity
from harness.core.progress.remaining import Remaining
from harness.core.record import CellRecord
from harness.core.settings import Rung

if TYPE_CHECKING:
    from harness.analysis import Interim
    from harness.campaign import Coordinator


def cell_state(
    cell: CellRecord, work: Remaining, process: Coordinator | None, look: Interim | None = None
) -> str:
    """What a cell does, in a word or a few.

    Args:
        process: Who runs the campaign, if somebody does.
        look: What the looks at a growing number of its held-out seeds say, if it has any.

    Returns:
        ``done``, ``running``, ``waiting for seeds``, ``waiting``, ``not begun``, or where it was
        stopped: ``stopped in the search at 12 of 40``.
    """
    if not work.total.most:
        return "done"
    if process is not None and process.alive:
        if any(run.cell == cell.name for run in _running(process)):
            return "running"
        awaits_seeds = look is not None and not look.final and not work.total.least
        return "waiting for seeds" if awaits_seeds else "waiting"
    if not cell.results:
        return "not begun"
    return _describe_stop(cell, work)


def _describe_stop(cell: CellRecord, work: Remaining) -> str:
    if work.search.most and not work.decided:
        size = "" if work.budget is not None else f" of {count(work.trials)}"
        return f"stopped in the search at {count(cell.ended_trial_count)}{size}"
    rung = next((rung for rung, span in work.rungs.items() if span.least), None)
    if rung in {None, Rung.SEARCH}:
        return "search closed early" if work.closed is not None else "stopped"
    # A default that won is tested once, under two names.
    runs = {run.run_id: run.result for run in cell.runs if run.rung is rung}
    done = sum(result is not None for result in runs.values())
    return f"stopped in the {rung} rung at {count(done)} of {count(len(runs))}"


def coordinator_json(process: Coordinator | None, now: datetime) -> dict[str, object] | None:
    """The process and its runs; None where nobody runs the campaign."""
    if process is None:
        return None
    activity = process.activity
    return {
        "host": process.host,
        "pid": process.pid,
        "since": process.since,
        "alive": process.alive,
        "updated": None if activity is None else activity.updated,
        "workers": None if activity is None else activity.workers,
        "seconds_left": _estimate_seconds(process),
        "work_left": {cell: round(each, 1) for cell, each in estimate_work(process).items()},
        "running": [
            {
                "cell": run.cell,
                "rung": run.rung.value,
                "variant": run.variant,
                "index": run.index,
                "started": run.started,
                "seconds": _seconds(run.started, now),
            }
            for run in _running(process)
        ],
    }


def coordinator_lines(process: Coordinator | None) -> Iterator[str]:
    """Who runs the campaign, or who did without saying that it ended."""
    if process is None:
        return
    if not process.alive:
        yield f"nobody runs it: {process} ended without a farewell; the same command goes on"
        return
    activity = process.activity
    if activity is None:
        yield f"run by {process}, getting ready, or writing the report"
        return
    runs, workers = len(activity.running), activity.workers
    seconds = _estimate_seconds(process)
    yield (
        f"run by {process}: {runs} of {quantity(workers, 'worker')} busy"
        f"{'' if seconds is None else f', about {duration(seconds)} left'}"
    )


def running_table(process: Coordinator | None, now: datetime) -> Table:
    """The runs in progress, the longest first."""
    rows = [
        (
            run.cell,
            run.rung.value,
            run.variant,
            f"#{run.index}",
            duration(_seconds(run.started, now)),
        )
        for run in sorted(_running(process) if process else (), key=lambda run: run.started)
    ]
    titles = ("running", "rung", "variant", "run", "for")
    return Table(columns=columns(*titles, right={"for"}), rows=tuple(rows))


def estimate_work(process: Coordinator | None) -> Mapping[str, float]:
    """Cell -> seconds of one worker that it needs yet; empty where nobody works or knows."""
    if process is None or not process.alive or process.activity is None:
        return {}
    return process.activity.work_left


def _running(process: Coordinator) -> Iterable[ActiveRun]:
    """Runs in progress: what a process that is gone was at has ended with it."""
    return process.activity.running if process.alive and process.activity is not None else ()


def _seconds(start: str, now: datetime) -> float:
    return max(0.0, (now - datetime.fromisoformat(start)).total_seconds())


def _estimate_seconds(process: Coordinator) -> float | None:
    """Seconds until the campaign ends; None before anything has been measured."""
    work, activity = estimate_work(process), process.activity
    if activity is None or not work:
        return None
    return round(sum(work.values()) / max(1, activity.workers), 1)
