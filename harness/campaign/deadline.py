"""What may still begin before a deadline: durations and runs in, decisions out, no clock inside.

All times are seconds. The runs of the rungs after the search are reserved first, it gets what is
left. That everything reserved will be done follows from a bound on every schedule that
leaves no worker idle (Graham 1969): it takes at most ``work / workers + (1 - 1 / workers) * path``,
with the longest chain of runs that wait for one another as `path`.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from harness.core.costs.effort import effort
from harness.core.run import PlannedRun

__all__ = ["Capacity", "CellForecast", "CellWork", "DurationModel", "fits"]

QUANTILE: Final = 0.9
"""Of the measured durations, from the shortest to the longest, the one that estimates use."""

SAFETY: Final = 1.1
"""Estimates are this much longer than measured."""


class DurationModel:
    """Seconds per environment step, and per unit of expected effort, of the complete runs.

    Only those are measured: a failed run ends at any time, and a pruned one has a larger share
    of what is paid once.
    """

    def __init__(self) -> None:
        self._by_steps: dict[tuple[str, ...], list[float]] = {}
        self._by_effort: dict[tuple[str, ...], list[float]] = {}

    def add(self, planned_run: PlannedRun, *, wall: float, steps: int) -> None:
        """Count a complete run that took `wall` seconds for `steps` environment steps."""
        if wall <= 0 or steps <= 0:
            return
        amount = effort(planned_run.run, steps)
        for key in ((), *_kinds(planned_run)):
            insort(self._by_steps.setdefault(key, []), wall / steps)
            insort(self._by_effort.setdefault(key, []), wall / amount)

    def estimate(self, planned_run: PlannedRun) -> float | None:
        """Seconds a run takes, from the nearest of its kind; None where none was measured.

        Nearest are runs of the same cell and rung, then of the cell, of the algorithm, of the
        scenario. Where those differ less in seconds per effort than per step, effort counts: the
        run's configuration tells more than the mean of the others.
        """
        for kind in _kinds(planned_run):
            per_step = self._by_steps.get(kind)
            if per_step:
                per_effort = self._by_effort[kind]
                if _spread(per_effort) < _spread(per_step):
                    return _high(per_effort) * effort(planned_run.run) * SAFETY
                return _high(per_step) * planned_run.run.planned_steps * SAFETY
        return None

    def typical(self, planned_run: PlannedRun) -> float:
        """Seconds of a run like this one, whatever its configuration; 0 if none was measured."""
        for kind in (*_kinds(planned_run), ()):
            per_step = self._by_steps.get(kind)
            if per_step:
                seconds = _high(per_step) if kind else per_step[-1]
                return seconds * planned_run.run.planned_steps * SAFETY
        return 0.0

    def guess(self, planned_run: PlannedRun) -> float:
        """The estimate, or what the slowest run of the whole campaign suggests, or 0."""
        estimate = self.estimate(planned_run)
        return self.typical(planned_run) if estimate is None else estimate


def _high(durations: Sequence[float]) -> float:
    return durations[max(0, math.ceil(QUANTILE * len(durations)) - 1)]


def _spread(durations: Sequence[float]) -> float:
    return _high(durations) / durations[(len(durations) - 1) // 2]


def _kinds(planned_run: PlannedRun) -> tuple[tuple[str, ...], ...]:
    run = planned_run.run
    return (
        ("cell", planned_run.cell, planned_run.rung.value),
        ("cell", planned_run.cell),
        ("algorithm", run.algorithm.name),
        ("scenario", run.scenario.name),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CellWork:
    """Runs of the rungs after the search that a cell still has to begin.

    Attributes:
        confirm, test: If the search ended with the trials finished so far.
        confirm_with: What `confirm` would be if one more configuration were sure to follow.
        confirm_most, test_most: However the search goes on.
        seeds: Confirm runs of one configuration.
        transfer: Runs of other cells' winners.
        serial: Runs, one after the other, that wait for what other cells do first.
    """

    confirm: int
    test: int
    confirm_with: int
    confirm_most: int
    test_most: int
    seeds: int
    transfer: int = 0
    serial: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CellForecast:
    """What a cell will take until the deadline.

    Attributes:
        work: Runs after the search.
        open_trials: Trials, the default aside, that run or wait for an earlier one.
        busy: Seconds until the last of its running trials and confirm runs ends.
        trial: Seconds of a trial, and of a confirm run.
        run: Seconds of a test run.
    """

    work: CellWork
    open_trials: int
    busy: float
    trial: float
    run: float

    def reserve(self, more: int = 0) -> float:
        """Worker-seconds of all rungs but the search, if `more` trials began."""
        work, trials = self.work, self.open_trials + more
        confirm, test = work.confirm, work.test
        if trials:
            confirm = min(work.confirm_with + trials * work.seeds, work.confirm_most)
            test = work.test_most
        return confirm * self.trial + (test + work.transfer) * self.run

    def chain(self, more: int = 0) -> float:
        """Seconds of the runs that wait for one another: a trial, a confirm and a test run."""
        has_confirm = self.open_trials + more or self.work.confirm
        search = max(self.busy, self.trial if more else 0.0)
        return search + (self.trial if has_confirm else 0.0) + (self.run if self.work.test else 0.0)


class Capacity:
    """The workers' time until the deadline, against what is reserved."""

    def __init__(
        self,
        forecasts: Iterable[CellForecast],
        *,
        running: Sequence[float],
        workers: int,
        seconds: float,
    ) -> None:
        """Add up the work of all cells.

        Args:
            forecasts: Of every cell.
            running: Seconds left of every run in progress.
            workers: Runs that run at once.
            seconds: Seconds until the deadline.
        """
        cells = list(forecasts)
        self._workers = workers
        self._left = seconds
        self._work = math.fsum(running) + math.fsum(cell.reserve() for cell in cells)
        self._path = max((*running, *(cell.chain() for cell in cells)), default=0.0)
        # Whoever waits for other cells waits for the slowest of them.
        serial = max((cell.work.serial for cell in cells), default=0)
        self._serial = serial * max((cell.run for cell in cells), default=0.0)

    def admits(self, cell: CellForecast) -> bool:
        """Whether the cell may begin one more trial, and everything reserved still be done."""
        work = self._work - cell.reserve() + cell.reserve(1) + cell.trial
        path = max(self._path, cell.chain(1)) + self._serial
        return work / self._workers + (1 - 1 / self._workers) * path <= self._left


def fits(seconds: float | None, limit: float) -> bool:
    """Whether a run may begin; one of unknown length may."""
    return limit > 0 if seconds is None else seconds <= limit
