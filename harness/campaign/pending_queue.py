"""The runs that wait for a worker, and which of them begins first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import Final

from harness.campaign.deadlines.deadline_policy import DeadlinePolicy
from harness.core.costs.capacity import Room
from harness.core.costs.effort import effort
from harness.core.run import DEFAULT, PlannedRun
from harness.core.settings import Rung

_ORDER: Final = {rung: position for position, rung in enumerate(Rung)}

_Rank = tuple[bool, int, float, int, int, str]
"""Whether it is the default's, number of the trial, effort from the longest, index, position of the
cell, run id.
"""


class PendingQueue:
    """Runs that others wait for come first; cells take turns."""

    def __init__(
        self, cells: Sequence[str], policy: DeadlinePolicy, is_planned: Callable[[PlannedRun], bool]
    ) -> None:
        """Begin without any run.

        Args:
            cells: Their names, in the order of the matrix.
            policy: Says which runs may begin before the deadline.
            is_planned: Whether a run is still to be run; others are dropped when it is their turn.
        """
        self._positions = {name: position for position, name in enumerate(cells)}
        self._policy = policy
        self._is_planned = is_planned
        self._runs: dict[str, PlannedRun] = {}
        self._heap: list[tuple[int, float, _Rank]] = []

    def add(self, pending: Iterable[PlannedRun]) -> None:
        for planned_run in pending:
            is_new = planned_run.run.id not in self._runs
            self._runs[planned_run.run.id] = planned_run
            if is_new:
                heappush(self._heap, (*self._turn(planned_run), self._rank(planned_run)))

    def pop_runnable(self, room: Room) -> Iterator[PlannedRun]:
        """The runs that may begin now; each is to be started before the next is asked for."""
        if self._policy.limited:
            # Whose turn it is changes with the time each search has had.
            self._heap = [(*self._turn(self._runs[rank[-1]]), rank) for *_, rank in self._heap]
            heapify(self._heap)
        rest = []
        while self._heap and not room.is_full:
            entry = heappop(self._heap)
            planned_run = self._runs[entry[-1][-1]]
            if not self._is_planned(planned_run):
                del self._runs[planned_run.run.id]
                continue
            if self._policy.permits(planned_run) and room.take(planned_run.run.resources):
                del self._runs[planned_run.run.id]
                yield planned_run
            else:
                rest.append(entry)
        for entry in rest:
            heappush(self._heap, entry)

    def _turn(self, planned_run: PlannedRun) -> tuple[int, float]:
        return _ORDER[planned_run.rung], self._policy.turn(planned_run)

    def _rank(self, planned_run: PlannedRun) -> _Rank:
        return (
            planned_run.variant == DEFAULT,
            # Searches take turns. Nothing waits for a test run: the longest ones go first, so
            # that no worker is left alone with one in the end.
            planned_run.index if planned_run.rung is Rung.SEARCH else 0,
            -effort(planned_run.run),
            planned_run.index,
            self._positions[planned_run.cell],
            planned_run.run.id,
        )
