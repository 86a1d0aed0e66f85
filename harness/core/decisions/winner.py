"""Where a winner is chosen: what the confirm rung compares, and by what it decides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from harness.core.costs.search_budget import distinct_best
from harness.core.decisions.plan import Candidate
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Cell
from harness.core.objectives import mean_values, preferred, run_values
from harness.core.record import TrialRecord
from harness.core.run import DEFAULT, PlannedRun, Variant
from harness.core.run_result import RunResult

__all__ = ["candidates", "choose_winner", "confirmed_winner", "ranked_configurations"]


def candidates(
    cell: Cell, trials: Sequence[TrialRecord], top: int | None = None
) -> tuple[Candidate, ...]:
    """The default and the `top` best distinct configurations of a finished search.

    `top` is the cell's, unless another is given.


    Two trials with the same constructor arguments are one configuration; the default is not taken
    twice.
    """
    default = Candidate(variant=DEFAULT, arguments=cell_arguments.default_arguments(cell))
    most = cell.confirm.top if top is None else top
    best = distinct_best(cell, default.arguments, trials, most)
    return (
        default,
        *(Candidate(variant=Variant.of_trial(t.number), arguments=t.arguments) for t in best),
    )


def choose_winner(
    cell: Cell, compared: Sequence[Candidate], results: Mapping[Variant, Sequence[RunResult]]
) -> Candidate:
    """The candidate with the best mean on the confirm seeds; fewest failed runs go first.

    Of several objectives the cell's rule chooses, by their means.

    Args:
        cell: The cell.
        compared: Candidates, the default first; it wins ties.
        results: Variant -> results on the confirm seeds.
    """
    if cell.search.objectives:
        return _choose_by_rule(cell, compared, results)
    merits = _merits(results)
    return max(compared, key=lambda each: merits[each.variant])


def _merits(results: Mapping[Variant, Sequence[RunResult]]) -> dict[Variant, tuple[int, float]]:
    """By what the confirm rung orders candidates: fewest failed runs first, then the mean."""

    def merit(runs: Sequence[RunResult]) -> tuple[int, float]:
        scores = [run.score for run in runs if run.score is not None]
        mean = math.fsum(scores) / len(scores) if scores else -math.inf
        return (len(scores) - len(runs), mean)

    return {variant: merit(runs) for variant, runs in results.items()}


def _choose_by_rule(
    cell: Cell, compared: Sequence[Candidate], results: Mapping[Variant, Sequence[RunResult]]
) -> Candidate:
    default = compared[0].arguments
    values = {
        each.variant: [run_values(cell, r, each.arguments, default) for r in results[each.variant]]
        for each in compared
    }
    failures = {variant: runs.count(None) for variant, runs in values.items()}
    fewest = min(failures.values())
    means = [
        mean_values(cell, [run for run in values[each.variant] if run is not None])
        if failures[each.variant] == fewest
        else None
        for each in compared
    ]
    index = preferred(cell, means)
    return compared[index or 0]


def confirmed_winner(
    cell: Cell,
    compared: Sequence[Candidate],
    planned: Sequence[PlannedRun],
    results: Mapping[str, RunResult],
) -> Candidate | None:
    """The winner, once every run of the confirm rung has a result."""
    if any(each.run.id not in results for each in planned):
        return None
    return choose_winner(cell, compared, _by_variant(compared, planned, results))


def _by_variant(
    compared: Sequence[Candidate],
    planned: Sequence[PlannedRun],
    results: Mapping[str, RunResult],
) -> dict[Variant, list[RunResult]]:
    by_variant: dict[Variant, list[RunResult]] = {each.variant: [] for each in compared}
    for each in planned:
        by_variant[each.variant].append(results[each.run.id])
    return by_variant


def ranked_configurations(
    cell: Cell,
    compared: Sequence[Candidate],
    planned: Sequence[PlannedRun],
    results: Mapping[str, RunResult],
    trials: Sequence[TrialRecord],
) -> tuple[Candidate, ...]:
    """The best distinct configurations, as many as the largest ensemble takes if there are.

    Those that the confirm rung compared come first, by its means; then the search's, by score. What
    never had a score there is left out, unless nothing else is left.
    """
    most = max(each.size for each in cell.tested_ensembles)
    merits = _merits(_by_variant(compared, planned, results))
    ordered = sorted(compared, key=lambda each: merits[each.variant], reverse=True)
    confirmed = {each.variant for each in compared}
    others = [each for each in candidates(cell, trials, most) if each.variant not in confirmed]
    scored = [each for each in ordered if merits[each.variant][1] > -math.inf or not planned]
    return tuple([*scored, *others][:most] or ordered[:1])
