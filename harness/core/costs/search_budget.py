"""The effort of a search against its budget: what is spent, and whether another trial has room.

Everything is counted in runs of the default, each as long as a test run. What a trial takes is told
from its configuration, never from a clock; one that was given up takes the share that it trained,
one that failed or has no result yet all of it.
"""

from __future__ import annotations

import heapq
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from harness.core.costs.budget_split import confirm_after, split
from harness.core.costs.effort import relative_to
from harness.core.decisions import plan
from harness.core.matrix import Cell
from harness.core.objectives import by_fronts, trial_values
from harness.core.record import CellRecord, TrialRecord, rank_trials
from harness.core.run_result import RunResult, Status
from harness.core.settings import Rung

_ROUNDING: Final = 1e-9

FIRST_REGRET: Final = 20
"""Complete trials before a bound of the regret says anything, as for Optuna's terminator."""

FIRST_EMMR: Final = 30
"""Complete trials before there is a first regret that a later one is compared with."""


class EffortCache:
    """Effort of each trial's configuration, worked out once."""

    def __init__(self) -> None:
        self._efforts: dict[int, float] = {}

    def of(self, cell: Cell, trial: TrialRecord, default: Mapping[str, object]) -> float:
        """Runs of the default that the trial takes, if it is trained to its end."""
        if trial.number not in self._efforts:
            multiple = relative_to(cell, trial.arguments, default)
            self._efforts[trial.number] = multiple * trial_share(cell)
        return self._efforts[trial.number]


def run_share(cell: Cell) -> float:
    """Length of a seed of a trial, and of a confirm run, in test runs."""
    return cell.search.steps / cell.test.steps


def trial_share(cell: Cell) -> float:
    """Length of a trial with all of its seeds, in test runs."""
    return cell.search.seeds * run_share(cell)


def _trained_share(cell: Cell, result: RunResult | None, seeds: int) -> float:
    """Share of its steps that a trial or confirm run takes; less than all where it was given up."""
    if result is None or result.status is not Status.PRUNED:
        return 1.0
    return min(1.0, result.steps / (seeds * cell.search.steps))


def _real(cell: Cell, trial: TrialRecord, full: float) -> float:
    return full * _trained_share(cell, trial.result, cell.search.seeds)


def find_effort_limit(
    cell: Cell, trials: Sequence[TrialRecord], results: int, cache: EffortCache | None = None
) -> float | None:
    """What the next trial may take at most, in runs; None where it has no room.

    It has room if the budget holds a trial like the default, whatever the confirm rung will
    compare then: the most expensive of the best so far, of the open trials and of the new one.

    Args:
        cell: Has a budget.
        trials: All so far, the default first.
        results: How many of them, the first ones, may be known; the others count as open.
        cache: Kept from call to call for one search.
    """
    budget = cell.search.budget
    if budget is None or len(trials) >= cell.search.trials:
        return None
    share = trial_share(cell)
    if not trials:
        return math.inf
    cache = EffortCache() if cache is None else cache
    default = trials[0].arguments
    full = [cache.of(cell, trial, default) for trial in trials]
    finished_trials = trials[:results]
    effort_so_far = math.fsum(
        _real(cell, trial, effort) for trial, effort in zip(finished_trials, full, strict=False)
    )
    effort_so_far += math.fsum(full[results:])
    best = distinct_best(cell, default, finished_trials, cell.confirm.top)
    rivals = [full[trial.number] for trial in best] + full[max(results, 1) :]
    most_expensive = heapq.nlargest(cell.confirm.top, rivals)
    # A confirm run has one seed of those that a trial has.
    seeds = len(plan.confirm_seeds(cell)) / cell.search.seeds
    rest = budget - effort_so_far - seeds * (share + math.fsum(most_expensive))
    limit = _largest(rest, most_expensive, seeds, cell.confirm.top)
    return limit if limit >= share - _ROUNDING else None


def room_for_trial(
    cell: Cell, trials: Sequence[TrialRecord], result_count: int, cache: EffortCache | None = None
) -> float | None:
    """What the next trial of a search with a budget may take now; None where it has no room yet.

    It is suggested as soon as the results of the first so many trials leave it room. Results are
    taken one by one, whoever had them first, so that the trials are the same for all workers.

    Args:
        cell: Has a budget.
        trials: All so far.
        result_count: How many of them, from the first on, have results without a gap.
        cache: Kept from call to call for one search.
    """
    for results in range(_least_results(cell, len(trials)), result_count + 1):
        limit = find_effort_limit(cell, trials, results, cache)
        if limit is not None:
            return limit
    return None


