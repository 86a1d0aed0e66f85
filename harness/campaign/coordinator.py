"""The coordinator: the one process that writes, and the loop that keeps the workers busy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from pathlib import Path
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
from harness.core.resources import Room
from harness.core.unit import Planned
from harness.execution import (
    ExecutionError,
    Interrupts,
    Order,
    WorkerDiedError,
    capacity,
    outcome,
    run_unit,
)
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
    ) -> None:
        self.climbs = climbs
        self.results: dict[str, RunResult] = ledger.results(environment)
        self._ledger = ledger
        self._environment = environment
        self._folder = folder
        self._save_models = save_models
        self._listener = listener
        self._running: dict[Future[RunResult], tuple[Climb, Planned]] = {}
        self._attempts: dict[str, int] = {}
        self._finished: set[str] = set()
        self._broken: ExecutionError | None = None

    def begin(self) -> None:
        """Take the cells to where the ledger has them; what is old is no event."""
        for climb in self.climbs:
            climb.advance(self.results)
            if climb.is_finished(self.results):
                self._finished.add(climb.cell.name)

    def run(self, executor: Executor, interrupts: Interrupts, *, workers: int | None) -> None:
        """Work until nothing is pending, or until the user interrupts.

        Raises:
            ExecutionError: The executor cannot go on; what is done is in the ledger.
        """
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
            done, _ = wait(self._running, timeout=_TICK, return_when=FIRST_COMPLETED)
            for future in done:
                self._take(future)
            if self._broken is not None:
                executor.shutdown(wait=True, cancel_futures=True)
                raise self._broken

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

    def _fill(self, executor: Executor, workers: int | None) -> None:
        taken = (planned.unit.resources for _, planned in self._running.values())
        room = Room(capacity(executor, workers), taken)
        for climb, planned in self._ready():
            if room.is_full:
                return
            if not room.take(planned.unit.resources):
                continue
            future = executor.submit(run_unit, self._order(planned))
            self._running[future] = (climb, planned)
            self._attempts[planned.unit.id] = self._attempts.get(planned.unit.id, 0) + 1
            self._listener(UnitStarted(planned=planned))

    def _ready(self) -> Iterator[tuple[Climb, Planned]]:
        """Pending units, what others wait for first; cells take turns."""
        started = {planned.unit.id for _, planned in self._running.values()}
        pending = [
            (_ORDER[planned.rung], planned.variant == DEFAULT, place, order, climb, planned)
            for order, climb in enumerate(self.climbs)
            for place, planned in enumerate(
                planned
                for unit, planned in climb.planned.items()
                if unit not in self.results and unit not in started
            )
        ]
        for *_, climb, planned in sorted(pending, key=lambda entry: entry[:4]):
            yield climb, planned

    def _order(self, planned: Planned) -> Order:
        save_to = None
        if self._save_models and planned.rung is Rung.TEST:
            save_to = model_path(
                self._folder / "models", planned.cell, planned.variant, planned.unit.seed
            )
        return Order(unit=planned.unit, log=self._folder / "units.log", save_to=save_to)

    def _take(self, future: Future[RunResult]) -> None:
        climb, planned = self._running.pop(future)
        if future.cancelled():
            return
        if isinstance(error := future.exception(), ExecutionError):
            self._broken = error
            return
        attempts = self._attempts[planned.unit.id]
        if isinstance(future.exception(), WorkerDiedError) and attempts < _ATTEMPTS:
            return
        result = outcome(planned.unit, future, attempts=attempts)
        self._ledger.add_result(result, environment=self._environment)
        self.results[planned.unit.id] = result
        self._listener(UnitFinished(planned=planned, result=result))
        self._advance(climb)

    def _advance(self, climb: Climb) -> None:
        decided = climb.winner
        climb.advance(self.results)
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
