"""The scheduler: the one loop that writes, and keeps the workers busy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from queue import Empty
from typing import Final

from harness.campaign.cell_histories import CellHistories
from harness.campaign.coordinator_activity import CoordinatorActivity
from harness.campaign.deadlines.deadline_policy import DeadlinePolicy
from harness.campaign.models.trained_models import model_path
from harness.campaign.options import Clock, EndedRuns
from harness.campaign.pending_queue import PendingQueue
from harness.campaign.run_logs import finish_log, log_path
from harness.core.costs.capacity import Room
from harness.core.events import DeadlineReached, Interrupted, Listener, RunFinished, RunStarted
from harness.core.ledger import Ledger, StopRequest
from harness.core.run import PlannedRun
from harness.core.run_result import RunResult
from harness.core.settings import Rung
from harness.errors import StorageError
from harness.execution import (
    ATTEMPTS,
    ExecutionError,
    Interrupts,
    Order,
    WorkerDiedError,
    capacity,
    execute_run,
    outcome,
)

_TICK: Final = 0.5
"""Seconds between two looks at the signals."""


class Scheduler:
    """Hands pending runs to the executor and their results to the ledger, until nothing is left."""

    def __init__(  # noqa: PLR0913
        self,
        cells: CellHistories,
        ledger: Ledger,
        executor: Executor,
        activity: CoordinatorActivity,
        *,
        folder: Path,
        save_models: bool,
        listener: Listener,
        workers: int,
        pruner_path: Callable[[str], str],
        clock: Clock,
        ended_runs: EndedRuns,
        deadline: float | None = None,
    ) -> None:
        """Take the cells to where the ledger has them.

        Args:
            cells: All of them, with the results so far.
            ledger: Is asked whether this process may still write.
            executor: Who runs the runs; a failure shuts it down.
            activity: Is asked whether somebody wants to stop the campaign.
            folder: Of the campaign.
            save_models: Whether the models of the test rung are kept.
            workers: Slots of an executor that does not know its size.
            pruner_path: Where a worker finds the pruner of that name, as ``module:function``.
            clock: The clock of the deadline.
            ended_runs: Where futures go when they are done.
            deadline: Time of the clock after which nothing runs; None for none.
        """
        self._cells = cells
        self._ledger = ledger
        self._executor = executor
        self._activity = activity
        self._folder = folder
        self._save_models = save_models
        self._listener = listener
        self._workers = workers
        self._pruner_path = pruner_path
        self._running: dict[Future[RunResult], PlannedRun] = {}
        self._ended = ended_runs
        self._attempts: dict[str, int] = {}
        self._completed: dict[str, int] = {}
        """Reopened searches: trials with which they were closed when the cell was done."""
        self._executor_error: ExecutionError | None = None
        pending = cells.resume()
        self._policy = DeadlinePolicy(
            cells.progress, workers=workers, deadline=deadline, clock=clock
        )
        self._queue = PendingQueue(
            list(cells.progress), self._policy, lambda planned_run: _is_planned(cells, planned_run)
        )
        self._queue.add(pending)

    def run(self, interrupts: Interrupts) -> None:
        """Work until nothing is pending or fits any more, or until the user interrupts.

        Raises:
            ExecutionError: The executor cannot go on; what is done is in the ledger.
        """
        self._cells.say_sampler_errors()
        try:
            self._work(interrupts)
        except BaseException as error:
            # Nobody will take the results any more.
            self._executor.shutdown(wait=True, cancel_futures=True)
            if isinstance(error, StorageError):
                # Where the database itself is gone, that says more than a write that failed.
                self._ledger.check()
            raise

    def _work(self, interrupts: Interrupts) -> None:
        interrupt_count = 0
        while True:
            match self._activity.look():
                case StopRequest.DRAIN:
                    interrupts.raise_to(1)
                case StopRequest.STOP:
                    interrupts.raise_to(2)
            if interrupts.count > interrupt_count:
                interrupt_count = interrupts.count
                self._listener(Interrupted(count=interrupt_count, running=len(self._running)))
            self._ledger.check()
            if interrupts.stopping:
                self._stop()
                return
            if self._policy.seconds_left <= 0:
                self._run_out()
                return
            if not interrupts.draining:
                self._reopen(is_tested=False)
                self._start_runnable()
                self._close()
                self._reopen(is_tested=True)
            if not self._running:
                self._fall_back()
                return
            tick = max(0.0, min(_TICK, self._policy.seconds_left))
            self._take(self._wait_for_results(tick))
            if self._executor_error is not None:
                raise self._executor_error

    def _start_runnable(self) -> None:
        allocations = (planned_run.run.resources for planned_run in self._running.values())
        room = Room(capacity(self._executor, self._workers), allocations)
        for planned_run in self._queue.pop_runnable(room):
            self._start(planned_run)

    def _close(self) -> None:
        """End searches whose next trial no longer fits before the deadline.

        Not while there is something else to do: it may turn out to take less than was thought.
        """
        if len(self._running) >= self._workers:
            return
        if cells := self._policy.searches_to_close():
            self._queue.add(self._cells.close(cells))
            self._start_runnable()

    def _reopen(self, *, is_tested: bool) -> None:
        """Give workers with nothing to do the trials of searches that were closed too early."""
        while self._policy.limited and len(self._running) < self._workers:
            name = self._policy.search_to_reopen(is_tested=is_tested)
            if name is None or name in self._cells.sampler_errors:
                return
            trial_limit = self._cells.progress[name].history.closed
            if is_tested:
                self._completed[name] = 0 if trial_limit is None else trial_limit
            self._queue.add(self._cells.reopen(name))
            self._start_runnable()

    def _fall_back(self) -> None:
        """Where a reopened search was not tested in time, return to the earlier choice."""
        counts = {
            name: count
            for name, count in self._completed.items()
            if not self._cells.progress[name].done
        }
        self._cells.close(counts, counts)

    def _start(self, planned_run: PlannedRun) -> None:
        run_id = planned_run.run.id
        future = self._executor.submit(execute_run, self._order(planned_run))
        self._running[future] = planned_run
        future.add_done_callback(self._ended.put)
        self._attempts[run_id] = self._attempts.get(run_id, 0) + 1
        self._policy.start(planned_run)
        self._listener(RunStarted(planned=planned_run))

    def _wait_for_results(self, seconds: float) -> Iterator[Future[RunResult]]:
        """What has ended; waits for the first. What goes on running costs nothing."""
        try:
            yield self._ended.get(timeout=seconds)
            while True:
                yield self._ended.get_nowait()
        except Empty:
            return

    def _run_out(self) -> None:
        """End what still runs at the deadline; it stays pending."""
        self._listener(DeadlineReached(running=len(self._running)))
        self._stop()
        self._fall_back()
        # What was decided from as many trials before is decided again.
        searching = [name for name, p in self._cells.progress.items() if p.searching and p.finished]
        self._queue.add(self._cells.close(searching))

    def _stop(self) -> None:
        """End what runs; what ended by itself in the last moment is kept."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._take([future for future in self._running if future.done()])

    def _order(self, planned_run: PlannedRun) -> Order:
        save_to = None
        if self._save_models and planned_run.is_held_out:
            save_to = model_path(
                self._folder / "models", planned_run.cell, planned_run.variant, planned_run.run.seed
            )
        rule = planned_run.run.pruning
        return Order(
            run=planned_run.run,
            log=log_path(self._folder, planned_run.run.id),
            save_to=save_to,
            pruner="" if rule is None else self._pruner_path(rule.pruner.reference),
        )

    def _take(self, futures: Iterable[Future[RunResult]]) -> None:
        """Record the results of what has ended, then go on from there.

        The more runs end at once, the more of them share a transaction.
        """
        results: list[tuple[PlannedRun, RunResult]] = []
        for future in futures:
            # None: taken while everything was stopped.
            planned_run = self._running.pop(future, None)
            if planned_run is None:
                continue
            finish_log(log_path(self._folder, planned_run.run.id))
            if (result := self._outcome(future, planned_run)) is not None:
                results.append((planned_run, result))
        if not results:
            return
        self._cells.record([result for _, result in results])
        for planned_run, _ in results:
            result = self._cells.results[planned_run.run.id]
            self._policy.end(planned_run.run.id, result)
            self._listener(RunFinished(planned=planned_run, result=result))
        self._queue.add(self._cells.advance(planned_run.cell for planned_run, _ in results))

    def _outcome(self, future: Future[RunResult], planned_run: PlannedRun) -> RunResult | None:
        """What came of a run; None if it has to wait for another try."""
        run_id = planned_run.run.id
        if isinstance(error := _error(future), ExecutionError):
            self._executor_error = error
            return None
        attempts = self._attempts[run_id]
        if future.cancelled() or (isinstance(error, WorkerDiedError) and attempts < ATTEMPTS):
            self._policy.end(run_id, None)
            self._queue.add([planned_run])
            return None
        wall = self._policy.seconds_since_start(run_id)
        return outcome(planned_run.run, future, attempts=attempts, wall=wall)


def _is_planned(cells: CellHistories, planned_run: PlannedRun) -> bool:
    """Whether a run is still to be run: a search may have ended since, or gone on after all."""
    progress = cells.progress[planned_run.cell]
    if planned_run.rung is Rung.SEARCH:
        return progress.searching
    return planned_run.run.id in progress.runs


def _error(future: Future[RunResult]) -> BaseException | None:
    return None if future.cancelled() else future.exception()
