"""The deadline of a running campaign: which runs may still begin, and which searches end early.

What remains of a cell is asked of the ladder, as it is and as it would be if the search ended now.
How long that takes is a matter of `harness.campaign.deadline`.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace

from harness.campaign.deadline import Capacity, CellForecast, CellWork, DurationModel, fits
from harness.campaign.options import Clock
from harness.core.costs.search_budget import EffortCache, shrink_confirm
from harness.core.decisions import plan
from harness.core.ladder import RunCache, advance
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Cell
from harness.core.progress.ladder_progress import Progress
from harness.core.run import DEFAULT, TUNED, PlannedRun
from harness.core.run_result import RunResult, Status
from harness.core.settings import Adaptive, Rung

__all__ = ["DeadlinePolicy"]


class DeadlinePolicy:
    """Knows the deadline, how long runs take, and which ones run.

    Attributes:
        limited: Whether there is a deadline at all.
    """

    def __init__(
        self,
        cells: Mapping[str, Progress],
        *,
        workers: int,
        deadline: float | None,
        clock: Clock,
    ) -> None:
        """Measure what earlier runs took.

        Args:
            cells: Where the cells stand; read again whenever something is asked.
            workers: Runs that run at once.
            deadline: Time of `clock` after which nothing runs; None for none.
            clock: The clock.
        """
        self.limited = deadline is not None
        self._deadline = math.inf if deadline is None else deadline
        self._cells = cells
        self._workers = workers
        self._clock = clock
        self._durations = DurationModel()
        self._outlooks = {
            name: _CellOutlook(progress.cell) for name, progress in cells.items() if self.limited
        }
        self._search_seconds = dict.fromkeys(cells, 0.0)
        self._running: dict[str, tuple[PlannedRun, float]] = {}
        self._capacity: Capacity | None = None
        for progress in cells.values() if self.limited else ():
            for run_id, planned_run in progress.runs.items():
                if run_id in progress.history.results:
                    self._measure(planned_run, progress.history.results[run_id])

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
        running = self._running_of(planned_run.cell, Rung.SEARCH)
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
                [self._forecast(progress) for progress in self._cells.values()],
                running=[self._remaining(*each) for each in self._running.values()],
                workers=self._workers,
                seconds=self.seconds_left,
            )
        return self._capacity.admits(self._forecast(self._cells[planned_run.cell]))

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
        if self._running_of(name, Rung.SEARCH):
            return False
        results = progress.history.results
        waiting = (p for p in progress.planned[Rung.SEARCH] if p.run.id not in results)
        following = next(waiting, None)
        return following is not None and not self.permits(following)

    def search_to_reopen(self) -> str | None:
        """A cell that is done with a closed search, if that has time for one more trial after all.

        What had been reserved was not needed: the default won, or runs took less than they might
        have. Of several the one whose search had the least time. Not where other cells were told
        what it ships, or where cells have decided together.
        """
        cells = self._cells.values()
        if any(p.history.sources for p in cells):
            return None
        options = [
            p
            for p in cells
            if p.history.closed is not None and p.done and p.cell.test.adaptive is None
        ]
        for progress in sorted(options, key=lambda p: self._search_seconds[p.cell.name]):
            if self._has_time(progress):
                return progress.cell.name
        return None

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

    def _running_of(self, cell: str, *rungs: Rung) -> list[tuple[PlannedRun, float]]:
        return [
            (planned_run, start)
            for planned_run, start in self._running.values()
            if planned_run.cell == cell and planned_run.rung in rungs
        ]

    def _measure(self, planned_run: PlannedRun, result: RunResult) -> None:
        if planned_run.rung is Rung.SEARCH:
            self._search_seconds[planned_run.cell] += result.cost.wall
        if result.status is Status.COMPLETE:
            self._durations.add(planned_run, wall=result.cost.wall, steps=result.steps)

    def _forecast(self, progress: Progress) -> CellForecast:
        cell = progress.cell
        busy = self._running_of(cell.name, Rung.SEARCH, Rung.CONFIRM)
        trials = [planned_run.index for planned_run, _ in busy if planned_run.rung is Rung.SEARCH]
        early = [
            trial.number
            for trial in progress.trials[len(progress.finished) :]
            if trial.run_id in progress.history.results
        ]
        # What runs longer than it should have makes the estimates of its cell longer.
        now = self._clock()
        slowest = max(
            ((now - start) / planned_run.run.planned_steps for planned_run, start in busy),
            default=0.0,
        )
        outlook = self._outlooks[cell.name]
        return CellForecast(
            work=outlook.count(progress, self._running),
            open_trials=sum(number > 0 for number in (*trials, *early)),
            busy=max((self._remaining(*each) for each in busy), default=0.0),
            trial=max(self._durations.typical(outlook.trial), slowest * cell.search.steps),
            run=max(self._durations.typical(outlook.run), slowest * cell.test.steps),
        )

    def _remaining(self, planned_run: PlannedRun, start: float) -> float:
        return max(0.0, self._durations.guess(planned_run) - (self._clock() - start))


class _CellOutlook:
    """What one cell has before it after the search.

    Attributes:
        trial, run: A run like those of the search and of the test, for what it takes.
    """

    def __init__(self, cell: Cell) -> None:
        self.trial = _sample(cell, Rung.SEARCH, cell.search.steps)
        self.run = _sample(cell, Rung.TEST, cell.test.steps)
        self._cache = RunCache()
        self._efforts = EffortCache()
        self._ended: Progress | None = None

    def count(self, progress: Progress, running: Container[str]) -> CellWork:
        """Runs of confirm, test and transfer not yet begun."""
        cell, results = progress.cell, progress.history.results

        def waiting(runs: Iterable[PlannedRun]) -> int:
            trainings = {each.run.id: each.run.trainings for each in runs}
            return sum(
                count
                for run_id, count in trainings.items()
                if run_id not in results and run_id not in running
            )

        plans = progress.planned
        top, seeds = self._confirm_size(progress)
        most = progress.seeds if progress.settled else len(plan.test_seeds(cell))
        choices = plan.most_choices(cell) if TUNED in cell.test.variants else 0
        tuned = most * choices
        variants = {
            each.variant: each.run.trainings
            for each in progress.runs.values()
            if each.rung is Rung.TEST
        }
        test = waiting(plans[Rung.TEST]) + (most - progress.seeds) * sum(variants.values())
        if progress.winner is None:
            test += most * sum(each.size for each in cell.ensembles_in_test)
        end = self._end_search(progress)
        alone = len(end.candidates) == 1
        confirm = waiting(end.planned[Rung.CONFIRM])
        return CellWork(
            confirm=confirm,
            test=test + _count_tuned(progress, end, tuned),
            confirm_with=seeds if alone and progress.searching else confirm,
            confirm_most=(top + 1) * seeds,
            test_most=test + tuned,
            seeds=seeds,
            transfer=waiting(plans.get(Rung.TRANSFER, ()))
            + progress.awaited_sources * cell.transfer.seeds
            + (most if progress.awaits_across else 0),
            serial=_serial(progress),
        )

    def _confirm_size(self, progress: Progress) -> tuple[int, int]:
        """`top` and seeds, if the search ended after the trials so far and one more."""
        cell, trials = progress.cell, progress.trials
        if not progress.searching or not trials:
            return cell.confirm.top, len(plan.confirm_seeds(cell))
        # Another default stands for the one that may follow.
        return shrink_confirm(cell, [*trials, trials[0]], self._efforts)

    def reopen(self, progress: Progress) -> Progress:
        """The cell as it would be if its closed search went on."""
        return advance(progress.cell, replace(progress.history, closed=None), self._cache)

    def _end_search(self, progress: Progress) -> Progress:
        """The cell as it would be if its search ended with the trials finished so far."""
        if not progress.searching:
            return progress
        count = len(progress.finished)
        if self._ended is None or self._ended.history.closed != count:
            history = replace(progress.history, closed=count)
            self._ended = advance(progress.cell, history, self._cache)
        return self._ended


def _sample(cell: Cell, rung: Rung, steps: int) -> PlannedRun:
    """A run like those of a rung; its seed plays no part."""
    run = plan.retrain(cell, cell_arguments.default_arguments(cell), 0, steps)
    return PlannedRun(run=run, cell=cell.name, rung=rung, variant=DEFAULT, index=0)


def _count_tuned(progress: Progress, end: Progress, most: int) -> int:
    """Test runs of the winner that will become known, if the search ended now."""
    if progress.winner is not None or len(end.candidates) == 1:
        return 0
    if end.winner is None:
        return most
    runs = {each.run.id for each in end.planned[Rung.TEST] if each.variant.is_searched}
    return len(runs - progress.runs.keys() - progress.history.results.keys())


def _serial(progress: Progress) -> int:
    """Runs, one after the other, that wait for what other cells do first."""
    rule = progress.cell.test.seeds
    if isinstance(rule, Adaptive) and not progress.settled:
        return sum(end > progress.seeds for end in rule.ends)
    return (1 if progress.awaited_sources else 0) + progress.awaits_across
