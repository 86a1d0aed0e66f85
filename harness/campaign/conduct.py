"""Conduct a campaign on an open executor: from a matrix to a report."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

from harness.campaign.begin import begin, study_key
from harness.campaign.books import Books
from harness.campaign.coordinator import Coordinator
from harness.campaign.ladder import Climb
from harness.campaign.matrices import registry
from harness.campaign.models import keep_best_models
from harness.campaign.options import Outcome, RunOptions
from harness.campaign.places import claim, remember
from harness.campaign.records import keep_matrix
from harness.campaign.summary import summarize
from harness.core import carry
from harness.core.events import CampaignFinished, CampaignStarted, Listener
from harness.core.matrix import Matrix
from harness.core.record import CampaignRecord, Status
from harness.core.undone import undone
from harness.errors import StorageError
from harness.execution import Interrupts, capacity
from harness.execution.worker_process import end_tree
from harness.store import SqlLedger, display_url, lock_campaign, parse_url
from harness.tuning.optuna_tables import OptunaTables, open_tables

if TYPE_CHECKING:
    from harness.campaign.cells import Cells

__all__ = ["conduct"]


def conduct(
    matrix: Matrix,
    options: RunOptions,
    executor: Executor,
    deadline: float | None,
    listener: Listener,
) -> Outcome:
    """Run what the ledger lacks, then write the report.

    Args:
        matrix, options: What to run and how.
        executor: What executes the runs; the caller shuts it down.
        deadline: Instant of the coordinator's clock at which to be done; None for no limit.
        listener: Is told what happens.

    Raises what `harness.campaign.run` says.
    """
    place = claim(matrix.name, options.runs, options.storage)
    folder = options.runs / matrix.name
    _make(folder)
    with lock_campaign(place, matrix.name) as ledger, ExitStack() as opened:
        with ledger.exclusive_setup():
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


def _books(
    ledger: SqlLedger, tables: OptunaTables, matrix: Matrix, options: RunOptions, place: str | Path
) -> Books:
    """Enter the campaign in the ledger and keep its matrix."""
    environment = begin(
        ledger, matrix, storage=display_url(parse_url(place)), accept_changes=options.accept_changes
    )
    keep_matrix(matrix, options.runs / matrix.name)
    if options.retry_failed:
        _drop_failures(ledger, matrix.name, environment)
    return Books(ledger=ledger, tables=tables, registry=registry(), environment=environment)


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


def _drop_failures(ledger: SqlLedger, campaign: str, environment: str) -> None:
    # Not the search's: later trials were asked in the knowledge that these had failed.
    failed = [
        run.run_id
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
