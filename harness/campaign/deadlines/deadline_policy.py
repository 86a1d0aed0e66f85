"""The deadline of a running campaign: which runs may still begin, and which searches end early."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from harness.campaign.deadlines.cell_forecasts import LEADING, CellOutlook
from harness.campaign.deadlines.duration_model import DurationModel, fits
from harness.campaign.deadlines.makespan import Capacity, CellForecast
from harness.campaign.options import Clock
from harness.core.progress.ladder_progress import Progress
from harness.core.run import PlannedRun
from harness.core.run_result import RunResult, Status
from harness.core.settings import Rung


class DeadlinePolicy:
    """Knows the deadline, how long runs take, and which ones run.

    Attributes:
        limited: Whether there is a deadline at all.
    """

    def __init__(
        self, cells: Mapping[str, Progress], *, workers: int, deadline: float | None, clock: Clock
    ) -> None:
        """Measure what earlier runs took.

        Args:
            cells: Where the cells stand; read again whenever something is asked.
            workers: Runs that run at once.
            deadline: Time of `clock` after which nothing runs; None for none.
        """
        self.limited = deadline is not None
        self._deadline = math.inf if deadline is None else deadline
        self._cells = cells
        self._workers = workers
        self._clock = clock
        self._durations = DurationModel()
        self._outlooks = {
            name: CellOutlook(progress.cell, self._durations)
            for name, progress in cells.items()
            if self.limited
        }
        self._search_seconds = dict.fromkeys(cells, 0.0)
        self._running: dict[str, tuple[PlannedRun, float]] = {}
        self._capacity: Capacity | None = None
        earlier = [
            (planned_run, progress.history.results[run_id])
            for progress in (cells.values() if self.limited else ())
            for run_id, planned_run in progress.runs.items()
            if run_id in progress.history.results
        ]
        for planned_run, result in sorted(earlier, key=lambda pair: pair[1].cost.started):
            self._measure(planned_run, result)

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline; infinite without one."""
        return self._deadline - self._clock() if self.limited else math.inf

    def start(self, planned_run: PlannedRun) -> None:
        """Note that a run was handed to a worker."""
        self._running[planned_run.run.id] = (planned_run, self._clock())
        self._capacity = None

    def seconds_since_start(self, run_id: str) -> float:
        """Seconds since a run was handed to a worker, the last time."""
        return self._clock() - self._running[run_id][1]

    def end(self, run_id: str, result: RunResult | None) -> None:
        """Note that a run has ended; without a result it will run again."""
        planned_run, _ = self._running.pop(run_id)
        self._capacity = None
        if result is not None and self.limited:
            self._measure(planned_run, result)

    def turn(self, planned_run: PlannedRun) -> float:
        """What decides whose trial begins first: seconds the cell's search has had.

        The first trials come before all others, because they tell how long the others take.
        """
        if planned_run.rung is not Rung.SEARCH or not self.limited:
            return 0.0
        if planned_run.index == 0:
            return -1.0
        running = self._running_trials(planned_run.cell)
        now = self._clock()
        return self._search_seconds[planned_run.cell] + math.fsum(
            now - start for _, start in running
        )

    def permits(self, planned_run: PlannedRun) -> bool:
        """Whether a run may begin now."""
        if not self.limited:
            return True
        estimate = self._durations.estimate(planned_run)
        if not fits(estimate, self.seconds_left):
            return False
        if planned_run.rung is not Rung.SEARCH or planned_run.index == 0:
            return True
        if estimate is None:
            # Before anything is measured, the reserved runs of the default may use the workers.
            return bool(self._cells[planned_run.cell].finished)
        if self._capacity is None:
            self._capacity = Capacity(
                {name: self._forecast(name) for name in self._cells},
                tests=[
                    self._remaining(*each)
                    for each in self._running.values()
                    if each[0].rung not in LEADING
                ],
                workers=self._workers,
                seconds=self.seconds_left,
            )
        name = planned_run.cell
        return self._capacity.admits(name, self._forecast(name, planned_run))

    def searches_to_close(self) -> list[str]:
        """Cells whose next trial no longer fits, and whose search has something to end with."""
        if not self.limited:
            return []
        self._capacity = None
        return [name for name, progress in self._cells.items() if self._is_closing(progress)]

    def _is_closing(self, progress: Progress) -> bool:
        name = progress.cell.name
        if not progress.searching or not progress.finished:
            return False
        if self._running_trials(name):
            return False
        results = progress.history.results
        waiting = (p for p in progress.planned[Rung.SEARCH] if p.run.id not in results)
        following = next(waiting, None)
        return following is not None and not self.permits(following)

    def search_to_reopen(self, *, is_tested: bool) -> str | None:
        """A cell with a closed search, if that has time for one more trial after all.

        What had been reserved was not needed: the default won, or runs took less than they might
        have. Of several the one whose search had the least time. Not where other cells were told
        what it ships, or where cells have decided together.

        Args:
            is_tested: Of the cells that are done, else of those of whose choice no test run has
                begun.
        """
        cells = self._cells.values()
        if any(p.history.sources for p in cells):
            return None
        options = [
            p
            for p in cells
            if p.history.closed is not None
            and p.cell.test.adaptive is None
            and (p.done if is_tested else self._awaits_test(p))
        ]
        for progress in sorted(options, key=lambda p: self._search_seconds[p.cell.name]):
            if self._has_time(progress):
                return progress.cell.name
        return None

    def _awaits_test(self, progress: Progress) -> bool:
        if progress.winner is None or progress.done:
            return False
        test, results = progress.planned[Rung.TEST], progress.history.results
        other = {each.run.id for each in test if not each.variant.is_searched}
        own = {each.run.id for each in test} - other
        return not any(run_id in results or run_id in self._running for run_id in own)

    def _has_time(self, progress: Progress) -> bool:
        name = progress.cell.name
        outlook = self._outlooks[name]
        longer = outlook.reopen(progress)
        results = longer.history.results
        waiting = (p for p in longer.planned[Rung.SEARCH] if p.run.id not in results)
        cells, self._cells, self._capacity = self._cells, {**self._cells, name: longer}, None
        try:
            following = next(waiting, replace(outlook.trial, index=1))
            return longer.searching and self.permits(following)
        finally:
            self._cells, self._capacity = cells, None

    def _running_trials(self, cell: str) -> list[tuple[PlannedRun, float]]:
        return [
            (planned_run, start)
            for planned_run, start in self._running.values()
            if planned_run.cell == cell and planned_run.rung is Rung.SEARCH
        ]

    def _measure(self, planned_run: PlannedRun, result: RunResult) -> None:
        if planned_run.rung is Rung.SEARCH:
            self._search_seconds[planned_run.cell] += result.cost.wall
        if result.status is Status.COMPLETE:
            cost = result.cost
            self._durations.add(planned_run, wall=cost.wall, steps=result.steps, cpu=cost.cpu)

    def _forecast(self, name: str, trial: PlannedRun | None = None) -> CellForecast:
        outlook = self._outlooks[name]
        return outlook.forecast(self._cells[name], self._running, self._clock(), trial)

    def _remaining(self, planned_run: PlannedRun, start: float) -> float:
        return max(0.0, self._durations.guess(planned_run) - (self._clock() - start))
