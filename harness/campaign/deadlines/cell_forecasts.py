"""What remains of a cell after its search, what that takes, and whether it fits.

Seconds and runs in, decisions out, no clock inside. The runs of the rungs after the search are
reserved first, it gets what is left. That everything reserved will be done follows from a bound on
every schedule that leaves no worker idle (Graham 1969): it takes at most
``work / workers + (1 - 1 / workers) * path``, with the longest chain of runs that wait for one
another as `path`. What remains is asked of the ladder, as it is and as it would be if the search
ended now.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.campaign.deadlines.duration_model import DurationModel
from harness.core.costs.search_budget import EffortCache, shrink_confirm
from harness.core.decisions import plan
from harness.core.decisions.plan import Candidate
from harness.core.ladder import RunCache, advance
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Cell
from harness.core.progress.ladder_progress import Progress
from harness.core.run import DEFAULT, TUNED, PlannedRun, Variant
from harness.core.settings import Adaptive, Rung

_Running = Mapping[str, tuple[PlannedRun, float]]
"""Run id -> what runs, and since when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellForecast:
    """What a cell will take until the deadline beside what runs, in seconds.

    Attributes:
        work: Of all its runs together.
        path: Of the longest chain of runs that wait for one another: what runs of the search, a
            confirm and a test run.
        serial: Of runs, one after the other, that wait for what other cells do first.
    """

    work: float
    path: float
    serial: float = 0.0


class Capacity:
    """The workers' time until the deadline, against what is reserved."""

    def __init__(
        self,
        forecasts: Mapping[str, CellForecast],
        *,
        running: Sequence[float],
        workers: int,
        seconds: float,
    ) -> None:
        """Add up the work of all cells.

        Args:
            forecasts: Of every cell, by its name.
            running: Seconds left of every run in progress.
            workers: Runs that run at once.
            seconds: Seconds until the deadline.
        """
        cells = forecasts.values()
        self._forecasts = forecasts
        self._workers = workers
        self._left = seconds
        self._work = math.fsum(running) + math.fsum(cell.work for cell in cells)
        self._path = max((*running, *(cell.path for cell in cells)), default=0.0)
        # Whoever waits for other cells waits for the slowest of them.
        self._serial = max((cell.serial for cell in cells), default=0.0)

    def admits(self, cell: str, forecast: CellForecast) -> bool:
        """Whether everything reserved can be done if that of one cell is this one instead."""
        work = self._work - self._forecasts[cell].work + forecast.work
        path = max(self._path, forecast.path) + self._serial
        return work / self._workers + (1 - 1 / self._workers) * path <= self._left


