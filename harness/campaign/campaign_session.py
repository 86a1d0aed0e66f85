"""A campaign on an open executor: from a matrix to a report."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from concurrent.futures import Executor
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from harness.analysis.interim_analyses import judge
from harness.campaign.campaign_records import (
    claim_database,
    keep_matrix,
    open_campaign,
    remember_database,
)
from harness.campaign.cell_histories import CellHistories
from harness.campaign.coordinator_activity import CoordinatorActivity
from harness.campaign.models.trained_models import keep_best_models
from harness.campaign.options import Answer, Outcome, RunOptions, Services
from harness.campaign.run_logs import finish_log, log_path
from harness.campaign.scheduler import Scheduler
from harness.campaign.stores import CampaignStores, OptunaTuner, enter_campaign, study_key
from harness.core.costs.search_budget import typical_trials
from harness.core.decisions import plan
from harness.core.decisions.best_configurations import best_configurations
from harness.core.events import CampaignFinished, CampaignStarted, Listener, ReportWritten, all_of
from harness.core.matrix import Matrix
from harness.core.progress.ladder_progress import Progress
from harness.core.progress.remaining import remaining
from harness.core.progress.run_counts import counts_of
from harness.core.record import CampaignRecord
from harness.core.run_result import Status
from harness.core.settings import Rung
from harness.errors import HarnessError, StorageError
from harness.execution import Interrupts, capacity
from harness.execution.worker_process import end_tree
from harness.registry import Registry
from harness.store import SqlLedger, display_url, lock_campaign, parse_url
from harness.trackers.tracked_runs import Tracking, make_tracker
from harness.tuning.optuna_tables import OptunaTables, open_tables

HEARTBEAT: Final = "heartbeat"
"""File in a campaign's folder that changes every second while its coordinator works."""


def run_on(
    executor: Executor,
    matrix: Matrix,
    options: RunOptions,
    deadline: float | None,
    listener: Listener,
    services: Services,
) -> Outcome:
    """Run what the ledger lacks, then write the report.

    Args:
        executor: Who runs the runs; the caller shuts it down.
        matrix, options: What to run and how.
        deadline: Time of the services' clock at which to be done; None for no limit.
        services: What to use of the world.

    Raises what `harness.campaign.run_campaign` says.
    """
    # Nobody else has to stand where this process stands, or has to stay there.
    options = replace(options, runs=options.runs.absolute(), reports=options.reports.absolute())
    database = claim_database(matrix.name, options.runs, options.storage)
    folder = options.runs / matrix.name
    _make(folder)
    with ExitStack() as stack:
        # Before anything is made for a campaign that cannot begin.
        earlier = None
        if options.reuse is not None:
            campaign = open_campaign(options.reuse, options.runs, options.storage)
            earlier = stack.enter_context(campaign)
        ledger = stack.enter_context(lock_campaign(database, matrix.name))
        with ledger.exclusive_setup():
            tables = stack.enter_context(closing(open_tables(ledger.url)))
        remember_database(folder, database)
        slots = round(capacity(executor, options.workers).cpus)
        activity = _activity(ledger, matrix.name, options, listener, services)
        trackings = _trackings(matrix, folder, services.registry, listener)
        for tracking in trackings:
            stack.callback(tracking.close)
        listener = all_of(activity.hear, *trackings, listener)
        stores = _stores(ledger, tables, matrix, options, database, services.registry, earlier)
        cells = _histories(matrix, stores, listener)
        scheduler = Scheduler(
            cells,
            ledger,
            executor,
            activity,
            folder=folder,
            save_models=options.save_models,
            listener=listener,
            workers=slots,
            pruner_path=partial(services.registry.path, "pruner"),
            clock=services.clock,
            ended_runs=services.make_queue(),
            deadline=deadline,
        )
        with Interrupts(kill=_kill_children) as interrupts:
            _finish_logs(folder)
            listener(_make_start_event(matrix, slots, cells))
            for tracking in trackings:
                tracking.begin(ledger.record(matrix.name))
            _run(scheduler, activity, interrupts)
        ledger.check()
        record = ledger.record(matrix.name)
        report = (None, Answer()) if interrupts.stopping else services.report(record, options)
        if options.save_models:
            keep_best_models(record, folder / "models")
    outcome = _outcome(record, report, cells, is_interrupted=interrupts.draining)
    listener(
        CampaignFinished(
            campaign=outcome.campaign,
            remaining=outcome.remaining,
            failed_cells=outcome.failed_cells,
            interrupted=outcome.interrupted,
            status=outcome.status,
        )
    )
    return outcome


def _histories(matrix: Matrix, stores: CampaignStores, listener: Listener) -> CellHistories:
    keys = {cell.name: study_key(cell, stores.environment) for cell in matrix.cells}
    return CellHistories(matrix.cells, keys, stores, judge=judge, listener=listener)


def _run(scheduler: Scheduler, activity: CoordinatorActivity, interrupts: Interrupts) -> None:
    try:
        scheduler.run(interrupts)
    finally:
        # Where the database is gone, the error that says so is already on its way.
        with suppress(StorageError):
            activity.end()


def _finish_logs(folder: Path) -> None:
    """Finish the logs of runs that were in progress when a coordinator was killed."""
    for log in log_path(folder, "").parent.glob("*.log"):
        finish_log(log)


