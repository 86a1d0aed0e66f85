"""The ladder of a cell as a pure function: what its history permits next.

search -> confirm -> test, with the transfer rung beside them. Everything follows from a cell and
its history, never from the order in which results came. Whoever wants to know what a cell has to
do, has decided or still lacks asks here; see `harness.core.progress.remaining` for the numbers of
runs.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

from harness.core.costs.effort import relative
from harness.core.costs.search_budget import (
    EffortCache,
    has_levelled_off,
    lacks_room,
    room_for_trial,
    shrink_confirm,
)
from harness.core.decisions import plan
from harness.core.decisions.plan import Candidate
from harness.core.decisions.transfer import (
    ShippedConfiguration,
    plan_refused_transfer,
    plan_transfer,
)
from harness.core.decisions.tune_across import plan_across, plan_default
from harness.core.decisions.winner import candidates, find_winner, rank_configurations
from harness.core.evaluation import sees_effort
from harness.core.matrix import Cell
from harness.core.progress.ladder_progress import History, Progress, rivals_of
from harness.core.record import TrialRecord, trials_of_search
from harness.core.run import ACROSS, DEFAULT, Curve, PlannedRun
from harness.core.settings import Adaptive, Rung
from harness.errors import HarnessError


class RunCache:
    """Planned runs of one cell, each made once: a run's id is a digest, and takes its time.

    It changes no result of `advance`, only how soon it is there.
    """

    def __init__(self) -> None:
        self.efforts = EffortCache()
        self._runs: dict[Hashable, tuple[PlannedRun, ...]] = {}
        self._curves: dict[int, Curve] = {}

    def get(
        self, key: Hashable, make: Callable[[], tuple[PlannedRun, ...]]
    ) -> tuple[PlannedRun, ...]:
        """The runs under a key, made if they are not there."""
        if key not in self._runs:
            self._runs[key] = make()
        return self._runs[key]

    def trial(self, cell: Cell, trial: TrialRecord, before: Sequence[TrialRecord]) -> PlannedRun:
        """The run of a trial, with its pruning rule as long as it has no result."""
        if trial.result is not None:
            # A finished trial needs no rule any more, and rules grow with every trial.
            self._runs.pop((Rung.SEARCH, trial.number, False), None)
            before = ()
        (run,) = self.get(
            (Rung.SEARCH, trial.number, trial.result is not None),
            lambda: (self._plan_trial(cell, trial, before),),
        )
        return run

    def _plan_trial(
        self, cell: Cell, trial: TrialRecord, before: Sequence[TrialRecord]
    ) -> PlannedRun:
        arguments, curves = trial.arguments, self._curves
        effort = relative(cell, arguments) if sees_effort(cell.search.pruner) else 1.0
        return plan.plan_trial(cell, trial.number, arguments, before, curves, effort)


def advance(cell: Cell, history: History, cache: RunCache | None = None) -> Progress:
    """Go up the ladder as far as the history permits.

    Args:
        cache: Kept by the caller from call to call for this cell; None makes every run anew.
    """
    cache = RunCache() if cache is None else cache
    trials = tuple(_with_result(trial, history) for trial in trials_of_search(cell, history.trials))
    finished_trials = trials[: _count_results(trials, history.closed)]
    may_suggest = _has_room(cell, trials, len(finished_trials), cache)
    searching = history.closed is None and (len(finished_trials) < len(trials) or may_suggest)
    waits = len(trials) > len(cell.search.first) and len(history.received) < len(cell.donors)
    runs: dict[Rung, tuple[PlannedRun, ...]] = {
        Rung.SEARCH: tuple(
            cache.trial(cell, trial, trials[: max(0, trial.number - cell.search.in_flight + 1)])
            for trial in trials
        )
    }
    finalists: tuple[Candidate, ...] = ()
    best: Candidate | None = None
    if not searching:
        finalists, runs[Rung.CONFIRM] = _confirm(cell, finished_trials, history, cache)
        best = find_winner(cell, finalists, runs[Rung.CONFIRM], history.results)
    seeds = plan.first_seeds(cell) if history.seeds is None else history.seeds
    runs[Rung.TEST] = _test(cell, best, seeds, finalists, runs, history, finished_trials, cache)
    runs |= _transfer(cell, history, seeds, cache)
    return Progress(
        cell=cell,
        history=history,
        trials=trials,
        finished=finished_trials,
        searching=searching,
        next_trial=len(trials) if searching and may_suggest and not waits else None,
        candidates=finalists,
        winner=best,
        seeds=seeds,
        settled=history.settled or not isinstance(cell.test.seeds, Adaptive),
        planned=runs,
        refused=_find_refusals(cell, history, cache),
    )


def _with_result(trial: TrialRecord, history: History) -> TrialRecord:
    if trial.result is not None or trial.run_id not in history.results:
        return trial
    return replace(trial, result=history.results[trial.run_id])


def _count_results(trials: Sequence[TrialRecord], limit: int | None) -> int:
    first_open = (n for n, trial in enumerate(trials) if trial.result is None)
    count = next(first_open, len(trials))
    return count if limit is None else min(count, limit)


def _has_room(
    cell: Cell, trials: Sequence[TrialRecord], result_count: int, cache: RunCache
) -> bool:
    """Whether one more trial may be suggested now."""
    # What may be known when a trial is suggested, whoever was done first.
    known_trials = trials[: max(0, len(trials) - cell.search.in_flight + 1)]
    if len(trials) - result_count >= cell.search.in_flight:
        return False
    if has_levelled_off(cell, known_trials) or lacks_room(cell, trials):
        return False
    return (
        len(trials) < cell.search.trials
        if cell.search.budget is None
        else room_for_trial(cell, trials, result_count, cache.efforts) is not None
    )


def _confirm(
    cell: Cell, finished_trials: Sequence[TrialRecord], history: History, cache: RunCache
) -> tuple[tuple[Candidate, ...], tuple[PlannedRun, ...]]:
    """What the confirm rung compares, and its runs."""
    top, seeds = cell.confirm.top, None
    if history.closed is not None:
        top, seeds = shrink_confirm(cell, finished_trials, cache.efforts)
    finalists = candidates(cell, finished_trials, top)
    if history.closed is not None and len(finalists) == 1:
        # The default has no rival, and the time is short.
        return finalists, ()
    key = (Rung.CONFIRM, seeds, *(candidate.variant for candidate in finalists))
    return finalists, cache.get(key, lambda: plan.plan_confirm(cell, finalists, seeds))


def _test(
    cell: Cell,
    best: Candidate | None,
    seeds: int,
    finalists: Sequence[Candidate],
    runs: Mapping[Rung, Sequence[PlannedRun]],
    history: History,
    finished_trials: Sequence[TrialRecord],
    cache: RunCache,
) -> tuple[PlannedRun, ...]:
    rivals = rivals_of(cell, best, finalists)
    ranking: tuple[Candidate, ...] = ()
    if best is not None and cell.ensembles_in_test:
        confirm = runs[Rung.CONFIRM]
        ranking = rank_configurations(cell, finalists, confirm, history.results, finished_trials)
    variants = (each.variant for each in (*rivals, *ranking))
    members = [each.arguments for each in ranking]
    return cache.get(
        (Rung.TEST, seeds, best and best.variant, *variants),
        lambda: plan.plan_test(cell, best, seeds, rivals, members),
    )


def _transfer(
    cell: Cell, history: History, seeds: int, cache: RunCache
) -> dict[Rung, tuple[PlannedRun, ...]]:
    if not history.sources:
        return {}
    runs = (_plan_configuration(cell, configuration, cache)[0] for configuration in history.shipped)
    across = _across(cell, history, seeds, cache)
    return {Rung.TRANSFER: (*_default(cell, cache), *chain.from_iterable(runs), *across)}


def _find_refusals(cell: Cell, history: History, cache: RunCache) -> dict[str, str]:
    """Run id -> why it can never run, of the configurations of other cells."""
    plans = (_plan_configuration(cell, configuration, cache) for configuration in history.shipped)
    return {each.run.id: why for runs, why in plans if why for each in runs}


def _plan_configuration(
    cell: Cell, configuration: ShippedConfiguration, cache: RunCache
) -> tuple[tuple[PlannedRun, ...], str]:
    """The runs of another cell's configuration here, and why they can never run, if so."""
    key = (Rung.TRANSFER, configuration.cell.name, configuration.trial)
    try:
        return cache.get(key, partial(plan_transfer, cell, configuration)), ""
    except (ValueError, HarnessError) as error:
        why = f"what {configuration.cell.name} ships cannot be trained here: {error}"
        return plan_refused_transfer(cell, configuration), why


def _default(cell: Cell, cache: RunCache) -> tuple[PlannedRun, ...]:
    if not cell.transfer.tune_across:
        return ()
    return cache.get((Rung.TRANSFER, DEFAULT), partial(plan_default, cell))


def _across(cell: Cell, history: History, seeds: int, cache: RunCache) -> tuple[PlannedRun, ...]:
    """The one configuration for all scenarios on the held-out seeds, once it is chosen."""
    if not history.across:
        return ()
    by_cell = {each.cell.name: each for each in history.shipped}
    configuration = by_cell.get(history.across)
    key = (Rung.TRANSFER, ACROSS, history.across, configuration and configuration.trial, seeds)
    return cache.get(key, partial(plan_across, cell, configuration, seeds))
