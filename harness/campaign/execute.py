"""Run a campaign: from a matrix to a report."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.campaign.begin import begin, study_key
from harness.campaign.books import Books
from harness.campaign.ladder import Climb
from harness.campaign.matrices import registry
from harness.campaign.models import keep_best_models
from harness.campaign.places import claim, remember
from harness.campaign.records import keep_matrix
from harness.campaign.summary import summarize
from harness.campaign.timekeeper import instant
from harness.core import carry
from harness.core.events import CampaignFinished, CampaignStarted, Listener
from harness.core.matrix import Matrix
from harness.core.protocol import Component
from harness.core.record import CampaignRecord, Status
from harness.core.undone import Undone, undone
from harness.errors import StorageError, UsageError
from harness.execution import Interrupts, admit, capacity, open_executor
from harness.execution.interrupts import EXIT_STATUS
from harness.execution.processes import end_tree
from harness.store import Ledger, coordinate, parse_url, shown
from harness.tuning import Tables, check, open_tables

if TYPE_CHECKING:
    from harness.campaign.cells import Cells

__all__ = ["Outcome", "RunOptions", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How to run a matrix; nothing here changes a number.

    Attributes:
        workers: Slots for units that run at once; None for as many as the executor finds.
        runs: Folder of the campaigns.
        storage: URL of the database; None for where the campaign is, or a file in its folder.
        reports: Folder of the reports.
        accept_changes: Continue although the matrix or the versions changed.
        retry_failed: Run the failed units of the confirm and test rungs again.
        save_models: Save the models of the test rung.
        executor: Registered name.
        budget: Seconds of wall clock this run may take; None for no limit.
        executor_options: Its own keyword arguments.
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
    executor_options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended.

    Attributes:
        campaign: Name.
        report: The report's index page; None when the run was stopped before one was made.
        failed_cells: Cells in which a variant has no score at all.
        pending: Units left to do.
        interrupted: Whether the user ended the run.
        undone: What is left, cell by cell.
    """

    campaign: str
    report: Path | None
    failed_cells: tuple[str, ...]
    pending: int
    interrupted: bool
    undone: tuple[Undone, ...] = ()

    @property
    def status(self) -> str:
        """``complete``, ``interrupted`` by the user, or ``partial``: time ran out."""
        if not self.pending:
            return "complete"
        return "interrupted" if self.interrupted else "partial"

    @property
    def exit_code(self) -> int:
        if self.status == "interrupted":
            return EXIT_STATUS
        return 1 if self.failed_cells else 0


def run(matrix: Matrix, options: RunOptions, listener: Listener = lambda event: None) -> Outcome:
    """Run what the ledger lacks, then write the report. The same call again continues.

    Raises:
        LockedError: Another process runs this campaign.
        UsageError: The campaign is kept in another database than `options.storage`.
        CampaignChangedError: The matrix or the versions changed, and that was not accepted.
        StorageError: The database cannot be read or written.
        ExecutionError: The executor cannot be opened, or cannot go on.
    """
    # At once, so that no later change of the clock moves it.
    deadline = None if options.budget is None else instant() + options.budget
    for cell in matrix.cells:
        check(cell)
    place = claim(matrix.name, options.runs, options.storage)
    executor = _executor(matrix, options)
    # Scipy and pandas take as long as what the executor's processes load meanwhile.
    from harness.campaign.coordinator import Coordinator

    folder = options.runs / matrix.name
    _make(folder)
    with executor, coordinate(place, matrix.name) as ledger, ExitStack() as opened:
        with ledger.alone():
            tables = opened.enter_context(closing(open_tables(ledger.url)))
        remember(folder, place)
        slots = round(capacity(executor, options.workers).cpus)
        books = _books(ledger, tables, matrix, options, place)
        coordinator = Coordinator(
            _climbs(matrix, books),
            books,
            folder=folder,
            save_models=options.save_models,
            listener=listener,
            workers=slots,
            deadline=deadline,
        )
        coordinator.begin()
        with Interrupts(kill=_kill_children) as interrupts:
            _announce(matrix, slots, coordinator.cells, listener)
            coordinator.run(executor, interrupts)
        ledger.check()
        record = ledger.record(matrix.name)
        report = None if interrupts.stopping else _report(record, options)
        if options.save_models:
            keep_best_models(record, folder / "models")
    outcome = Outcome(
        campaign=matrix.name,
        report=report,
        failed_cells=coordinator.cells.failed_cells(),
        pending=coordinator.cells.pending(),
        interrupted=interrupts.draining,
        undone=undone(record.cells),
    )
    listener(
        CampaignFinished(
            campaign=outcome.campaign,
            pending=outcome.pending,
            failed_cells=outcome.failed_cells,
            interrupted=outcome.interrupted,
            status=outcome.status,
        )
    )
    return outcome


def _report(record: CampaignRecord, options: RunOptions) -> Path:
    from harness.campaign.recordings import films
    from harness.report import write_list, write_report

    index = write_report(record, options.reports / record.name, films(record, options.runs))
    write_list(options.reports)
    return index


def _executor(matrix: Matrix, options: RunOptions) -> Executor:
    """The executor, open, and able to run every cell."""
    executor = open_executor(
        registry(),
        Component(name=options.executor, options=options.executor_options),
        workers=options.workers,
        threads=max(cell.threads for cell in matrix.cells),
    )
    try:
        for cell in matrix.cells:
            admit(executor, cell.resources)
    except UsageError:
        executor.shutdown()
        raise
    return executor


def _books(
    ledger: Ledger, tables: Tables, matrix: Matrix, options: RunOptions, place: str | Path
) -> Books:
    """Enter the campaign in the ledger and keep its matrix."""
    environment = begin(
        ledger, matrix, storage=shown(parse_url(place)), accept_changes=options.accept_changes
    )
    keep_matrix(matrix, options.runs / matrix.name)
    if options.retry_failed:
        _drop_failures(ledger, matrix.name, environment)
    return Books(ledger=ledger, tables=tables, environment=environment)


def _announce(matrix: Matrix, slots: int, cells: Cells, listener: Listener) -> None:
    listener(
        CampaignStarted(
            campaign=matrix.name,
            cells={climb.cell.name: climb.total() for climb in cells.climbs},
            done={climb.cell.name: cells.done(climb) for climb in cells.climbs},
            workers=slots,
            steps={
                cell.name: cell.steps
                for cell in summarize(
                    matrix,
                    {climb.cell.name: climb.seeds for climb in cells.climbs},
                    timed=False,
                )
            },
        )
    )


def _climbs(matrix: Matrix, books: Books) -> Sequence[Climb]:
    return [
        Climb(
            matrix.name,
            cell,
            study=study_key(cell, books.environment),
            books=books,
            sources=[source.name for source in carry.sources(cell, matrix.cells)],
        )
        for cell in matrix.cells
    ]


def _drop_failures(ledger: Ledger, campaign: str, environment: str) -> None:
    # Not the search's: later trials were asked in the knowledge that these had failed.
    failed = [
        run.unit
        for cell in ledger.record(campaign).cells
        for run in cell.runs
        if run.result is not None and run.result.status is Status.FAILED
    ]
    ledger.drop_failures(failed, environment)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StorageError(
            f"cannot make the campaign's folder {folder}: {exc.strerror}",
            help="choose another one with --runs",
        ) from exc


def _kill_children() -> None:
    for process in multiprocessing.active_children():
        if process.pid is not None:
            end_tree(process.pid)
