"""What remains of a cell after its search, and what that takes.

Seconds and runs in, seconds out, no clock inside. The runs of the rungs after the search are
reserved first, it gets what is left. What remains is asked of the ladder, as it is and as it would
be if the search ended now.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from harness.campaign.deadlines.duration_model import DurationModel
from harness.campaign.deadlines.makespan import CellForecast, Reserve
from harness.core.costs.search_budget import EffortCache, shrink_confirm
from harness.core.decisions import plan
from harness.core.decisions.plan import Candidate
from harness.core.ladder import RunCache, advance
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Cell
from harness.core.progress.ladder_progress import Progress
from harness.core.run import DEFAULT, TUNED, PlannedRun, Variant
from harness.core.settings import Adaptive, Rung

LEADING: Final = frozenset({Rung.SEARCH, Rung.CONFIRM})
"""Rungs for whose runs others of their cell wait."""

_Running = Mapping[str, tuple[PlannedRun, float]]
"""Run id -> what runs, and since when."""


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
        self._reserves: dict[str | None, Reserve] = {}
        self._guesses: dict[str, float] = {}
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
        own = {key: each for key, each in running.items() if each[0].cell == self._cell.name}
        reserve = self._reserve(progress, {key: each for key, (each, _) in own.items()}, trial)
        times = [
            (self._guess(each), now - start) for each, start in own.values() if each.rung in LEADING
        ]
        # What runs longer than it should have makes the estimates of its cell longer.
        factor = max([1.0, *(age / seconds for seconds, age in times if seconds)])
        left = [factor * seconds - age for seconds, age in times]
        if trial is not None:
            left.append(factor * self._guess(trial))
        return CellForecast(running=left, reserve=reserve, factor=factor)

    def _guess(self, planned_run: PlannedRun) -> float:
        run_id = planned_run.run.id
        if run_id not in self._guesses:
            self._guesses[run_id] = self._durations.guess(planned_run)
        return self._guesses[run_id]

    def _reserve(
        self, progress: Progress, own: Mapping[str, PlannedRun], trial: PlannedRun | None
    ) -> Reserve:
        """What does not change as time goes by, computed once."""
        version = self._durations.version(self._cell.name), own.keys()
        if progress is not self._progress or version != self._version:
            self._progress, self._version = progress, version
            self._reserves, self._guesses = {}, {}
        key = None if trial is None else trial.run.id
        if key not in self._reserves:
            self._reserves[key] = self._sum_up(progress, own, trial)
        return self._reserves[key]

    def _sum_up(
        self, progress: Progress, own: Mapping[str, PlannedRun], trial: PlannedRun | None
    ) -> Reserve:
        open_count = (trial is not None) + _count_open(progress, own.values())
        state = _CellState(progress, self._end_search(progress), own, open_count)
        early, late = self._test(state)
        return Reserve(
            confirm=self._confirm(state),
            early=early,
            late=[*late, *self._transfer(state)],
            serial=self._longest(state, Rung.TEST) * _serial(progress),
        )

    def _confirm(self, state: _CellState) -> list[float]:
        """Seconds of the confirm runs of the default and of the candidates with the longest."""
        runs = state.end.planned[Rung.CONFIRM]
        if not state.open_count:
            return self._seconds(state.pending(runs))
        top, seeds = self._confirm_size(state.progress)
        begun = Counter(each.variant for each in runs) - Counter(
            each.variant for each in state.pending(runs)
        )
        default, *others = (
            [self._price(each, Rung.CONFIRM)] * max(0, seeds - begun[each.variant])
            for each in state.end.candidates
        )
        others += [[self._price(self._default, Rung.CONFIRM)] * seeds] * state.open_count
        return [*default, *chain.from_iterable(sorted(others, key=math.fsum)[-top:])]

    def _test(self, state: _CellState) -> tuple[list[float], list[float]]:
        """Seconds of the test runs of whatever is tested for sure, and of the winner."""
        cell, progress, end = self._cell, state.progress, state.end
        runs = progress.planned[Rung.TEST]
        most = progress.seeds if progress.settled else len(plan.test_seeds(cell))
        variants = {each.variant: each for each in runs}.values()
        early = self._seconds(state.pending(runs))
        early += self._seconds(variants) * (most - progress.seeds)
        candidates = end.candidates if state.open_count else end.candidates[1:]
        longest = max((self._price(each, Rung.TEST) for each in candidates), default=0.0)
        late: list[float] = []
        if progress.winner is None:
            late += [longest] * (most * sum(each.size for each in cell.ensembles_in_test))
        if TUNED not in cell.test.variants or progress.winner is not None:
            return early, late
        if not state.open_count and end.winner is not None:
            planned = (each for each in end.planned[Rung.TEST] if each.variant.is_searched)
            tuned = (each for each in planned if each.run.id not in progress.runs)
            return early, late + self._seconds(state.pending(tuned))
        return early, late + [longest] * (most * plan.most_choices(cell))

    def _transfer(self, state: _CellState) -> list[float]:
        """Seconds of the runs of other cells' winners."""
        cell, progress = self._cell, state.progress
        most = progress.seeds if progress.settled else len(plan.test_seeds(cell))
        count = progress.awaited_sources * cell.transfer.seeds
        count += most if progress.awaits_across else 0
        waiting = state.pending(progress.planned.get(Rung.TRANSFER, ()))
        return self._seconds(waiting) + [self._longest(state, Rung.TEST)] * count

    def _seconds(self, runs: Iterable[PlannedRun]) -> list[float]:
        return [self._durations.guess(each) for each in runs]

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
