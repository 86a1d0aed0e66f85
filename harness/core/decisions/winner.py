"""Where a winner is chosen: what the confirm rung compares, and by what it decides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from harness.core.costs.search_budget import distinct_best
from harness.core.decisions.plan import Candidate
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Cell
from harness.core.objectives import choose_index, mean_values, run_values
from harness.core.record import TrialRecord
from harness.core.run import DEFAULT, PlannedRun, Variant
from harness.core.run_result import RunResult


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
    cell: Cell, finalists: Sequence[Candidate], results: Mapping[Variant, Sequence[RunResult]]
) -> Candidate:
    """The candidate with the best mean on the confirm seeds; fewest failed runs go first.

    Of several objectives the cell's rule chooses, by their means.

    Args:
        finalists: Candidates, the default first; it wins ties.
        results: Variant -> results on the confirm seeds.
    """
    if cell.search.objectives:
        return _choose_by_rule(cell, finalists, results)
    merits = _merits(results)
    return max(finalists, key=lambda each: merits[each.variant])


def _merits(results: Mapping[Variant, Sequence[RunResult]]) -> dict[Variant, tuple[int, float]]:
    """By what the confirm rung orders candidates: fewest failed runs first, then the mean."""

    def merit(runs: Sequence[RunResult]) -> tuple[int, float]:
        scores = [run.score for run in runs if run.score is not None]
        mean = math.fsum(scores) / len(scores) if scores else -math.inf
        return (len(scores) - len(runs), mean)

    return {variant: merit(runs) for variant, runs in results.items()}


def _choose_by_rule(
    cell: Cell, finalists: Sequence[Candidate], results: Mapping[Variant, Sequence[RunResult]]
) -> Candidate:
    default = finalists[0].arguments
    values = {
        each.variant: [run_values(cell, r, each.arguments, default) for r in results[each.variant]]
        for each in finalists
    }
    failures = {variant: runs.count(None) for variant, runs in values.items()}
    fewest = min(failures.values())
    means = [
        mean_values(cell, [run for run in values[each.variant] if run is not None])
        if failures[each.variant] == fewest
        else None
        for each in finalists
    ]
    index = choose_index(cell, means)
    return finalists[index or 0]


def find_winner(
    cell: Cell,
    finalists: Sequence[Candidate],
    runs: Sequence[PlannedRun],
    results: Mapping[str, RunResult],
) -> Candidate | None:
    """The winner, once every run of the confirm rung has a result."""
    if any(each.run.id not in results for each in runs):
        return None
    return choose_winner(cell, finalists, _by_variant(finalists, runs, results))


def _by_variant(
    finalists: Sequence[Candidate], runs: Sequence[PlannedRun], results: Mapping[str, RunResult]
) -> dict[Variant, list[RunResult]]:
    by_variant: dict[Variant, list[RunResult]] = {each.variant: [] for each in finalists}
    for each in runs:
        by_variant[each.variant].append(results[each.run.id])
    return by_variant


def rank_configurations(
    cell: Cell,
    finalists: Sequence[Candidate],
    runs: Sequence[PlannedRun],
    results: Mapping[str, RunResult],
    trials: Sequence[TrialRecord],
) -> tuple[Candidate, ...]:
    """The best distinct configurations, as many as the largest ensemble takes if there are.

    Those that the confirm rung compared come first, by its means; then the search's, by score. What
    never had a score there is left out, unless nothing else is left.
    """
    most = max(each.size for each in cell.ensembles_in_test)
    merits = _merits(_by_variant(finalists, runs, results))
    ranking = sorted(finalists, key=lambda each: merits[each.variant], reverse=True)
    variants = {each.variant for each in finalists}
    others = [each for each in candidates(cell, trials, most) if each.variant not in variants]
    valid = [each for each in ranking if merits[each.variant][1] > -math.inf or not runs]
    return tuple([*valid, *others][:most] or ranking[:1])
