"""The runs that wait for a worker, and who begins first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import Final

from harness.campaign.ladder import Climb
from harness.campaign.timekeeper import Timekeeper
from harness.core.capacity import Room
from harness.core.effort import effort
from harness.core.plan import DEFAULT
from harness.core.run import PlannedRun
from harness.core.settings import Rung

__all__ = ["Waiting"]

_RUNGS: Final = {rung: place for place, rung in enumerate(Rung)}

_Rank = tuple[bool, int, float, int, int, str]
"""Whether it is the default's, number of the trial, effort from the longest, index, place of the
cell, run id.
"""


class Waiting:
    """What others wait for comes first; cells take turns."""

    def __init__(self, climbs: Sequence[Climb], time: Timekeeper) -> None:
        self._climbs = climbs
        self._time = time
        self._cells = {climb.cell.name: place for place, climb in enumerate(climbs)}
        self._heap: list[tuple[int, float, _Rank]] = []

    def add(self, pending: Iterable[PlannedRun]) -> None:
        for planned in pending:
            heappush(self._heap, (*self._turn(planned), self._rank(planned)))

    def hand_out(self, room: Room) -> Iterator[PlannedRun]:
        """The runs that may begin now; each is to be started before the next is asked for."""
        if self._time.limited:
            # Whose turn it is changes with the time each search has had.
            self._heap = [(*self._turn(self._run(rank)[1]), rank) for *_, rank in self._heap]
            heapify(self._heap)
        refused = []
        while self._heap and not room.is_full:
            entry = heappop(self._heap)
            climb, planned = self._run(entry[-1])
            if planned.rung is Rung.SEARCH and not climb.searching:
                continue
            if self._time.permits(climb, planned) and room.take(planned.run.resources):
                yield planned
            else:
                refused.append(entry)
        for entry in refused:
            heappush(self._heap, entry)

    def _run(self, rank: _Rank) -> tuple[Climb, PlannedRun]:
        climb = self._climbs[rank[-2]]
        return climb, climb.planned[rank[-1]]

    def _turn(self, planned: PlannedRun) -> tuple[int, float]:
        return _RUNGS[planned.rung], self._time.turn(planned)

    def _rank(self, planned: PlannedRun) -> _Rank:
        return (
            planned.variant == DEFAULT,
            # Searches take turns. Nothing waits for a test run: the longest ones go first, so
            # that no worker is left alone with one in the end.
            planned.index if planned.rung is Rung.SEARCH else 0,
            -effort(planned.run),
            planned.index,
            self._cells[planned.cell],
            planned.run.id,
        )
