"""The timekeeper: asks the policy of `deadline` about the cells of a running campaign."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from harness.campaign.clock import instant
from harness.campaign.deadline import Capacity, Outlook, Paces, fits
from harness.campaign.forecast import Forecast
from harness.campaign.ladder import Climb
from harness.core.record import RunResult, Status
from harness.core.run import PlannedRun
from harness.core.settings import Rung

__all__ = ["Timekeeper"]


class Timekeeper:
    """Knows the deadline, how long runs take, and which ones run.

    Attributes:
        limited: Whether there is a deadline at all.
    """

    def __init__(
        self,
        climbs: Sequence[Climb],
        results: Mapping[str, RunResult],
        *,
        workers: int,
        deadline: float | None,
    ) -> None:
        """Measure what earlier runs left.

        Args:
            climbs: The cells.
            results: Run id -> result; read again whenever something is asked.
            workers: Runs that run at once.
            deadline: The `instant` after which nothing runs; None for none.
        """
        self.limited = deadline is not None
        self._deadline = math.inf if deadline is None else deadline
        self._climbs = climbs
        self._results = results
        self._workers = workers
        self._paces = Paces()
        self._forecasts = {climb.cell.name: Forecast(climb) for climb in climbs if self.limited}
        self._used = dict.fromkeys((climb.cell.name for climb in climbs), 0.0)
        self._began: dict[str, tuple[PlannedRun, float]] = {}
        self._capacity: Capacity | None = None
        for climb in climbs if self.limited else ():
            for run_id, planned in climb.planned.items():
                if run_id in results:
                    self._measure(planned, results[run_id])

    @property
    def left(self) -> float:
        """Seconds until the deadline; infinite without one."""
        return self._deadline - instant() if self.limited else math.inf

    def begin(self, run_id: str, planned: PlannedRun) -> None:
        """A run was handed to a worker."""
        self._began[run_id] = (planned, instant())
        self._capacity = None

    def elapsed(self, run_id: str) -> float:
        """Seconds since a run was handed to a worker, the last time."""
        return instant() - self._began[run_id][1]

    def end(self, run_id: str, result: RunResult | None) -> None:
        """A run no longer runs; without a result it will run again."""
        planned, _ = self._began.pop(run_id)
        self._capacity = None
        if result is not None and self.limited:
            self._measure(planned, result)

    def turn(self, planned: PlannedRun) -> float:
        """What decides whose trial begins first: seconds the cell's search has had.

        The first trials come before all others, because they tell how long the others take.
        """
        if planned.rung is not Rung.SEARCH or not self.limited:
            return 0.0
        if planned.index == 0:
            return -1.0
        running = [
            instant() - began
            for each, began in self._began.values()
            if each.rung is Rung.SEARCH and each.cell == planned.cell
        ]
        return self._used[planned.cell] + math.fsum(running)

    def permits(self, climb: Climb, planned: PlannedRun) -> bool:
        """Whether a run may begin now."""
        if not self.limited:
            return True
        estimate = self._paces.estimate(planned)
        if not fits(estimate, self.left):
            return False
        if planned.rung is not Rung.SEARCH or planned.index == 0:
            return True
        if estimate is None:
            # Before anything is measured, the reserved runs of the default may use the workers.
            return climb.search.told > 0
        if self._capacity is None:
            self._capacity = self._added_up()
        return self._capacity.admits(self._outlook(climb))

    def closing(self) -> list[Climb]:
        """Cells whose next trial no longer fits, and whose search has something to end with."""
        if not self.limited:
            return []
        self._capacity = None
        return [climb for climb in self._climbs if self._is_closing(climb)]

    def _is_closing(self, climb: Climb) -> bool:
        if not climb.searching or not climb.search.told or self._running(climb, Rung.SEARCH):
            return False
        following = climb.search.following(self._results)
        return following is not None and not self.permits(climb, climb.planned[following.run_id])

    def _running(self, climb: Climb, *rungs: Rung) -> list[tuple[PlannedRun, float]]:
        return [
            (planned, began)
            for planned, began in self._began.values()
            if planned.cell == climb.cell.name and planned.rung in rungs
        ]

    def _measure(self, planned: PlannedRun, result: RunResult) -> None:
        if planned.rung is Rung.SEARCH:
            self._used[planned.cell] += result.cost.wall
        if result.status is Status.COMPLETE:
            self._paces.add(planned, wall=result.cost.wall, steps=result.steps)

    def _added_up(self) -> Capacity:
        return Capacity(
            [self._outlook(climb) for climb in self._climbs],
            running=[self._remaining(*each) for each in self._began.values()],
            workers=self._workers,
            left=self.left,
        )

    def _outlook(self, climb: Climb) -> Outlook:
        forecast = self._forecasts[climb.cell.name]
        busy = self._running(climb, Rung.SEARCH, Rung.CONFIRM)
        trials = [planned.index for planned, _ in busy if planned.rung is Rung.SEARCH]
        # What runs longer than it should have makes the estimates of its cell longer.
        slowest = max((self._so_far(*each) for each in busy), default=0.0)
        return Outlook(
            ahead=forecast.ahead(self._results, self._began),
            begun=sum(trial > 0 for trial in (*trials, *climb.search.untold(self._results))),
            busy=max((self._remaining(*each) for each in busy), default=0.0),
            trial=max(self._paces.typical(forecast.trial), slowest * forecast.trial.run.steps),
            run=max(self._paces.typical(forecast.run), slowest * forecast.run.run.steps),
        )

    def _remaining(self, planned: PlannedRun, began: float) -> float:
        return max(0.0, self._paces.guess(planned) - (instant() - began))

    def _so_far(self, planned: PlannedRun, began: float) -> float:
        return (instant() - began) / planned.run.steps
