"""The ladder of a cell as a pure function: what its history permits next.

search -> confirm -> test, with the transfer rung beside them. Everything follows from a cell and
its history, never from the order in which results came. Whoever wants to know what a cell has to
do, has decided or still lacks asks here; see `harness.core.remaining` for the numbers of runs.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import chain

from harness.core import plan
from harness.core.effort import relative
from harness.core.evaluation import sees_effort
from harness.core.matrix import Cell
from harness.core.plan import Candidate
from harness.core.record import RunResult, TrialRecord
from harness.core.run import ACROSS, DEFAULT, TUNED, Curve, PlannedRun, Variant
from harness.core.search_budget import (
    EffortCache,
    closed_confirm,
    has_levelled_off,
    lacks_room,
    room_for_trial,
)
from harness.core.settings import Adaptive, Rung
from harness.core.transfer import ShippedConfiguration, plan_refused_transfer, plan_transfer
from harness.core.tune_across import plan_across, plan_default
from harness.core.winner import candidates, confirmed_winner, ranked_configurations
from harness.errors import HarnessError

__all__ = [
    "History",
    "Progress",
    "RunCache",
    "advance",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known of a cell.

    Attributes:
        trials: The trials suggested so far, by number.
        results: Run id -> result; those of other cells may be among them.
        closed: Finished trials with which the search was ended early; None while it may go on.
        seeds: Held-out seeds that the interim analyses have granted; None before the first one.
        settled: Whether no interim analysis will grant more.
        sources: Names of the cells whose shipped configurations are trained in this one too.
        shipped: Of those, the configurations shipped so far, in that order.
        across: Which of these, by its cell's name, or the default, is the one configuration for all
            scenarios of the algorithm; None until it is chosen.
        received: What the cells that the search learns from have shipped so far, in their order.
    """

    trials: tuple[TrialRecord, ...] = ()
    results: Mapping[str, RunResult] = field(default_factory=dict)
    closed: int | None = None
    seeds: int | None = None
    settled: bool = False
    sources: tuple[str, ...] = ()
    shipped: tuple[ShippedConfiguration, ...] = ()
    across: str | None = None
    received: tuple[ShippedConfiguration, ...] = ()


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
            lambda: (self._planned(cell, trial, before),),
        )
        return run

    def _planned(self, cell: Cell, trial: TrialRecord, before: Sequence[TrialRecord]) -> PlannedRun:
        arguments, curves = trial.arguments, self._curves
        effort = relative(cell, arguments) if sees_effort(cell.search.pruner) else 1.0
        return plan.plan_trial(cell, trial.number, arguments, before, curves, effort)