def _outcome(
    record: CampaignRecord,
    report: tuple[Path | None, Answer],
    cells: CellHistories,
    *,
    is_interrupted: bool,
) -> Outcome:
    every = [remaining(counts) for counts in counts_of(cells.progress).values()]
    return Outcome(
        campaign=record.name,
        report=report[0],
        failed_cells=cells.failed_cells(),
        interrupted=is_interrupted,
        unfinished=tuple(each for each in every if each.total.most),
        best=best_configurations(record),
        answer=report[1],
        sampler_errors=cells.sampler_errors,
        unlisted=tuple(cell.name for cell in record.unlisted),
    )


def _activity(
    ledger: SqlLedger, campaign: str, options: RunOptions, listener: Listener, services: Services
) -> CoordinatorActivity:
    def report() -> None:
        # Neither a full disk nor a fault of a page ends a campaign for a report that comes again.
        try:
            index, _ = services.report(ledger.record(campaign), options)
        except HarnessError as error:
            listener(ReportWritten(problem=error.message))
        except Exception as error:  # noqa: BLE001 - the last one, in the end, says it in full
            listener(ReportWritten(problem=f"{type(error).__name__}: {error}"))
        else:
            listener(ReportWritten(report=str(index)))

    return CoordinatorActivity(
        ledger,
        campaign,
        services.clock,
        heartbeat=options.runs / campaign / HEARTBEAT,
        report=report,
        report_every=options.report_every,
    )


def _trackings(matrix: Matrix, folder: Path, registry: Registry, tell: Listener) -> list[Tracking]:
    """The listeners that the matrix names.

    Raises:
        UsageError: One cannot be made, or lacks a method.
    """
    trackings = []
    for each in matrix.listeners:
        function = registry.function("listener", each.name)
        tracker = make_tracker(each.name, function, folder, matrix.name, each.options)
        trackings.append(Tracking(each.name, tracker, tell))
    return trackings


def _stores(
    ledger: SqlLedger,
    tables: OptunaTables,
    matrix: Matrix,
    options: RunOptions,
    database: str | Path,
    registry: Registry,
    earlier: SqlLedger | None,
) -> CampaignStores:
    """Enter the campaign in the ledger and keep its matrix."""
    environment = enter_campaign(
        ledger,
        matrix,
        storage=display_url(parse_url(database)),
        accept_changes=options.accept_changes,
    )
    keep_matrix(matrix, options.runs / matrix.name)
    if earlier is not None:
        # Runs are known by what they are: whatever has no part in this campaign lies idle.
        ledger.add_results(earlier.results(environment).values(), environment=environment)
    if options.retry_failed:
        _drop_failures(ledger, matrix.name, environment)
    return CampaignStores(
        campaign=matrix.name,
        ledger=ledger,
        tuner=OptunaTuner(tables, matrix.name, registry),
        environment=environment,
    )


def _make_start_event(matrix: Matrix, slots: int, cells: CellHistories) -> CampaignStarted:
    counts = counts_of(cells.progress)
    runs, steps = {}, {}
    for name, each in counts.items():
        outlook = remaining(each, more_seeds=False)
        pending = outlook.rungs
        cell = cells.progress[name].cell
        by_rung = {rung: each.ended[rung] + pending[rung].most for rung in Rung}
        if cell.search.budget is not None and each.may_go_on:
            # About as many, and no fewer than there are.
            trials = each.ended[Rung.SEARCH] + pending[Rung.SEARCH].least
            by_rung[Rung.SEARCH] = max(typical_trials(cell), trials)
        runs[name] = sum(by_rung.values())
        by_rung[Rung.TEST] += outlook.more_trainings.most
        steps[name] = sum(count * plan.steps_of(cell, rung) for rung, count in by_rung.items())
    results = cells.results
    statuses = {
        name: Counter(results[run_id].status for run_id in progress.runs if run_id in results)
        for name, progress in cells.progress.items()
    }
    return CampaignStarted(
        campaign=matrix.name,
        cells=runs,
        done={name: sum(each.ended.values()) for name, each in counts.items()},
        workers=slots,
        steps=steps,
        pruned={name: ends[Status.PRUNED] for name, ends in statuses.items()},
        failed={name: ends[Status.FAILED] for name, ends in statuses.items()},
        finished=tuple(name for name, each in cells.progress.items() if each.done),
        winners={n: each.winner.variant for n, each in cells.progress.items() if each.winner},
        trials={name: _search_scores(each) for name, each in cells.progress.items()},
        tests={name: _test_scores(each) for name, each in cells.progress.items()},
    )


def _search_scores(progress: Progress) -> dict[str, float]:
    scores = [trial.complete_score for trial in progress.trials]
    complete = [score for score in scores if score is not None]
    default = {"default": scores[0]} if scores and scores[0] is not None else {}
    return default | ({"best": max(complete)} if complete else {})


def _test_scores(progress: Progress) -> dict[str, tuple[float, ...]]:
    scores: dict[str, tuple[float, ...]] = {}
    for run_id, each in progress.runs.items():
        result = progress.history.results.get(run_id)
        if each.rung is Rung.TEST and result is not None and result.score is not None:
            scores[each.variant] = (*scores.get(each.variant, ()), result.score)
    return scores


def _drop_failures(ledger: SqlLedger, campaign: str, environment: str) -> None:
    # Not the search's: later trials were asked in the knowledge that these had failed.
    run_ids = [
        run.run_id
        for cell in ledger.record(campaign).cells
        for run in cell.runs
        if run.result is not None and run.result.status is Status.FAILED
    ]
    ledger.drop_failures(run_ids, environment)


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