class CellOutlook:
    """What one cell has before it."""

    def __init__(self, cell: Cell, durations: DurationModel) -> None:
        self._cell = cell
        self._durations = durations
        self._cache = RunCache()
        self._efforts = EffortCache()
        self._samples: dict[tuple[Variant, Rung], PlannedRun] = {}
        self._ended: Progress | None = None
        self._progress: Progress | None = None
        self._version: object = None
        self._reserves: dict[str | None, _Reserve] = {}
        self._default = Candidate(variant=DEFAULT, arguments=cell_arguments.default_arguments(cell))
        self.trial = self._sample(self._default, Rung.SEARCH)

    def reopen(self, progress: Progress) -> Progress:
        """The cell as it would be if its closed search went on."""
        return advance(progress.cell, replace(progress.history, closed=None), self._cache)

    def forecast(
        self, progress: Progress, running: _Running, now: float, trial: PlannedRun | None = None
    ) -> CellForecast:
        """Reserve time for all that may follow the trials that have ended or begun.

        Which configurations are candidates is known of those that have ended, and the one with the
        longest runs may be tested. Each of the others may become a candidate, with runs like the
        default's: were it the longest that counts, one expensive trial would end a search.

        Args:
            running: Run id -> what runs, and since when.
            trial: One that would begin too.
        """
        reserve = self._reserve(progress, running, trial)
        seconds = reserve.running
        ages = {run_id: now - running[run_id][1] for run_id in seconds}
        # What runs longer than it should have makes the estimates of its cell longer.
        factor = max([1.0, *(ages[key] / seconds[key] for key in seconds if seconds[key])])
        busy = max([reserve.trial, *(seconds[key] - ages[key] for key in seconds)])
        return CellForecast(
            work=factor * reserve.work,
            path=factor * (busy + reserve.path),
            serial=factor * reserve.serial,
        )

    def _reserve(self, progress: Progress, running: _Running, trial: PlannedRun | None) -> _Reserve:
        """What does not change as time goes by, computed once."""
        own = {key: each for key, (each, _) in running.items() if each.cell == self._cell.name}
        version = self._durations.version(self._cell.name), own.keys()
        if progress is not self._progress or version != self._version:
            self._progress, self._version, self._reserves = progress, version, {}
        key = None if trial is None else trial.run.id
        if key not in self._reserves:
            self._reserves[key] = self._sum_up(progress, own, trial)
        return self._reserves[key]

    def _sum_up(
        self, progress: Progress, own: Mapping[str, PlannedRun], trial: PlannedRun | None
    ) -> _Reserve:
        guess = self._durations.guess
        seconds = 0.0 if trial is None else guess(trial)
        open_count = (trial is not None) + _count_open(progress, own.values())
        state = _CellState(progress, self._end_search(progress), own, open_count)
        confirm, test, transfer = self._confirm(state), self._test(state), self._transfer(state)
        run = self._longest(state, Rung.TEST)
        path = (self._longest(state, Rung.CONFIRM) if confirm else 0.0) + (run if test else 0.0)
        return _Reserve(
            work=seconds + confirm + test + transfer,
            path=path,
            serial=run * _serial(progress),
            trial=seconds,
            running={
                run_id: guess(each)
                for run_id, each in own.items()
                if each.rung in {Rung.SEARCH, Rung.CONFIRM}
            },
        )

    def _confirm(self, state: _CellState) -> float:
        """Seconds of the confirm runs of the default and of the candidates with the longest."""
        runs = state.end.planned[Rung.CONFIRM]
        if not state.open_count:
            return self._seconds(state.pending(runs))
        top, seeds = self._confirm_size(state.progress)
        begun = Counter(each.variant for each in runs) - Counter(
            each.variant for each in state.pending(runs)
        )
        default, *others = (
            max(0, seeds - begun[each.variant]) * self._price(each, Rung.CONFIRM)
            for each in state.end.candidates
        )
        others += [seeds * self._price(self._default, Rung.CONFIRM)] * state.open_count
        return default + math.fsum(sorted(others)[-top:])

    def _test(self, state: _CellState) -> float:
        """Seconds of the test runs of whatever is tested for sure, and of the winner."""
        cell, progress, end = self._cell, state.progress, state.end
        runs = progress.planned[Rung.TEST]
        most = progress.seeds if progress.settled else len(plan.test_seeds(cell))
        variants = {each.variant: each for each in runs}.values()
        seconds = self._seconds(state.pending(runs))
        seconds += (most - progress.seeds) * self._seconds(variants)
        candidates = end.candidates if state.open_count else end.candidates[1:]
        longest = max((self._price(each, Rung.TEST) for each in candidates), default=0.0)
        if progress.winner is None:
            seconds += most * sum(each.size for each in cell.ensembles_in_test) * longest
        if TUNED not in cell.test.variants or progress.winner is not None:
            return seconds
        if not state.open_count and end.winner is not None:
            planned = (each for each in end.planned[Rung.TEST] if each.variant.is_searched)
            tuned = (each for each in planned if each.run.id not in progress.runs)
            return seconds + self._seconds(state.pending(tuned))
        return seconds + most * plan.most_choices(cell) * longest

    def _transfer(self, state: _CellState) -> float:
        """Seconds of the runs of other cells' winners."""
        cell, progress = self._cell, state.progress
        most = progress.seeds if progress.settled else len(plan.test_seeds(cell))
        count = progress.awaited_sources * cell.transfer.seeds
        count += most if progress.awaits_across else 0
        waiting = state.pending(progress.planned.get(Rung.TRANSFER, ()))
        return self._seconds(waiting) + count * self._longest(state, Rung.TEST)

    def _seconds(self, runs: Iterable[PlannedRun]) -> float:
        return math.fsum(map(self._durations.guess, runs))

    def _longest(self, state: _CellState, rung: Rung) -> float:
        return max(self._price(each, rung) for each in state.end.candidates)

    def _price(self, candidate: Candidate, rung: Rung) -> float:
        """Seconds of a run of a candidate."""
        return self._durations.guess(self._sample(candidate, rung))

    def _sample(self, candidate: Candidate, rung: Rung) -> PlannedRun:
        """A run of a candidate; its seed plays no part."""
        key = candidate.variant, rung
        if key not in self._samples:
            cell = self._cell
            steps = cell.test.steps if rung is Rung.TEST else cell.search.steps
            self._samples[key] = PlannedRun(
                run=plan.retrain(cell, candidate.arguments, 0, steps),
                cell=cell.name,
                rung=rung,
                variant=candidate.variant,
                index=0,
            )
        return self._samples[key]

    def _confirm_size(self, progress: Progress) -> tuple[int, int]:
        """`top` and seeds, if the search ended after the trials so far and one more."""
        cell, trials = progress.cell, progress.trials
        if not progress.searching or not trials:
            return cell.confirm.top, len(plan.confirm_seeds(cell))
        # Another default stands for the one that may follow.
        return shrink_confirm(cell, [*trials, trials[0]], self._efforts)

    def _end_search(self, progress: Progress) -> Progress:
        """The cell as it would be if its search ended with the trials finished so far."""
        if not progress.searching:
            return progress
        count = len(progress.finished)
        if self._ended is None or self._ended.history.closed != count:
            history = replace(progress.history, closed=count)
            self._ended = advance(progress.cell, history, self._cache)
        return self._ended


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reserve:
    """Seconds that a cell's runs should take, however long those in progress have run.

    Attributes:
        work: Of all runs that do not run yet.
        path: Of a confirm and a test run, the longest.
        serial: See `CellForecast`.
        trial: Of a trial that would begin too.
        running: Run id -> those of a run of search or confirm rung in progress.
    """

    work: float
    path: float
    serial: float
    trial: float
    running: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _CellState:
    """A cell, as it is and as it would be if its search ended now.

    Attributes:
        running: Run id -> what runs of it.
        open_count: Trials, the default aside, that may become candidates then.
    """

    progress: Progress
    end: Progress
    running: Mapping[str, PlannedRun]
    open_count: int

    def pending(self, runs: Iterable[PlannedRun]) -> list[PlannedRun]:
        """Those not yet begun, each once."""
        results = self.progress.history.results
        return [
            each
            for run_id, each in {each.run.id: each for each in runs}.items()
            if run_id not in results and run_id not in self.running
        ]


def _count_open(progress: Progress, running: Iterable[PlannedRun]) -> int:
    """Trials, the default aside, that run, or have ended and wait for one that runs."""
    results, trials = progress.history.results, progress.planned[Rung.SEARCH]
    early = (each for each in trials[len(progress.finished) :] if each.run.id in results)
    return sum(each.rung is Rung.SEARCH and each.index > 0 for each in (*running, *early))


def _serial(progress: Progress) -> int:
    """Runs, one after the other, that wait for what other cells do first."""
    rule = progress.cell.test.seeds
    if isinstance(rule, Adaptive) and not progress.settled:
        return sum(end > progress.seeds for end in rule.ends)
    return (1 if progress.awaited_sources else 0) + progress.awaits_across