@dataclass(frozen=True, kw_only=True)  # no slots: its runs are sorted out once
class Progress:
    """Where a cell stands on the ladder.

    Attributes:
        cell, history: What it follows from.
        trials: Those suggested so far that the search still has, with the results known.
        finished: The trials from the first one on that have results without a gap. Decisions are
            taken from these alone: a later result waits for the earlier ones.
        searching: Whether the search wants more results.
        next_trial: Number of the trial to suggest now; None where none may be suggested.
        candidates: What the confirm rung compares; empty before the search has ended.
        winner: The candidate the confirm rung chose, once it has.
        seeds: Held-out seeds of every variant so far.
        settled: Whether no more will be added.
        planned: The runs of each rung that is planned; a run may be there more than once.
        refused: Run id -> why this planned run can never run.
    """

    cell: Cell
    history: History
    trials: tuple[TrialRecord, ...]
    finished: tuple[TrialRecord, ...]
    searching: bool
    next_trial: int | None
    candidates: tuple[Candidate, ...]
    winner: Candidate | None
    seeds: int
    settled: bool
    planned: Mapping[Rung, tuple[PlannedRun, ...]]
    refused: Mapping[str, str]

    @cached_property
    def runs(self) -> dict[str, PlannedRun]:
        """Every run planned so far by its id; the default's own before an equal `tuned` one."""
        runs: dict[str, PlannedRun] = {}
        for planned in self.planned.values():
            for each in sorted(planned, key=lambda each: each.variant == TUNED):
                runs.setdefault(each.run.id, each)
        return runs

    @cached_property
    def pending(self) -> tuple[PlannedRun, ...]:
        """The runs to be run now; not the trials that a closed search has left over."""
        return tuple(
            each
            for run_id, each in self.runs.items()
            if run_id not in self.history.results
            and (self.searching or each.rung is not Rung.SEARCH)
        )

    @property
    def may_go_on(self) -> bool:
        """Whether the search has trials to come, when the command runs again at the latest."""
        if not self.cell.search.is_open_ended:
            return len(self.finished) < self.cell.search.trials
        return self.searching or self.history.closed is not None

    @property
    def rivals(self) -> tuple[Candidate, ...]:
        """The candidates that are tested too: of several objectives all, once one is chosen."""
        return _rivals(self.cell, self.winner, self.candidates)

    @property
    def awaited_sources(self) -> int:
        """Configurations of other cells that are still to come."""
        return len(self.history.sources) - len(self.history.shipped)

    @property
    def awaits_across(self) -> bool:
        """Whether the one configuration for all scenarios is still to be chosen."""
        has_sources = bool(self.history.sources)
        return has_sources and bool(self.cell.transfer.tune_across) and not self.history.across

    @property
    def pool(self) -> dict[str, list[float | None]] | None:
        """Candidate for all scenarios -> scores on the fresh seeds here; None until all ended."""
        if self.awaited_sources:
            return None
        scores: dict[str, list[float | None]] = {}
        for each in self.planned.get(Rung.TRANSFER, ()):
            if each.variant == ACROSS:
                continue
            if each.run.id not in self.history.results:
                return None
            scores.setdefault(each.variant, []).append(self.history.results[each.run.id].score)
        return scores

    @property
    def is_tested(self) -> bool:
        """Whether all test runs planned so far have ended, those of the winner among them."""
        results = self.history.results
        tested = self.planned[Rung.TEST]
        return self.winner is not None and all(each.run.id in results for each in tested)

    @property
    def done(self) -> bool:
        """Whether nothing is left to do with the trials that the search has."""
        decided = self.winner is not None and self.settled and not self.awaited_sources
        return decided and not self.awaits_across and not self.pending

    @property
    def shipped(self) -> ShippedConfiguration | None:
        """What the cell ships, to be tried in others; None while it is not known."""
        if self.winner is None:
            return None
        number = self.winner.variant.trial
        values = None if number is None else self.finished[number].values
        return ShippedConfiguration(cell=self.cell, values=values, trial=number)

    def score_pairs(self) -> list[tuple[float | None, float | None]] | None:
        """Scores of tuned and default, seed by seed, as far as both have ended.

        Empty while the winner is not known, None where it is the default: both variants are the
        same runs then.
        """
        if self.winner is None:
            return []
        if self.winner.variant == DEFAULT:
            return None
        results: dict[Variant, list[RunResult | None]] = {TUNED: [], DEFAULT: []}
        for each in self.planned[Rung.TEST]:
            if each.variant in results:
                results[each.variant].append(self.history.results.get(each.run.id))
        pairs = []
        for tuned, default in zip(results[TUNED], results[DEFAULT], strict=True):
            if tuned is None or default is None:
                break
            pairs.append((tuned.score, default.score))
        return pairs

    def variants_without_score(self) -> list[Variant]:
        """Variants of the test rung none of whose runs has a score."""
        scored: dict[Variant, bool] = {}
        for each in self.planned[Rung.TEST]:
            result = self.history.results.get(each.run.id)
            has_score = result is not None and result.score is not None
            scored[each.variant] = scored.get(each.variant, False) or has_score
        return [variant for variant, has_score in scored.items() if not has_score]


def advance(cell: Cell, history: History, cache: RunCache | None = None) -> Progress:
    """Go up the ladder as far as the history permits.

    Args:
        cell: The cell.
        history: What is known of it.
        cache: Kept by the caller from call to call for this cell; None makes every run anew.
    """
    cache = RunCache() if cache is None else cache
    trials = tuple(_with_result(trial, history) for trial in history.trials)
    trials = trials[: cell.search.trials]
    finished = trials[: _finished_count(trials, history.closed)]
    may_suggest = _has_room(cell, trials, len(finished), cache)
    searching = history.closed is None and (len(finished) < len(trials) or may_suggest)
    waits = len(trials) > len(cell.search.first) and len(history.received) < len(cell.donors)
    planned: dict[Rung, tuple[PlannedRun, ...]] = {
        Rung.SEARCH: tuple(
            cache.trial(cell, trial, trials[: max(0, trial.number - cell.search.in_flight + 1)])
            for trial in trials
        )
    }
    compared: tuple[Candidate, ...] = ()
    best: Candidate | None = None
    if not searching:
        top, confirm_seeds = cell.confirm.top, None
        if history.closed is not None:
            top, confirm_seeds = closed_confirm(cell, finished, cache.efforts)
        compared = candidates(cell, finished, top)
        planned[Rung.CONFIRM] = _confirm(cell, compared, history, confirm_seeds, cache)
        best = confirmed_winner(cell, compared, planned[Rung.CONFIRM], history.results)
    seeds = plan.first_seeds(cell) if history.seeds is None else history.seeds
    planned[Rung.TEST] = _test(cell, best, seeds, compared, planned, history, finished, cache)
    planned |= _transfer(cell, history, seeds, cache)
    return Progress(
        cell=cell,
        history=history,
        trials=trials,
        finished=finished,
        searching=searching,
        next_trial=len(trials) if searching and may_suggest and not waits else None,
        candidates=compared,
        winner=best,
        seeds=seeds,
        settled=history.settled or not isinstance(cell.test.seeds, Adaptive),
        planned=planned,
        refused=_refused(cell, history, cache),
    )


