"""The coordinator: the one process that writes, and the loop that keeps the workers busy."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from harness.campaign.books import Books
from harness.campaign.ladder import Climb
from harness.campaign.models import model_path
from harness.campaign.timekeeper import Timekeeper
from harness.campaign.together import Together
from harness.campaign.waiting import Waiting
from harness.core.events import (
    CellDecided,
    CellFinished,
    DeadlineReached,
    InterimTaken,
    Interrupted,
    Listener,
    SearchClosed,
    UnitFinished,
    UnitStarted,
)
from harness.core.plan import DEFAULT, TUNED
from harness.core.protocol import Rung
from harness.core.record import Failure, RunResult, Status
from harness.core.resources import Room
from harness.core.unit import Planned
from harness.errors import StorageError
from harness.execution import (
    ExecutionError,
    Interrupts,
    Order,
    WorkerDiedError,
    capacity,
    outcome,
    run_unit,
)

__all__ = ["Coordinator"]

_TICK: Final = 0.5
"""Seconds between two looks at the signals."""

_ATTEMPTS: Final = 3
"""Starts of a unit whose worker dies; a death may be the machine's fault, not the unit's."""


class Coordinator:
    """Hands pending units to the executor and their results to the ledger, until nothing is left.

    Attributes:
        results: Unit id -> result, of the units known so far.
        climbs: The cells.
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
        self.climbs = climbs
        self.results: dict[str, RunResult] = {
            trial.unit: trial.result
            for climb in climbs
            for trial in climb.trials
            if trial.result is not None
        }
        self._books = books
        self._ledger = books.ledger
        self._environment = books.environment
        self._folder = folder
        self._save_models = save_models
        self._listener = listener
        self._workers = workers
        self._deadline = deadline
        self._by_name = {climb.cell.name: climb for climb in climbs}
        self._looked_at = dict.fromkeys(self._by_name, 0)
        self._running: dict[Future[RunResult], Planned] = {}
        self._ended: SimpleQueue[Future[RunResult]] = SimpleQueue()
        self._attempts: dict[str, int] = {}
        self._decided: set[str] = set()
        self._finished: set[str] = set()
        self._together = Together(climbs)
        self._looks: list[InterimTaken] = []
        self._broken: ExecutionError | None = None

    def begin(self) -> None:
        """Take the cells to where the ledger has them; what is old is no event."""
        with self._books.together():
            new = [each for climb in self.climbs for each in self._advance(climb)]
            while touched := self._joint():
                new += [each for climb in touched for each in self._advance(climb)]
        self._looks.clear()
        self._decided = {c.cell.name for c in self.climbs if c.winner is not None}
        self._finished = {c.cell.name for c in self.climbs if c.is_finished(self.results)}
        self._time = Timekeeper(
            self.climbs, self.results, workers=self._workers, deadline=self._deadline
        )
        self._waiting = Waiting(self.climbs, self._time)
        self._queue(new)

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
                self._close(self._time.closing())
                self._fill(executor)
            if not self._running:
                return
            tick = max(0.0, min(_TICK, self._time.left))
            self._take(self._next_ended(tick))
            if self._broken is not None:
                raise self._broken

    def pending(self) -> int:
        """Units without a result, those included that are not known yet."""
        return sum(
            climb.total() - self.done(climb)
            for climb in self.climbs
            if not self._is_complete(climb)
        )

    def done(self, climb: Climb) -> int:
        return sum(unit in self.results for unit in climb.planned)

    def _is_complete(self, climb: Climb) -> bool:
        return climb.closed is None and climb.is_finished(self.results)

    def failed_cells(self) -> tuple[str, ...]:
        """Cells in which a variant has no score at all."""
        return tuple(
            climb.cell.name
            for climb in self.climbs
            if climb.is_finished(self.results) and climb.variants_without_score(self.results)
        )

    def _fill(self, executor: Executor) -> None:
        taken = (planned.unit.resources for planned in self._running.values())
        for planned in self._waiting.hand_out(Room(capacity(executor, self._workers), taken)):
            self._start(executor, planned)

    def _start(self, executor: Executor, planned: Planned) -> None:
        unit = planned.unit.id
        future = executor.submit(run_unit, self._order(planned))
        self._running[future] = planned
        future.add_done_callback(self._ended.put)
        self._attempts[unit] = self._attempts.get(unit, 0) + 1
        self._time.begin(unit, planned)
        self._listener(UnitStarted(planned=planned))

    def _next_ended(self, seconds: float) -> Iterator[Future[RunResult]]:
        """What has ended; waits for the first. What goes on running costs nothing."""
        try:
            yield self._ended.get(timeout=seconds)
            while True:
                yield self._ended.get_nowait()
        except Empty:
            return

    def _advance(self, climb: Climb) -> list[Planned]:
        """Climb as far as results permit; the new units that lack one.

        Some have a result already: from before, or from another campaign in the same database.
        """
        pending = []
        found: dict[str, RunResult] | None = None
        while found is None or found:
            climb.advance(self.results)
            known = self._looked_at[climb.cell.name]
            new = [unit for unit in islice(climb.planned, known, None) if unit not in self.results]
            self._looked_at[climb.cell.name] = len(climb.planned)
            found = self._ledger.results(self._environment, units=new)
            self.results.update(found)
            lacking = [unit for unit in new if unit not in found]
            if refused := [unit for unit in lacking if unit in climb.refused]:
                self._keep([_refusal(unit, climb.refused[unit]) for unit in refused])
            pending += [climb.planned[unit] for unit in lacking if unit not in self.results]
        return pending

    def _queue(self, pending: Iterable[Planned]) -> None:
        for planned in pending:
            self._waiting.add(planned)

    def _close(self, climbs: Sequence[Climb]) -> None:
        """End these searches: their next trial no longer fits before the deadline."""
        with self._books.together():
            for climb in climbs:
                climb.close(self.results)
        for climb in climbs:
            told, trials = climb.closed or 0, climb.cell.search.trials
            self._listener(SearchClosed(cell=climb.cell.name, told=told, trials=trials))
        self._go_on(climbs)

    def _run_out(self, executor: Executor) -> None:
        """The deadline has come: what still runs is ended and stays pending."""
        self._listener(DeadlineReached(running=len(self._running)))
        self._stop(executor)
        # What was decided from as many trials before is decided again.
        self._close([climb for climb in self.climbs if climb.searching and climb.told])

    def _stop(self, executor: Executor) -> None:
        """End what runs; what ended by itself in the last moment is kept."""
        executor.shutdown(wait=True, cancel_futures=True)
        self._take([future for future in self._running if future.done()])

    def _order(self, planned: Planned) -> Order:
        save_to = None
        if self._save_models and planned.rung is Rung.TEST:
            save_to = model_path(
                self._folder / "models", planned.cell, planned.variant, planned.unit.seed
            )
        return Order(unit=planned.unit, log=self._folder / "units.log", save_to=save_to)

    def _take(self, ended: Iterable[Future[RunResult]]) -> None:
        """Keep the results of what has ended, then climb on from there.

        The more units end at once, the more of them share a transaction.
        """
        found: list[tuple[Planned, RunResult]] = []
        for future in ended:
            planned = self._running.pop(future, None)  # None: taken while everything was stopped
            if planned is not None and (result := self._outcome(future, planned)) is not None:
                found.append((planned, result))
        if not found:
            return
        self._keep([result for _, result in found])
        for planned, _ in found:
            result = self.results[planned.unit.id]
            self._time.end(planned.unit.id, result)
            self._listener(UnitFinished(planned=planned, result=result))
        cells = dict.fromkeys(planned.cell for planned, _ in found)
        self._go_on([self._by_name[cell] for cell in cells])

    def _outcome(self, future: Future[RunResult], planned: Planned) -> RunResult | None:
        """What came of a unit; None if it has to wait for another try."""
        unit = planned.unit.id
        if isinstance(error := _error(future), ExecutionError):
            self._broken = error
            return None
        attempts = self._attempts[unit]
        if future.cancelled() or (isinstance(error, WorkerDiedError) and attempts < _ATTEMPTS):
            self._time.end(unit, None)
            self._waiting.add(planned)
            return None
        wall = self._time.elapsed(unit)
        return outcome(planned.unit, future, attempts=attempts, wall=wall)

    def _go_on(self, climbs: Collection[Climb]) -> None:
        """Plan what follows from new results, in these cells and in those that waited for them."""
        touched: dict[str, Climb] = {}
        with self._books.together():
            while climbs:
                for climb in climbs:
                    touched[climb.cell.name] = climb
                    self._queue(self._advance(climb))
                climbs = self._joint()
        for look in self._looks:
            self._listener(look)
        self._looks.clear()
        for climb in touched.values():
            self._announce(climb)

    def _joint(self) -> list[Climb]:
        """Take the looks and carry the settings that are due; the cells these change."""
        touched = self._together.receivers()
        for event, climbs in self._together.looks(self.results):
            touched += climbs
            # Where every cell ships its default there is nothing to look at.
            if event.look:
                self._looks.append(event)
        return touched

    def _keep(self, results: Collection[RunResult]) -> None:
        """The units' results in the ledger; another campaign's where that one was there first."""
        new = self._ledger.add_results(results, environment=self._environment)
        known = [result.unit for result in results if result.unit not in new]
        self.results.update((result.unit, result) for result in results)
        self.results.update(self._ledger.results(self._environment, units=known))

    def _announce(self, climb: Climb) -> None:
        """Say what has become of a cell, once."""
        name = climb.cell.name
        if climb.winner is not None and name not in self._decided:
            self._decided.add(name)
            self._listener(CellDecided(cell=name, winner=climb.winner.variant))
        if climb.is_finished(self.results) and name not in self._finished:
            self._finished.add(name)
            failed = sum(
                self.results[unit].score is None
                for unit, planned in climb.planned.items()
                if planned.rung is Rung.TEST and planned.variant in {DEFAULT, TUNED}
            )
            self._listener(CellFinished(cell=name, failed=failed, closed=climb.closed))


def _refusal(unit: str, why: str) -> RunResult:
    failure = Failure(kind="exception", message=why)
    return RunResult(unit=unit, status=Status.FAILED, score=None, steps=0, failure=failure)


def _error(future: Future[RunResult]) -> BaseException | None:
    return None if future.cancelled() else future.exception()
