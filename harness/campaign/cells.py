"""The cells of a campaign together: the results so far, and what follows from them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from harness.campaign.books import Books
from harness.campaign.ladder import Climb
from harness.campaign.together import Together
from harness.core.events import CellDecided, CellFinished, InterimTaken, Listener, SearchClosed
from harness.core.plan import DEFAULT, TUNED
from harness.core.record import Failure, RunResult, Status
from harness.core.run import PlannedRun
from harness.core.settings import Rung

__all__ = ["Cells"]


class Cells:
    """Keeps results in the ledger, takes the cells on from there, and says what became of them.

    Attributes:
        climbs: The cells.
        results: Run id -> result, of the runs known so far.
    """

    def __init__(self, climbs: Sequence[Climb], books: Books, listener: Listener) -> None:
        self.climbs = climbs
        self.results: dict[str, RunResult] = {
            trial.run_id: trial.result
            for climb in climbs
            for trial in climb.search.trials
            if trial.result is not None
        }
        self._books = books
        self._ledger = books.ledger
        self._environment = books.environment
        self._listener = listener
        self._by_name = {climb.cell.name: climb for climb in climbs}
        self._looked_at = dict.fromkeys(self._by_name, 0)
        self._decided: set[str] = set()
        self._finished: set[str] = set()
        self._together = Together(climbs)
        self._looks: list[InterimTaken] = []

    def begin(self) -> list[PlannedRun]:
        """Take the cells to where the ledger has them; what is old is no event.

        Returns:
            The runs that lack a result.
        """
        with self._books.together():
            new = self._advance(self.climbs)
            while touched := self._joint():
                new += self._advance(touched)
        self._looks.clear()
        self._decided = {c.cell.name for c in self.climbs if c.winner is not None}
        self._finished = {c.cell.name for c in self.climbs if c.is_finished(self.results)}
        return new

    def keep(self, results: Collection[RunResult]) -> None:
        """The runs' results in the ledger; another campaign's where that one was there first."""
        new = self._ledger.add_results(results, environment=self._environment)
        known = [result.run_id for result in results if result.run_id not in new]
        self.results.update((result.run_id, result) for result in results)
        self.results.update(self._ledger.results(self._environment, run_ids=known))

    def go_on(self, names: Iterable[str]) -> list[PlannedRun]:
        """Plan what follows from new results, in these cells and in those that waited for them.

        Returns:
            The new runs that lack a result.
        """
        new: list[PlannedRun] = []
        climbs = [self._by_name[name] for name in dict.fromkeys(names)]
        touched: dict[str, Climb] = {}
        with self._books.together():
            while climbs:
                touched |= {climb.cell.name: climb for climb in climbs}
                new += self._advance(climbs)
                climbs = self._joint()
        for look in self._looks:
            self._listener(look)
        self._looks.clear()
        for climb in touched.values():
            self._announce(climb)
        return new

    def close(self, climbs: Sequence[Climb]) -> list[PlannedRun]:
        """End these searches with the trials they have, then go on from there."""
        with self._books.together():
            for climb in climbs:
                climb.close(self.results)
        for climb in climbs:
            told, trials = climb.closed or 0, climb.cell.search.trials
            self._listener(SearchClosed(cell=climb.cell.name, told=told, trials=trials))
        return self.go_on(climb.cell.name for climb in climbs)

    def pending(self) -> int:
        """Runs without a result, those included that are not known yet."""
        return sum(
            climb.total() - self.done(climb)
            for climb in self.climbs
            if not self._is_complete(climb)
        )

    def done(self, climb: Climb) -> int:
        return sum(run_id in self.results for run_id in climb.planned)

    def _is_complete(self, climb: Climb) -> bool:
        return climb.closed is None and climb.is_finished(self.results)

    def failed_cells(self) -> tuple[str, ...]:
        """Cells in which a variant has no score at all."""
        return tuple(
            climb.cell.name
            for climb in self.climbs
            if climb.is_finished(self.results) and climb.variants_without_score(self.results)
        )

    def _advance(self, climbs: Iterable[Climb]) -> list[PlannedRun]:
        """Climb as far as results permit; the new runs that lack one.

        Some have a result already: from before, or from another campaign in the same database.
        """
        pending = []
        while climbs:
            new = [(climb, run_id) for climb in climbs for run_id in self._climb(climb)]
            found = self._ledger.results(self._environment, run_ids=[run_id for _, run_id in new])
            self.results.update(found)
            lacking = [(climb, run_id) for climb, run_id in new if run_id not in found]
            if refused := [each for each in lacking if each[1] in each[0].refused]:
                self.keep([_refusal(run_id, climb.refused[run_id]) for climb, run_id in refused])
            pending += [
                climb.planned[run_id] for climb, run_id in lacking if run_id not in self.results
            ]
            climbs = {climb.cell.name: climb for climb, run_id in new if run_id in found}.values()
        return pending

    def _climb(self, climb: Climb) -> list[str]:
        """Take a cell as far as the results known permit; its new runs without one."""
        climb.advance(self.results)
        before = self._looked_at[climb.cell.name]
        self._looked_at[climb.cell.name] = len(climb.planned)
        return [
            run_id for run_id in islice(climb.planned, before, None) if run_id not in self.results
        ]

    def _joint(self) -> list[Climb]:
        """Take the looks and carry the settings that are due; the cells these change."""
        touched = self._together.receivers()
        for event, climbs in self._together.looks(self.results):
            touched += climbs
            # Where every cell ships its default there is nothing to look at.
            if event.look:
                self._looks.append(event)
        return touched

    def _announce(self, climb: Climb) -> None:
        """Say what has become of a cell, once."""
        name = climb.cell.name
        if climb.winner is not None and name not in self._decided:
            self._decided.add(name)
            self._listener(CellDecided(cell=name, winner=climb.winner.variant))
        if climb.is_finished(self.results) and name not in self._finished:
            self._finished.add(name)
            failed = sum(
                self.results[run_id].score is None
                for run_id, planned in climb.planned.items()
                if planned.rung is Rung.TEST and planned.variant in {DEFAULT, TUNED}
            )
            self._listener(CellFinished(cell=name, failed=failed, closed=climb.closed))


def _refusal(run_id: str, why: str) -> RunResult:
    failure = Failure(kind="exception", message=why)
    return RunResult(run_id=run_id, status=Status.FAILED, score=None, steps=0, failure=failure)
