"""Pruner regret: how well an intermediate evaluation predicts the final score of a trial."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness import stats
from harness.analysis.searches.optimism import CorrelationEstimate, correlation_estimate
from harness.analysis.variant_scores import nan_array, none_for_nan
from harness.core.costs.effort import relative_to
from harness.core.evaluation import evaluation_steps, rung_steps, sees_effort
from harness.core.record import CampaignRecord, CellRecord, TrialRecord
from harness.core.run_result import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationForesight:
    """What one evaluation says about the final score; see `stats.IntermediateCorrelation`.

    Attributes:
        evaluation: From 1.
        step, part: Environment steps, and the same as a share of the training.
        correlation: Rank correlation with the final score over complete trials; understated, since
            what was pruned is not among them.
        if_pruner_right, if_pruner_wrong: The same over all trials that reached this evaluation, if
            every pruned one would have ended below, or above, all complete ones.
        pruned: Trials that reached this evaluation and were pruned here or later.
        regret: Return lost, had only the better half at this evaluation been kept.
    """

    evaluation: int
    step: int
    part: float
    correlation: CorrelationEstimate
    if_pruner_right: float | None
    if_pruner_wrong: float | None
    pruned: int
    regret: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunerRegret:
    """A cell's search, evaluation by evaluation.

    Attributes:
        cell: Name.
        pruner: Registered name; ``none`` for no pruning.
        complete, pruned, failed: Trials by how they ended; failed ones count nowhere else.
        evaluations: All but the last, which is part of the score itself.
    """

    cell: str
    pruner: str
    complete: int
    pruned: int
    failed: int
    evaluations: tuple[EvaluationForesight, ...]


def pruner_regret(record: CampaignRecord) -> tuple[PrunerRegret, ...]:
    """One entry per cell with at least one finished trial, in the order of the matrix."""
    entries = (_cell(cell) for cell in record.cells)
    return tuple(entry for entry in entries if entry.complete + entry.pruned + entry.failed)


def _cell(cell: CellRecord) -> PrunerRegret:
    search = cell.cell.search
    evals, steps = search.evals, search.steps
    results = [trial.result for trial in cell.trials if trial.result is not None]
    usable = [t for t in cell.trials if t.result and t.result.status is not Status.FAILED]
    curves = np.full((len(usable), evals), np.nan)
    for row, trial in zip(curves, usable, strict=True):
        means = _even_means(cell, trial)
        row[: len(means)] = means
    final = nan_array([trial.complete_score for trial in usable])
    complete = int((~np.isnan(final)).sum())
    at = evaluation_steps(steps, evals)
    entries = (
        zip(at[:-1], stats.intermediate_correlations(curves, final)[:-1], strict=True)
        if usable
        else ()
    )
    return PrunerRegret(
        cell=cell.name,
        pruner=search.pruner.name,
        complete=complete,
        pruned=len(usable) - complete,
        failed=len(results) - len(usable),
        evaluations=tuple(
            _entry(number, step, steps, correlations)
            for number, (step, correlations) in enumerate(entries, 1)
        ),
    )


def _even_means(cell: CellRecord, trial: TrialRecord) -> list[float]:
    """Means of a trial's evaluations at the even parts, without those at its pruner's rungs."""
    search = cell.cell.search
    price = 1.0
    if sees_effort(search.pruner):
        price = relative_to(cell.cell, trial.arguments, cell.trials[0].arguments)
    rungs = rung_steps(search.pruner, search.steps, search.evals, price)
    even = set(evaluation_steps(search.steps, search.evals))
    at = evaluation_steps(search.steps, search.evals, rungs)
    evaluations = () if trial.result is None else trial.result.evaluations
    return [each.mean for step, each in zip(at, evaluations, strict=False) if step in even]


def _entry(
    number: int, step: int, steps: int, correlations: stats.IntermediateCorrelation
) -> EvaluationForesight:
    return EvaluationForesight(
        evaluation=number,
        step=step,
        part=step / steps,
        correlation=correlation_estimate(correlations.among_complete),
        if_pruner_right=none_for_nan(correlations.if_pruner_right),
        if_pruner_wrong=none_for_nan(correlations.if_pruner_wrong),
        pruned=correlations.pruned,
        regret=none_for_nan(correlations.regret),
    )