def has_levelled_off(cell: Cell, trials: Sequence[TrialRecord]) -> bool:
    """Whether so many trials in a row as `until` says have brought no better score.

    The rule of Optuna's `BestValueStagnationEvaluator`, but that pruned trials count too: what was
    given up was no better. Failed ones say nothing.

    Args:
        trials: Those whose results count, the first ones, each with a result.
    """
    return _end_of_plateau(cell, trials) is not None


def _end_of_plateau(cell: Cell, trials: Sequence[TrialRecord]) -> int | None:
    """After how many trials a search has levelled off; None where it has not."""
    if cell.search.until is None or cell.search.until.plateau is None:
        return None
    best, without = -math.inf, 0
    for number, result in enumerate((trial.result for trial in trials), start=1):
        if result is None or result.failure is not None:
            continue
        score = -math.inf if result.score is None else result.score
        is_better = result.status is Status.COMPLETE and score > best
        best, without = (score, 0) if is_better else (best, without + 1)
        if without >= cell.search.until.plateau:
            return number
    return None


def lacks_room(cell: Cell, trials: Sequence[TrialRecord]) -> bool:
    """Whether a rule of `until` has measured too little that a search may still gain.

    It is measured with each suggestion, of the results that this one knows, so that it is the same
    for all workers.

    Args:
        trials: All that were suggested so far.
    """
    return next(_reached_limits(cell, trials), None) is not None


def _reached_limits(
    cell: Cell, trials: Sequence[TrialRecord]
) -> Iterator[tuple[str, float, float]]:
    """Rules of `until` that hold: name, what was measured, and below what that is too little."""
    limits = {} if cell.search.until is None else cell.search.until.limits
    for name, limit in limits.items():
        for trial in trials:
            if (room := trial.suggestion.room.get(name, math.inf)) < limit:
                yield name, room, limit


def find_stopping_rule(cell: Cell, trials: Sequence[TrialRecord]) -> str:
    """Which rule of `until` ended a search before it had all its trials; empty if none did."""
    until = cell.search.until
    if until is None or len(trials) >= cell.search.trials:
        return ""
    if has_levelled_off(cell, trials):
        return f"{until.plateau} in a row had no better score (`plateau`)"
    reached = _reached_limits(cell, trials)
    rules = (f"`{name}` came to {room:.4g}, below {limit:g}" for name, room, limit in reached)
    return next(rules, "")


def count_allowed_trials(cell: Cell, trials: Sequence[TrialRecord]) -> int:
    """How many of the trials of a search would be there, had it always been as its cell says.

    With another `until` or a larger budget it may have had more; those are never taken back.

    Args:
        trials: All so far.
    """
    counts = [len(trials)]
    if (number := _end_of_plateau(cell, trials)) is not None:
        counts.append(number + cell.search.in_flight - 1)
    cache = EffortCache()

    def is_over(some: Sequence[TrialRecord]) -> bool:
        if cell.search.budget is None:
            return lacks_room(cell, some)
        return lacks_room(cell, some) or room_for_trial(cell, some, len(some), cache) is None

    if is_over(trials[:-1]):
        counts.append(next(n for n in range(1, len(trials)) if is_over(trials[:n])))
    return min(counts)


def _least_results(cell: Cell, number: int) -> int:
    return max(0, number - cell.search.in_flight + 1)


def cost_limit(cell: Cell, trials: Sequence[TrialRecord]) -> float | None:
    """Multiples of the default's effort above which a suggestion is passed over, if any.

    Told from the results that a suggestion may know, of the trials before it.
    """
    limit = cell.search.cost_aware
    if cell.search.budget is None:
        return limit
    # Where only later results made room for it, there is room for one like the default.
    rest = find_effort_limit(cell, trials, _least_results(cell, len(trials))) or 0.0
    room = max(1.0, rest / trial_share(cell))
    return room if limit is None else min(limit, room)


def _largest(rest: float, rivals: Sequence[float], seeds: float, top: int) -> float:
    """The largest effort of one more trial such that it, and confirming it, takes what is left.

    `seeds` is how many trials as long a configuration's confirm runs make.
    """
    if len(rivals) < top:
        return rest / (1 + seeds)
    cheapest = rivals[-1]
    return rest if rest <= cheapest else (rest + seeds * cheapest) / (1 + seeds)


