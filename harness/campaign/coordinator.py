"""The coordinator: the one process that writes, and the loop that keeps the workers busy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from pathlib import Path
from typing import Final

from harness.campaign.ladder import Climb
from harness.campaign.models import model_path
from harness.campaign.timekeeper import Timekeeper
from harness.core.events import (
    CellDecided,
    CellFinished,
    DeadlineReached,
    Interrupted,
    Listener,
    SearchClosed,
    UnitFinished,
    UnitStarted,
)
from harness.core.plan import DEFAULT, TUNED, Candidate
from harness.core.protocol import Rung
from harness.core.record import RunResult
from harness.core.unit import Planned
from harness.execution import Interrupts, Order, WorkerDiedError, outcome, run_unit
from harness.store import Ledger

__all__ = ["Coordinator"]

_TICK: Final = 0.5
"""Seconds between two looks at the signals."""

_ATTEMPTS: Final = 3
"""Starts of a unit whose worker dies; a death may be the machine's fault, not the unit's."""

_ORDER: Final = {rung: place for place, rung in enumerate(Rung)}


class Coordinator:
    """Hands pending units to the executor and their results to the ledger, until nothing is left.

    Attributes:
        results: Unit id -> result, of the campaign's environment.
        climbs: The cells.
    """

    def __init__(
        self,
        climbs: Sequence[Climb],
        ledger: Ledger,
        *,
        environment: str,
        folder: Path,
        save_models: bool,
        listener: Listener,
        workers: int,
        deadline: float | None = None,
    ) -> None:
        self.climbs = climbs
        self.results: dict[str, RunResult] = ledger.results(environment)
        self._ledger = ledger
        self._environment = environment
        self._folder = folder
        self._save_models = save_models
        self._listener = listener
        self._workers = workers
        self._deadline = deadline
        self._running: dict[Future[RunResult], tuple[Climb, str, Planned]] = {}
        self._attempts: dict[str, int] = {}
        self._finished: set[str] = set()

    def begin(self) -> None:
        """Take the cells to where the ledger has them; what is old is no event."""
        for climb in self.climbs:
            climb.advance(self.results)
            if climb.is_finished(self.results):
                self._finished.add(climb.cell.name)
        self._time = Timekeeper(
            self.climbs, self.results, workers=self._workers, deadline=self._deadline
        )

    def run(self, executor: Executor, interrupts: Interrupts) -> None:
        """Work until nothing is pending or fits any more, or until the user interrupts."""
        try:
            self._work(executor, interrupts)
        except BaseException:
            # Nobody will take the results any more.
            executor.shutdown(wait=True, cancel_futures=True)
            raise

    def _work(self, executor: Executor, interrupts: Interrupts) -> None:
        seen = 0
        while True:
            if interrupts.count > seen:
                seen = interrupts.count
                self._listener(Interrupted(count=seen, running=len(self._running)))
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
            done, _ = wait(self._running, timeout=tick, return_when=FIRST_COMPLETED)
            for future in done:
                self._take(future)

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
        for climb, unit, planned in self._ready():
            if len(self._running) >= self._workers:
                return
            if not self._time.permits(climb, planned):
                continue
            future = executor.submit(run_unit, self._order(planned))
            self._running[future] = (climb, unit, planned)
            self._attempts[unit] = self._attempts.get(unit, 0) + 1
            self._time.begin(unit, planned)
            self._listener(UnitStarted(planned=planned))

    def _ready(self) -> Iterator[tuple[Climb, str, Planned]]:
        """Pending units, what others wait for first; cells take turns."""
        started = {unit for _, unit, _ in self._running.values()}
        pending = [
            (
                _ORDER[planned.rung],
                self._time.turn(planned),
                planned.variant == DEFAULT,
                place,
                order,
                climb,
                unit,
                planned,
            )
            for order, climb in enumerate(self.climbs)
            for place, (unit, planned) in enumerate(
                pair for pair in climb.pending(self.results) if pair[0] not in started
            )
        ]
        for *_, climb, unit, planned in sorted(pending, key=lambda entry: entry[:5]):
            yield climb, unit, planned

    def _close(self, climbs: Sequence[Climb]) -> None:
        """End these searches: their next trial no longer fits before the deadline."""
        for climb in climbs:
            trials = climb.cell.search.trials
            self._listener(SearchClosed(cell=climb.cell.name, told=climb.told, trials=trials))
            climb.close(self.results)
            self._announce(climb, decided=None)

    def _run_out(self, executor: Executor) -> None:
        """The deadline has come: what still runs is ended and stays pending."""
        self._listener(DeadlineReached(running=len(self._running)))
        self._stop(executor)
        # What was decided from as many trials before is decided again.
        self._close([climb for climb in self.climbs if climb.searching and climb.told])

    def _stop(self, executor: Executor) -> None:
        """End what runs; what ended by itself in the last moment is kept."""
        executor.shutdown(wait=True, cancel_futures=True)
        for future in list(self._running):
            if future.done():
                self._take(future)

    def _order(self, planned: Planned) -> Order:
        save_to = None
        if self._save_models and planned.rung is Rung.TEST:
            save_to = model_path(
                self._folder / "models", planned.cell, planned.variant, planned.unit.seed
            )
        return Order(unit=planned.unit, log=self._folder / "units.log", save_to=save_to)

    def _take(self, future: Future[RunResult]) -> None:
        climb, unit, planned = self._running.pop(future)
        wall = self._time.elapsed(unit)
        attempts = self._attempts[unit]
        again = isinstance(_error(future), WorkerDiedError) and attempts < _ATTEMPTS
        if future.cancelled() or again:
            self._time.end(unit, None)
            return
        result = outcome(planned.unit, future, attempts=attempts, wall=wall)
        self._ledger.add_result(result, environment=self._environment)
        self.results[unit] = result
        self._time.end(unit, result)
        self._listener(UnitFinished(planned=planned, result=result))
        decided = climb.winner
        climb.advance(self.results)
        self._announce(climb, decided=decided)

    def _announce(self, climb: Climb, *, decided: Candidate | None) -> None:
        name = climb.cell.name
        if climb.winner is not None and decided is None:
            self._listener(CellDecided(cell=name, winner=climb.winner.variant))
        if climb.is_finished(self.results) and name not in self._finished:
            self._finished.add(name)
            failed = sum(
                self.results[unit].score is None
                for unit, planned in climb.planned.items()
                if planned.rung is Rung.TEST and planned.variant in {DEFAULT, TUNED}
            )
            self._listener(CellFinished(cell=name, failed=failed, closed=climb.closed))


def _error(future: Future[RunResult]) -> BaseException | None:
    return None if future.cancelled() else future.exception()
