"""The coordinator: the one process that writes, and the loop that keeps the workers busy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from heapq import heappop, heappush
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from harness.campaign.ladder import Climb
from harness.campaign.models import model_path
from harness.core.events import (
    CellDecided,
    CellFinished,
    Interrupted,
    Listener,
    UnitFinished,
    UnitStarted,
)
from harness.core.plan import DEFAULT, TUNED
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

_Place = tuple[int, bool, int, int, str]
"""Rung, whether it is the default's, index, place of the cell, unit id."""

_ORDER: Final = {rung: place for place, rung in enumerate(Rung)}


class Coordinator:
    """Hands pending units to the executor and their results to the ledger, until nothing is left.

    Attributes:
        results: Unit id -> result, of the units known so far.
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
    ) -> None:
        self.climbs = climbs
        self.results: dict[str, RunResult] = {
            trial.unit: trial.result
            for climb in climbs
            for trial in climb.trials
            if trial.result is not None
        }
        self._ledger = ledger
        self._environment = environment
        self._folder = folder
        self._save_models = save_models
        self._listener = listener
        self._order = {climb.cell.name: place for place, climb in enumerate(climbs)}
        self._looked_at = dict.fromkeys(self._order, 0)
        self._waiting: list[_Place] = []
        self._running: dict[Future[RunResult], _Place] = {}
        self._ended: SimpleQueue[Future[RunResult]] = SimpleQueue()
        self._attempts: dict[str, int] = {}
        self._finished: set[str] = set()

    def begin(self) -> None:
        """Take the cells to where the ledger has them; what is old is no event."""
        for climb in self.climbs:
            self._climb(climb)
            if climb.is_finished(self.results):
                self._finished.add(climb.cell.name)

    def run(self, executor: Executor, interrupts: Interrupts, *, workers: int) -> None:
        """Work until nothing is pending, or until the user interrupts."""
        seen = 0
        while True:
            if interrupts.count > seen:
                seen = interrupts.count
                self._listener(Interrupted(count=seen, running=len(self._running)))
            if interrupts.stopping:
                executor.shutdown(wait=True, cancel_futures=True)
                return
            if not interrupts.draining:
                self._fill(executor, workers)
            if not self._running:
                return
            for future in self._next_ended():
                self._take(future)

    def pending(self) -> int:
        """Units without a result, those included that are not known yet."""
        done = sum(self.done(climb) for climb in self.climbs)
        return 0 if self.is_finished() else sum(c.total() for c in self.climbs) - done

    def done(self, climb: Climb) -> int:
        return sum(unit in self.results for unit in climb.planned)

    def is_finished(self) -> bool:
        return all(climb.is_finished(self.results) for climb in self.climbs)

    def failed_cells(self) -> tuple[str, ...]:
        """Cells in which a variant has no score at all."""
        return tuple(
            climb.cell.name
            for climb in self.climbs
            if climb.is_finished(self.results) and climb.variants_without_score(self.results)
        )

    def _fill(self, executor: Executor, workers: int) -> None:
        while self._waiting and len(self._running) < workers:
            place = heappop(self._waiting)
            planned = self._planned(place)
            unit = planned.unit.id
            self._attempts[unit] = self._attempts.get(unit, 0) + 1
            future = executor.submit(run_unit, self._order_of(planned))
            self._running[future] = place
            future.add_done_callback(self._ended.put)
            self._listener(UnitStarted(planned=planned))

    def _next_ended(self) -> Iterator[Future[RunResult]]:
        """What has ended; waits a tick for the first. No cost for what goes on running."""
        try:
            yield self._ended.get(timeout=_TICK)
            while True:
                yield self._ended.get_nowait()
        except Empty:
            return

    def _climb(self, climb: Climb) -> None:
        """Take a cell as far as results permit; what then lacks one waits for a worker.

        Some have a result already: from before, or from another campaign in the same database.
        """
        found: dict[str, RunResult] | None = None
        while found is None or found:
            climb.advance(self.results)
            known = self._looked_at[climb.cell.name]
            new = [unit for unit in islice(climb.planned, known, None) if unit not in self.results]
            self._looked_at[climb.cell.name] = len(climb.planned)
            found = self._ledger.results(self._environment, units=new)
            self.results.update(found)
            for unit in new:
                if unit not in found:
                    heappush(self._waiting, self._place(climb, climb.planned[unit]))

    def _place(self, climb: Climb, planned: Planned) -> _Place:
        """Its place among those that wait: what others wait for first; cells take turns."""
        return (
            _ORDER[planned.rung],
            planned.variant == DEFAULT,
            planned.index,
            self._order[climb.cell.name],
            planned.unit.id,
        )

    def _planned(self, place: _Place) -> Planned:
        *_, cell, unit = place
        return self.climbs[cell].planned[unit]

    def _order_of(self, planned: Planned) -> Order:
        save_to = None
        if self._save_models and planned.rung is Rung.TEST:
            save_to = model_path(
                self._folder / "models", planned.cell, planned.variant, planned.unit.seed
            )
        return Order(unit=planned.unit, log=self._folder / "units.log", save_to=save_to)

    def _take(self, future: Future[RunResult]) -> None:
        place = self._running.pop(future)
        planned = self._planned(place)
        attempts = self._attempts[planned.unit.id]
        if future.cancelled() or (
            isinstance(future.exception(), WorkerDiedError) and attempts < _ATTEMPTS
        ):
            heappush(self._waiting, place)
            return
        result = self._keep(outcome(planned.unit, future, attempts=attempts))
        self.results[planned.unit.id] = result
        self._listener(UnitFinished(planned=planned, result=result))
        self._advance(self.climbs[self._order[planned.cell]])

    def _keep(self, result: RunResult) -> RunResult:
        """The unit's result in the ledger; another campaign's if that was there first."""
        if self._ledger.add_result(result, environment=self._environment):
            return result
        return self._ledger.result(result.unit, self._environment) or result

    def _advance(self, climb: Climb) -> None:
        decided = climb.winner
        self._climb(climb)
        if climb.winner is not None and decided is None:
            self._listener(CellDecided(cell=climb.cell.name, winner=climb.winner.variant))
        if climb.is_finished(self.results) and climb.cell.name not in self._finished:
            self._finished.add(climb.cell.name)
            failed = sum(
                self.results[unit].score is None
                for unit, planned in climb.planned.items()
                if planned.rung is Rung.TEST and planned.variant in {DEFAULT, TUNED}
            )
            self._listener(CellFinished(cell=climb.cell.name, failed=failed))