def shrink_confirm(
    cell: Cell, trials: Sequence[TrialRecord], cache: EffortCache | None = None
) -> tuple[int, int]:
    """Give `top` and seeds of the confirm rung of a search that is closed early after these trials.

    A short search is not followed by all the confirm runs of a long one, unless somebody wrote how
    many there are.
    """
    top, seeds = cell.confirm.top, len(plan.confirm_seeds(cell))
    if cell.search.budget is None or not trials:
        return top, seeds
    share = run_share(cell)
    counts = split(cell.search.budget / share)
    if (counts.top, counts.seeds) != (top, cell.confirm.seeds):
        return top, seeds
    cache = EffortCache() if cache is None else cache
    default = trials[0].arguments
    effort_so_far = math.fsum(_real(cell, each, cache.of(cell, each, default)) for each in trials)
    short_top, short_seeds = confirm_after(effort_so_far / share)
    return min(top, short_top), min(seeds, short_seeds)


def distinct_best(
    cell: Cell, default: Mapping[str, object], trials: Iterable[TrialRecord], top: int
) -> list[TrialRecord]:
    """The `top` best trials whose configurations differ from one another and from the default.

    Only complete ones count: a pruned one was given up, a failed one has no score. Of several
    objectives the best are those of the front, far from one another.
    """
    complete = [trial for trial in trials if trial.number > 0 and trial.complete_score is not None]
    distinct: dict[str, TrialRecord] = {}
    last_key = _key(default)
    for trial in _best_first(cell, default, complete):
        if len(distinct) == top:
            break
        if (key := _key(trial.arguments)) != last_key:
            distinct.setdefault(key, trial)
    return list(distinct.values())


def _best_first(
    cell: Cell, default: Mapping[str, object], complete: Sequence[TrialRecord]
) -> Sequence[TrialRecord]:
    if not cell.search.objectives:
        return rank_trials(complete)
    pairs = [(trial, trial_values(cell, trial, default)) for trial in complete]
    valid_pairs = [(trial, values) for trial, values in pairs if values is not None]
    order = by_fronts(cell.search.objectives, [values for _, values in valid_pairs])
    return [valid_pairs[index][0] for index in order]


def _key(arguments: Mapping[str, object]) -> str:
    return json.dumps(arguments, sort_keys=True)


def typical_trials(cell: Cell) -> int:
    """Trials in all; with a budget as many as it holds if each takes what the default does."""
    budget = cell.search.budget
    if budget is None:
        return cell.search.trials
    confirm = (cell.confirm.top + 1) * len(plan.confirm_seeds(cell))
    trials = (budget / run_share(cell) - confirm) / cell.search.seeds
    return min(cell.search.trials, max(1, int(trials + _ROUNDING)))


def count_planned_trials(record: CellRecord) -> int:
    """Trials that a cell of a record has in all; while a budget is not used up, about as many."""
    cell, trials_so_far = record.cell, len(record.trials)
    if not cell.search.is_open_ended:
        return cell.search.trials
    if record.closed is None and any(run.rung is Rung.CONFIRM for run in record.runs):
        return trials_so_far
    return max(trials_so_far, typical_trials(cell))


def sum_effort(record: CellRecord) -> float:
    """Effort of the trials and confirm runs with a result, in runs of the default."""
    cell = record.cell
    if not record.trials:
        return 0.0
    default = record.trials[0].arguments
    confirm = [
        relative_to(cell, run.arguments, default) * _length(cell, run.result, 1)
        for run in record.runs
        if run.rung is Rung.CONFIRM and run.result is not None
    ]
    return math.fsum([*confirm, *(effort for _, _, effort in trial_efforts(record))])


def trial_efforts(record: CellRecord) -> list[tuple[TrialRecord, float, float]]:
    """The trials with a result and their efforts.

    Returns:
        For each what it would take to its end, in multiples of the default's effort, and what it
        took, in runs of the default.
    """
    efforts = []
    for trial in record.trials:
        if trial.result is not None:
            multiple = relative_to(record.cell, trial.arguments, record.trials[0].arguments)
            length = _length(record.cell, trial.result, record.cell.search.seeds)
            efforts.append((trial, multiple, multiple * length))
    return efforts


def _length(cell: Cell, result: RunResult, seeds: int) -> float:
    return seeds * run_share(cell) * _trained_share(cell, result, seeds)