def _rivals(
    cell: Cell, best: Candidate | None, compared: Sequence[Candidate]
) -> tuple[Candidate, ...]:
    return tuple(compared) if best is not None and cell.search.objectives else ()


def _with_result(trial: TrialRecord, history: History) -> TrialRecord:
    if trial.result is not None or trial.run_id not in history.results:
        return trial
    return replace(trial, result=history.results[trial.run_id])


def _finished_count(trials: Sequence[TrialRecord], closed: int | None) -> int:
    first_open = (n for n, trial in enumerate(trials) if trial.result is None)
    count = next(first_open, len(trials))
    return count if closed is None else min(count, closed)


def _has_room(cell: Cell, trials: Sequence[TrialRecord], finished: int, cache: RunCache) -> bool:
    """Whether one more trial may be suggested now."""
    # What may be known when a trial is suggested, whoever was done first.
    known_trials = trials[: max(0, len(trials) - cell.search.in_flight + 1)]
    if len(trials) - finished >= cell.search.in_flight:
        return False
    if has_levelled_off(cell, known_trials) or lacks_room(cell, trials):
        return False
    return (
        len(trials) < cell.search.trials
        if cell.search.budget is None
        else room_for_trial(cell, trials, finished, cache.efforts) is not None
    )


def _confirm(
    cell: Cell,
    compared: Sequence[Candidate],
    history: History,
    seeds: int | None,
    cache: RunCache,
) -> tuple[PlannedRun, ...]:
    if history.closed is not None and len(compared) == 1:
        # The default has no rival, and the time is short.
        return ()
    key = (Rung.CONFIRM, seeds, *(candidate.variant for candidate in compared))
    return cache.get(key, lambda: plan.plan_confirm(cell, compared, seeds))


def _test(
    cell: Cell,
    best: Candidate | None,
    seeds: int,
    compared: Sequence[Candidate],
    planned: Mapping[Rung, Sequence[PlannedRun]],
    history: History,
    finished: Sequence[TrialRecord],
    cache: RunCache,
) -> tuple[PlannedRun, ...]:
    rivals = _rivals(cell, best, compared)
    ranked: tuple[Candidate, ...] = ()
    if best is not None and cell.tested_ensembles:
        confirm = planned[Rung.CONFIRM]
        ranked = ranked_configurations(cell, compared, confirm, history.results, finished)
    variants = (each.variant for each in (*rivals, *ranked))
    members = [each.arguments for each in ranked]
    return cache.get(
        (Rung.TEST, seeds, best and best.variant, *variants),
        lambda: plan.plan_test(cell, best, seeds, rivals, members),
    )


def _transfer(
    cell: Cell, history: History, seeds: int, cache: RunCache
) -> dict[Rung, tuple[PlannedRun, ...]]:
    if not history.sources:
        return {}
    runs = (_received(cell, shipped, cache)[0] for shipped in history.shipped)
    across = _across(cell, history, seeds, cache)
    return {Rung.TRANSFER: (*_default(cell, cache), *chain.from_iterable(runs), *across)}


def _refused(cell: Cell, history: History, cache: RunCache) -> dict[str, str]:
    """Run id -> why it can never run, of the configurations of other cells."""
    received = (_received(cell, shipped, cache) for shipped in history.shipped)
    return {each.run.id: why for runs, why in received if why for each in runs}


def _received(
    cell: Cell, shipped: ShippedConfiguration, cache: RunCache
) -> tuple[tuple[PlannedRun, ...], str]:
    """The runs of another cell's configuration here, and why they can never run, if so."""
    key = (Rung.TRANSFER, shipped.cell.name, shipped.trial)
    try:
        return cache.get(key, partial(plan_transfer, cell, shipped)), ""
    except (ValueError, HarnessError) as error:
        why = f"what {shipped.cell.name} ships cannot be trained here: {error}"
        return plan_refused_transfer(cell, shipped), why


def _default(cell: Cell, cache: RunCache) -> tuple[PlannedRun, ...]:
    if not cell.transfer.tune_across:
        return ()
    return cache.get((Rung.TRANSFER, DEFAULT), partial(plan_default, cell))


def _across(cell: Cell, history: History, seeds: int, cache: RunCache) -> tuple[PlannedRun, ...]:
    """The one configuration for all scenarios on the held-out seeds, once it is chosen."""
    if not history.across:
        return ()
    by_cell = {each.cell.name: each for each in history.shipped}
    shipped = by_cell.get(history.across)
    key = (Rung.TRANSFER, ACROSS, history.across, shipped and shipped.trial, seeds)
    return cache.get(key, partial(plan_across, cell, shipped, seeds))
