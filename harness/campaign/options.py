"""How a campaign is to be run, what it uses of the world, and how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from harness.campaign.matrices import registry
from harness.core.decisions.best_configurations import BestConfiguration
from harness.core.progress.remaining import Remaining, Span, total
from harness.core.record import CampaignRecord
from harness.core.run_result import RunResult
from harness.errors import INTERRUPTED
from harness.execution import open_executor
from harness.registry import Registry

Clock = Callable[[], float]
"""Seconds that only grow."""


def boot_time() -> float:
    """Seconds that no change of the clock moves, and that go on while the machine sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How to run a matrix; nothing here changes a number.

    Attributes:
        workers: How many runs are executed at once; None for as many as the executor finds.
        runs: Folder of the campaigns.
        storage: URL of the database; None for where the campaign is, or a file in its folder.
        reports: Folder of the reports.
        accept_changes: Continue although the matrix or the versions changed.
        retry_failed: Run the failed runs of the confirm and test rungs again.
        save_models: Save the models of the test rung.
        executor: Registered name.
        budget: Seconds of wall clock this run may take; None for no limit.
        executor_options: Its own keyword arguments.
        reuse: Name of an earlier campaign whose results of equal runs are taken over.
        report_every: Seconds after which the report is written again while runs go on.
    """

    workers: int | None = None
    runs: Path = Path("runs")
    storage: str | None = None
    reports: Path = Path("reports")
    accept_changes: bool = False
    retry_failed: bool = False
    save_models: bool = False
    executor: str = "local"
    budget: float | None = None
    executor_options: Mapping[str, object] = field(default_factory=dict)
    reuse: str | None = None
    report_every: float | None = None


class EndedRuns(Protocol):
    """A queue of the futures that are done; `queue.SimpleQueue` is one."""

    def put(self, item: Future[RunResult], /) -> None: ...

    def get(self, block: bool = True, timeout: float | None = None) -> Future[RunResult]: ...

    def get_nowait(self) -> Future[RunResult]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a report says of tuning.

    Attributes:
        headline: In a sentence; empty without a report.
        verdicts: Cell -> its word.
    """

    headline: str = ""
    verdicts: Mapping[str, str] = field(default_factory=dict)


def write_report(record: CampaignRecord, options: RunOptions) -> tuple[Path, Answer]:
    """Write a campaign's report and the list of reports.

    Returns:
        The report's index page, and what it says.
    """
    from harness.campaign.models.recordings import films
    from harness.report import campaign_view, check_folder, write_list, write_site
    from harness.report.outcomes import outcome

    folder = options.reports / record.name
    check_folder(folder)
    view = campaign_view(record, films(record, options.runs))
    index = write_site(view, folder)
    write_list(options.reports)
    verdicts = {row.cell: outcome(row) for row in view.rows}
    return index, Answer(headline=view.headline, verdicts=verdicts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What running a campaign uses of the world; a test puts its own in.

    Attributes:
        registry: What names stand for, from the check of a matrix to the suggestion of a trial.
        open_executor: Makes the executor, as `harness.execution.open_executor` does.
        clock: The clock of time limits.
        make_queue: Makes the queue of ended runs.
        report: Writes the report; returns its index page and what it says.
    """

    registry: Registry = field(default_factory=registry)
    open_executor: Callable[..., Executor] = open_executor
    clock: Clock = boot_time
    make_queue: Callable[[], EndedRuns] = SimpleQueue
    report: Callable[[CampaignRecord, RunOptions], tuple[Path, Answer]] = write_report


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the run of a campaign ended.

    Attributes:
        campaign: Name.
        report: The report's index page; None when the run was stopped before one was made.
        failed_cells: Cells in which a variant has no score at all, or whose sampler failed.
        interrupted: Whether the user ended it.
        unfinished: What is left to do in the cells that are not done.
        best: What is shipped, of the cells that have decided.
        answer: What the report says of tuning.
        sampler_errors: Cell -> why its sampler suggests no more.
        unlisted: Cells of earlier commands that this one's matrix does not name.
    """

    campaign: str
    report: Path | None
    failed_cells: tuple[str, ...]
    interrupted: bool
    unfinished: tuple[Remaining, ...] = ()
    best: tuple[BestConfiguration, ...] = ()
    answer: Answer = field(default_factory=Answer)
    sampler_errors: Mapping[str, str] = field(default_factory=dict)
    unlisted: tuple[str, ...] = ()

    @property
    def remaining(self) -> Span:
        """Runs left to do."""
        return total(self.unfinished)

    @property
    def status(self) -> str:
        """``complete``, ``interrupted`` by the user, or ``partial``: time or a sampler ended it."""
        if not self.unfinished:
            return "complete"
        return "interrupted" if self.interrupted else "partial"

    @property
    def exit_code(self) -> int:
        if self.status == "interrupted":
            return INTERRUPTED
        return 1 if self.failed_cells else 0
