"""Progress as plain lines, ``time word key=value ...``: for a night's log and for grep."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Final, Self

from harness.cli.text_format import duration, number, timestamp, utc_now
from harness.core.events import (
    CampaignFinished,
    CampaignStarted,
    CellDecided,
    CellFinished,
    DeadlineReached,
    Event,
    InterimAnalysisDone,
    Interrupted,
    ListenerFailed,
    ReportWritten,
    RunFinished,
    SearchClosed,
    SearchFailed,
)
from harness.core.printable_text import quantity
from harness.core.progress.campaign_progress import CampaignProgress, add_event, eta
from harness.core.run_result import Status

HEARTBEAT: Final = 600.0
"""Seconds of silence after which a line says that the campaign is alive."""


class Lines:
    """A listener that writes one line per finished run, decision, failure and interrupt."""

    def __init__(
        self,
        write: Callable[[str], None],
        *,
        resume: str,
        quiet: bool = False,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Write nothing yet.

        Args:
            write: Takes a line without its end.
            resume: The command that continues an interrupted campaign.
            quiet: Only failures and interrupts.
            now: The time in UTC.
            clock: Seconds that only grow.
        """
        self._write = write
        self._resume = resume
        self._quiet = quiet
        self._now = now
        self._clock = clock
        self._progress = CampaignProgress()
        self._spoken = clock()
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._progress = add_event(self._progress, event)
            if self._quiet and not _alarming(event):
                return
            text = describe(event, self._progress, self._resume)
            if text:
                self._say(text)

    def beat(self) -> None:
        """Say that the campaign is alive, if nothing was said for `HEARTBEAT` seconds."""
        with self._lock:
            if self._quiet or self._clock() - self._spoken < HEARTBEAT:
                return
            self._say(
                fields(
                    "beat",
                    done=f"{self._progress.done}/{self._progress.total}",
                    pruned=self._progress.pruned,
                    failed=self._progress.failed,
                    running=len(self._progress.running),
                    eta=duration(eta(self._progress)),
                )
            )

    def __enter__(self) -> Self:
        threading.Thread(target=self._watch, name="heartbeat", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()

    def _watch(self) -> None:
        while not self._closed.wait(HEARTBEAT / 20):
            self.beat()

    def _say(self, text: str) -> None:
        self._spoken = self._clock()
        self._write(f"{timestamp(self._now())} {text}")


def fields(word: str, **values: object) -> str:
    """``word key=value ...``; a value with blanks or quotes is written as a JSON string."""
    return " ".join([word, *(f"{key}={_quote(str(value))}" for key, value in values.items())])


def _quote(text: str) -> str:
    simple = text and not any(char.isspace() or char in "\"'=" for char in text)
    return text if simple else json.dumps(text, ensure_ascii=False)


def describe(event: Event, progress: CampaignProgress, resume: str) -> str:
    """The line of an event, without its time; empty for events not worth one.

    Args:
        progress: What it added up to.
        resume: The command that continues the campaign.
    """
    match event:
        case CampaignStarted():
            line = _start(event, progress)
        case RunFinished(result=result) if event.is_new:
            is_failure = result.status is Status.FAILED
            line = _describe_failure(event) if is_failure else _describe_result(event, progress)
        case CellDecided():
            line = fields("decided", cell=event.cell, winner=event.winner)
        case CellFinished():
            line = fields("cell", cell=event.cell, status="finished", failed=event.failed)
        case InterimAnalysisDone():
            line = _describe_look(event)
        case SearchClosed():
            line = fields("closed", cell=event.cell, trials=f"{event.finished}/{event.trials}")
        case DeadlineReached() | ReportWritten() | ListenerFailed() | SearchFailed():
            line = _notice(event)
        case Interrupted(count=count, running=running):
            message = interrupt_message(count, running, resume)
            line = fields("interrupt", count=count, running=running, message=message)
        case CampaignFinished():
            line = _end(event, progress)
        case _:
            line = ""
    return line


def _notice(event: DeadlineReached | ReportWritten | ListenerFailed | SearchFailed) -> str:
    if isinstance(event, SearchFailed):
        return fields("FAIL", cell=event.cell, rung="search", kind="sampler", reason=event.reason)
    if isinstance(event, ListenerFailed):
        return fields("listener", listener=event.listener, problem=event.problem)
    if isinstance(event, ReportWritten):
        return fields("report", problem=event.problem) if event.problem else ""
    return fields("deadline", running=event.running, message=deadline_message(event.running))


def interrupt_message(count: int, running: int, resume: str) -> str:
    """What the `count`-th Ctrl-C does, and what the next one would."""
    runs = "1 run" if running == 1 else f"{running} runs"
    if count == 1:
        return (
            f"finishing {runs} in progress, starting no more; again to stop now; "
            f"nothing is lost; resume: {resume}"
        )
    return f"stopping {runs} in progress; again to kill; finished runs are kept; resume: {resume}"


def deadline_message(running: int) -> str:
    """What the deadline does."""
    return f"time is up; ending {quantity(running, 'run')} in progress"


def _alarming(event: Event) -> bool:
    is_failure = (
        isinstance(event, RunFinished) and event.is_new and event.result.status is Status.FAILED
    )
    unwritten = isinstance(event, ReportWritten) and bool(event.problem)
    return is_failure or unwritten or isinstance(event, Interrupted | ListenerFailed | SearchFailed)


def _start(event: CampaignStarted, progress: CampaignProgress) -> str:
    return fields(
        "start",
        campaign=event.campaign,
        cells=len(event.cells),
        runs=progress.total,
        done=progress.done,
        workers=event.workers,
    )


def _describe_result(event: RunFinished, progress: CampaignProgress) -> str:
    planned_run, result = event.planned, event.result
    return fields(
        "done",
        cell=planned_run.cell,
        rung=planned_run.rung.value,
        variant=planned_run.variant,
        index=planned_run.index,
        score=number(result.score),
        status=result.status.value,
        steps=result.steps,
        wall=duration(result.cost.wall),
        done=f"{progress.done}/{progress.total}",
        eta=duration(eta(progress)),
    )


def _describe_failure(event: RunFinished) -> str:
    planned_run, failure = event.planned, event.result.failure
    step = {} if failure is None or failure.step is None else {"step": failure.step}
    return fields(
        "FAIL",
        cell=planned_run.cell,
        rung=planned_run.rung.value,
        variant=planned_run.variant,
        index=planned_run.index,
        seed=planned_run.run.seed,
        **step,
        kind="unknown" if failure is None else failure.kind,
        reason="" if failure is None else failure.message,
    )


def _describe_look(event: InterimAnalysisDone) -> str:
    counts = Counter(event.decisions.values())
    return fields(
        "look",
        look=f"{event.look}/{event.looks}",
        improved=counts["improved"],
        worse=counts["worse"],
        undecided=counts["undecided"],
        more_runs=sum(event.added.values()),
    )


def _end(event: CampaignFinished, progress: CampaignProgress) -> str:
    cells = {"failed_cells": ",".join(event.failed_cells)} if event.failed_cells else {}
    word = "partial" if event.status == "partial" else "end"
    return fields(
        "interrupted" if event.interrupted else word,
        campaign=event.campaign,
        done=f"{progress.done}/{progress.total}",
        remaining=event.remaining,
        pruned=progress.pruned,
        failed=progress.failed,
        **cells,
    )
