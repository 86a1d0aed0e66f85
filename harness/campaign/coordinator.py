"""The coordinator: the one process that writes, and the loop that keeps the workers busy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from harness.campaign.books import Books
from harness.campaign.cells import Cells
from harness.campaign.ladder import Climb
from harness.campaign.models import model_path
from harness.campaign.timekeeper import Timekeeper
from harness.campaign.waiting import Waiting
from harness.core.capacity import Room
from harness.core.events import DeadlineReached, Interrupted, Listener, RunFinished, RunStarted
from harness.core.record import RunResult
from harness.core.run import PlannedRun
from harness.core.settings import Rung
from harness.errors import StorageError
from harness.execution import (
    ExecutionError,
    Interrupts,
    Order,
    WorkerDiedError,
    capacity,
    execute_run,
    outcome,
)

__all__ = ["Coordinator"]

_TICK: Final = 0.5
"""Seconds between two looks at the signals."""

_ATTEMPTS: Final = 3
"""Starts of a run whose worker dies; a death may be the machine's fault, not the run's."""


class Coordinator:
    """Hands pending runs to the executor and their results to the ledger, until nothing is left.

    Attributes:
        cells: All of them, with the results so far.
    """

    def __init__(
        self,
        climbs: Sequence[Climb],
        books: Books,
        *,
        folder: Path,
        save_models: bool,
        listener: Listener,
        workers: int,
        deadline: float | None = None,
    ) -> None:
        self.cells = Cells(climbs, books, listener)
        self._ledger = books.ledger
        self._registry = books.registry
        self._folder = folder
        self._save_models = save_models
        self._listener = listener
        self._workers = workers
        self._deadline = deadline
        self._running: dict[Future[RunResult], PlannedRun] = {}
        self._ended: SimpleQueue[Future[RunResult]] = SimpleQueue()
        self._attempts: dict[str, int] = {}
        self._broken: ExecutionError | None = None

    def begin(self) -> None:
        """Take the cells to where the ledger has them; what is old is no event."""
        new = self.cells.begin()
        climbs, results = self.cells.climbs, self.cells.results
        self._time = Timekeeper(climbs, results, workers=self._workers, deadline=self._deadline)
        self._waiting = Waiting(climbs, self._time)
        self._waiting.add(new)

    def run(self, executor: Executor, interrupts: Interrupts) -> None:
        """Work until nothing is pending or fits any more, or until the user interrupts.

        Raises:
            ExecutionError: The executor cannot go on; what is done is in the ledger.
        """
        try:
            self._work(executor, interrupts)
        except BaseException as error:
            # Nobody will take the results any more.
            executor.shutdown(wait=True, cancel_futures=True)
            if isinstance(error, StorageError):
                # Where the database itself is gone, that says more than a write that failed.
                self._ledger.check()
            raise

    def _work(self, executor: Executor, interrupts: Interrupts) -> None:
        seen = 0
        while True:
            if interrupts.count > seen:
                seen = interrupts.count
                self._listener(Interrupted(count=seen, running=len(self._running)))
            self._ledger.check()
            if interrupts.stopping:
                self._stop(executor)
                return
            if self._time.left <= 0:
                self._run_out(executor)
                return
            if not interrupts.draining:
                # Searches whose next trial no longer fits before the deadline.
                self._waiting.add(self.cells.close(self._time.closing()))
                self._fill(executor)
            if not self._running:
                return
            tick = max(0.0, min(_TICK, self._time.left))
            self._take(self._next_ended(tick))
            if self._broken is not None:
                raise self._broken

    def _fill(self, executor: Executor) -> None:
        taken = (planned.run.resources for planned in self._running.values())
        for planned in self._waiting.hand_out(Room(capacity(executor, self._workers), taken)):
            self._start(executor, planned)

    def _start(self, executor: Executor, planned: PlannedRun) -> None:
        run_id = planned.run.id
        future = executor.submit(execute_run, self._order(planned))
        self._running[future] = planned
        future.add_done_callback(self._ended.put)
        self._attempts[run_id] = self._attempts.get(run_id, 0) + 1
        self._time.begin(run_id, planned)
        self._listener(RunStarted(planned=planned))

    def _next_ended(self, seconds: float) -> Iterator[Future[RunResult]]:
        """What has ended; waits for the first. What goes on running costs nothing."""
        try:
            yield self._ended.get(timeout=seconds)
            while True:
                yield self._ended.get_nowait()
        except Empty:
            return

    def _run_out(self, executor: Executor) -> None:
        """The deadline has come: what still runs is ended and stays pending."""
        self._listener(DeadlineReached(running=len(self._running)))
        self._stop(executor)
        # What was decided from as many trials before is decided again.
        searching = [climb for climb in self.cells.climbs if climb.searching and climb.search.told]
        self._waiting.add(self.cells.close(searching))

    def _stop(self, executor: Executor) -> None:
        """End what runs; what ended by itself in the last moment is kept."""
        executor.shutdown(wait=True, cancel_futures=True)
        self._take([future for future in self._running if future.done()])

    def _order(self, planned: PlannedRun) -> Order:
        save_to = None
        if self._save_models and planned.rung is Rung.TEST:
            save_to = model_path(
                self._folder / "models", planned.cell, planned.variant, planned.run.seed
            )
        rule = planned.run.pruning
        return Order(
            run=planned.run,
            log=self._folder / "runs.log",
            save_to=save_to,
            pruner="" if rule is None else self._registry.path("pruner", rule.pruner.name),
        )

    def _take(self, ended: Iterable[Future[RunResult]]) -> None:
        """Keep the results of what has ended, then climb on from there.

        The more runs end at once, the more of them share a transaction.
        """
        found: list[tuple[PlannedRun, RunResult]] = []
        for future in ended:
            planned = self._running.pop(future, None)  # None: taken while everything was stopped
            if planned is not None and (result := self._outcome(future, planned)) is not None:
                found.append((planned, result))
        if not found:
            return
        self.cells.keep([result for _, result in found])
        for planned, _ in found:
            result = self.cells.results[planned.run.id]
            self._time.end(planned.run.id, result)
            self._listener(RunFinished(planned=planned, result=result))
        self._waiting.add(self.cells.go_on(planned.cell for planned, _ in found))

    def _outcome(self, future: Future[RunResult], planned: PlannedRun) -> RunResult | None:
        """What came of a run; None if it has to wait for another try."""
        run_id = planned.run.id
        if isinstance(error := _error(future), ExecutionError):
            self._broken = error
            return None
        attempts = self._attempts[run_id]
        if future.cancelled() or (isinstance(error, WorkerDiedError) and attempts < _ATTEMPTS):
            self._time.end(run_id, None)
            self._waiting.add([planned])
            return None
        wall = self._time.elapsed(run_id)
        return outcome(planned.run, future, attempts=attempts, wall=wall)


def _error(future: Future[RunResult]) -> BaseException | None:
    return None if future.cancelled() else future.exception()
