"""When a campaign would be over, and what a deadline would leave out: its plan, played through.

Workers take the runs in the order of `harness.campaign.pending_queue`, each as long as one of its
rung takes on the average; a cell's confirm runs wait for its search, its winner's test for them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import Final

from harness.campaign.plans.plan_summary import CellPlan
from harness.campaign.plans.speed_calibration import MachineSpeed
from harness.core.settings import Rung

_COMMAND: Final = 2.0
"""Seconds of a machine as fast as the cost model's for what is no run: a start, and a report."""

_HALVINGS: Final = 12
"""Of what a search may last, until it is known how long it may with a deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What of a cell's rung a deadline leaves time for.

    Attributes:
        cell: Name.
        rung: Of the search, confirm, test or transfer.
        done: Runs of it that fit.
        planned: Runs without the deadline.
    """

    cell: str
    rung: Rung
    done: int
    planned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What one cell has to do: numbers of runs, and seconds of each.

    Attributes:
        in_flight: Trials that are open at once.
        runs: Of each rung, those of the test that need no winner aside.
        early: These.
        seconds: Of a run of each rung.
    """

    cell: str
    in_flight: int
    runs: dict[Rung, int]
    early: int
    seconds: dict[Rung, float]

    @property
    def run_counts(self) -> dict[Rung, int]:
        return self.runs | {Rung.TEST: self.runs[Rung.TEST] + self.early}

    def cut_to(self, seconds: float) -> _Work:
        """With a search that has so many seconds."""
        trials, each = self.runs[Rung.SEARCH], self.seconds[Rung.SEARCH]
        fitting = max(1, math.floor(seconds / each)) if each else trials
        return replace(self, runs=self.runs | {Rung.SEARCH: min(trials, fitting)})


def ending(plans: Sequence[CellPlan], speed: MachineSpeed, workers: int) -> dict[str, float]:
    """Seconds until the campaign is over: about, and at least and at most, as `speed` says."""
    whole = speed.seconds(plans)
    if not whole["middle"]:
        return dict.fromkeys(whole, 0.0)
    end = _Schedule(_works(plans, speed), _slots(plans, workers)).end
    end += _COMMAND * speed.middle
    return {name: end * seconds / whole["middle"] for name, seconds in whole.items()}


def deadline_cuts(
    plans: Sequence[CellPlan], speed: MachineSpeed, workers: int, seconds: float
) -> tuple[Cut, ...]:
    """What a deadline after so many seconds leaves out; nothing where all of it fits.

    Searches share what the later rungs leave them, each as long as the others; where even the
    shortest ones leave too little, the runs that come last have no time.
    """
    works, slots = _works(plans, speed), _slots(plans, workers)
    seconds -= _COMMAND * speed.middle
    if _Schedule(works, slots).end <= seconds:
        return ()
    least, most = 0.0, seconds * slots
    for _ in range(_HALVINGS):
        middle = (least + most) / 2
        ends = _Schedule([work.cut_to(middle) for work in works], slots).end
        least, most = (middle, most) if ends <= seconds else (least, middle)
    works_in_time = [work.cut_to(least) for work in works]
    done = _Schedule(works_in_time, slots, limit=seconds).done
    return tuple(
        Cut(cell=work.cell, rung=rung, done=done[work.cell, rung], planned=total)
        for work in works
        for rung, total in work.run_counts.items()
        if done[work.cell, rung] < total
    )


def count_slots(cpus: Iterable[float], workers: int) -> int:
    """Runs at once, of cells with so many cores a run: it takes the place of as many workers."""
    return max(1, workers // max(map(math.ceil, cpus), default=1))


def _slots(plans: Iterable[CellPlan], workers: int) -> int:
    return count_slots((plan.cpus for plan in plans), workers)


def _works(plans: Iterable[CellPlan], speed: MachineSpeed) -> list[_Work]:
    return [_work(plan, speed) for plan in plans]


def _work(plan: CellPlan, speed: MachineSpeed) -> _Work:
    each = {Rung(name): rung for name, rung in plan.rungs.items()}
    search, confirm, test = each[Rung.SEARCH], each[Rung.CONFIRM], each[Rung.TEST]
    total = {rung: plan_.usual * speed.training(plan, plan_) for rung, plan_ in each.items()}
    tests = max(round(test.usual), test.runs)
    # The fewest are those that need no winner.
    early = test.runs if search.usual_runs or confirm.most_runs else tests
    runs = {
        Rung.SEARCH: search.usual_runs,
        Rung.CONFIRM: confirm.most_runs,
        Rung.TEST: tests - early,
        Rung.TRANSFER: each[Rung.TRANSFER].most_runs,
    }
    counts = runs | {Rung.TEST: tests}
    seconds = {rung: total[rung] / count if count else 0.0 for rung, count in counts.items()}
    return _Work(cell=plan.name, in_flight=plan.in_flight, runs=runs, early=early, seconds=seconds)


_ORDER: Final = {rung: position for position, rung in enumerate(Rung)}
_Ready = tuple[int, int, int, int, Rung, bool]
"""Rung, whether it waits for no winner, turn, number of the cell, rung again, that again."""


class _Schedule:
    """Cells' work on some workers.

    Attributes:
        end: Seconds until the last run is over.
        done: Cell and rung -> runs that were begun and ended.
    """

    def __init__(self, works: Sequence[_Work], slots: int, limit: float = math.inf) -> None:
        self.end = 0.0
        self.done: Counter[tuple[str, Rung]] = Counter()
        self._works = works
        self._left = [dict(work.runs) for work in works]
        self._begun = [0] * len(works)
        self._ready: list[_Ready] = []
        for index, work in enumerate(works):
            self._add(index, Rung.TEST, work.early, early=True)
            for _ in range(work.in_flight):
                self._add_trial(index)
            self._release(index)
        self._play(slots, limit)

    def _play(self, slots: int, limit: float) -> None:
        running: list[tuple[float, int, Rung, bool]] = []
        while True:
            while self._ready and len(running) < slots:
                *_, index, rung, early = heappop(self._ready)
                end = self.end + self._works[index].seconds[rung]
                if end <= limit:  # what does not fit is not begun
                    heappush(running, (end, index, rung, early))
            if not running:
                return
            self.end, index, rung, early = heappop(running)
            self.done[self._works[index].cell, rung] += 1
            if not early:
                self._left[index][rung] -= 1
                if rung is Rung.SEARCH:
                    self._add_trial(index)
                if rung in {Rung.SEARCH, Rung.CONFIRM} and not self._left[index][rung]:
                    self._release(index)

    def _add(self, index: int, rung: Rung, count: int, *, early: bool = False) -> None:
        for turn in range(count):
            heappush(self._ready, (_ORDER[rung], early, turn, index, rung, early))

    def _add_trial(self, index: int) -> None:
        number = self._begun[index]
        if number < self._works[index].runs[Rung.SEARCH]:
            self._begun[index] += 1
            heappush(self._ready, (_ORDER[Rung.SEARCH], False, number, index, Rung.SEARCH, False))

    def _release(self, index: int) -> None:
        """Add the runs that waited for the rung below, which is done."""
        rest = self._left[index]
        if rest[Rung.SEARCH]:
            return
        if rest[Rung.CONFIRM]:
            self._add(index, Rung.CONFIRM, rest[Rung.CONFIRM])
            return
        self._add(index, Rung.TEST, rest[Rung.TEST])
        self._add(index, Rung.TRANSFER, rest[Rung.TRANSFER])
