"""Whether everything reserved can be done before the deadline. Seconds in, decisions out, no clock.

A bound on every schedule that leaves no worker idle (Graham 1969) answers most questions: it takes
at most ``work / workers + (1 - 1 / workers) * path``, with the longest chain of runs that wait for
one another as `path`. That is up to a chain more than it will take, which is much of a short time.
So where the bound says no, the runs are played through in the order in which they will begin, and
the mean of both counts: half of the slack stays for runs that take longer than they should.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heapify, heappop, heappush
from typing import Final

_MOST_PLAYED: Final = 300
"""Reserved runs, above which playing them through costs more time than it saves."""


@dataclass(frozen=True, kw_only=True)  # no slots: sums are made once
class Reserve:
    """Seconds that each of a cell's runs should take that has not begun.

    Attributes:
        confirm: Runs of the confirm rung, which wait for the search.
        early: Runs that wait for nothing.
        late: Runs that wait for the confirm rung.
        serial: Of runs, one after the other, that wait for what other cells do first.
    """

    confirm: Sequence[float]
    early: Sequence[float]
    late: Sequence[float]
    serial: float

    @cached_property
    def work(self) -> float:
        """Seconds of all these runs together."""
        return math.fsum((*self.confirm, *self.early, *self.late))

    @cached_property
    def path(self) -> float:
        """Seconds of the longest chain of these runs."""
        return max(self.confirm, default=0.0) + max((*self.early, *self.late), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellForecast:
    """What a cell will take until the deadline.

    Attributes:
        running: Seconds left of each of its runs of search and confirm rung that runs, and of a
            trial that would begin.
        reserve: What follows.
        factor: By how much longer that takes than it should.
    """

    running: Sequence[float]
    reserve: Reserve
    factor: float = 1.0

    @property
    def count(self) -> int:
        """Runs that follow."""
        return len(self.reserve.confirm) + len(self.reserve.early) + len(self.reserve.late)

    @property
    def work(self) -> float:
        """Seconds of all its runs together."""
        return math.fsum(self.running) + self.factor * self.reserve.work

    @property
    def path(self) -> float:
        """Seconds of the longest chain of runs that wait for one another."""
        return max(self.running, default=0.0) + self.factor * self.reserve.path

    @property
    def serial(self) -> float:
        return self.factor * self.reserve.serial


class Capacity:
    """The workers' time until the deadline, against what is reserved."""

    def __init__(
        self,
        forecasts: Mapping[str, CellForecast],
        *,
        tests: Sequence[float],
        workers: int,
        seconds: float,
    ) -> None:
        """Add up the work of all cells.

        Args:
            forecasts: Of every cell, by its name.
            tests: Seconds left of every run in progress that no other run waits for.
            workers: Runs that run at once.
            seconds: Seconds until the deadline.
        """
        cells = forecasts.values()
        self._forecasts = forecasts
        self._tests = tests
        self._workers = workers
        self._left = seconds
        self._work = math.fsum(tests) + math.fsum(cell.work for cell in cells)
        self._path = max((*tests, *(cell.path for cell in cells)), default=0.0)
        # Whoever waits for other cells waits for the slowest of them.
        self._serial = max((cell.serial for cell in cells), default=0.0)

    def admits(self, cell: str, forecast: CellForecast) -> bool:
        """Whether everything reserved can be done if that of one cell is this one instead."""
        work = self._work - self._forecasts[cell].work + forecast.work
        path = max(self._path, forecast.path) + self._serial
        bound = work / self._workers + (1 - 1 / self._workers) * path
        if bound <= self._left:
            return True
        if max(work / self._workers, forecast.path + self._serial) > self._left:
            return False
        cells = [*({**self._forecasts, cell: forecast}).values()]
        if sum(each.count for each in cells) > _MOST_PLAYED:
            return False
        end = play_through(cells, self._tests, self._workers) + self._serial
        return (end + bound) / 2 <= self._left


_CONFIRM, _LATE, _EARLY = range(3)
"""Which run begins first."""


def play_through(cells: Sequence[CellForecast], tests: Sequence[float], workers: int) -> float:
    """Seconds until the last run has ended, if workers begin them as `PendingQueue` says.

    Args:
        tests: As `Capacity` has them.
    """
    alone = len(cells)
    left = [len(cell.running) for cell in cells]
    in_confirm = [False] * len(cells)
    running = [(seconds, alone) for seconds in tests]
    waiting: list[tuple[int, float, int]] = []

    def add(rank: int, runs: Sequence[float], index: int, owner: int) -> None:
        for seconds in runs:
            heappush(waiting, (rank, -cells[index].factor * seconds, owner))

    def release(index: int) -> None:
        """Add what waited for the runs of a cell that have ended."""
        if left[index]:
            return
        if not in_confirm[index] and cells[index].reserve.confirm:
            in_confirm[index], left[index] = True, len(cells[index].reserve.confirm)
            add(_CONFIRM, cells[index].reserve.confirm, index, index)
        else:
            add(_LATE, cells[index].reserve.late, index, alone)

    for index, cell in enumerate(cells):
        running += [(seconds, index) for seconds in cell.running]
        add(_EARLY, cell.reserve.early, index, alone)
        release(index)
    heapify(running)
    end = 0.0
    while running or waiting:
        while waiting and len(running) < workers:
            _, seconds, owner = heappop(waiting)
            heappush(running, (end - seconds, owner))
        end, owner = heappop(running)
        if owner != alone:
            left[owner] -= 1
            release(owner)
    return end
