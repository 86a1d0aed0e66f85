"""Pruner regret: how well an evaluation on the way foretells the end of a trial."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from harness import stats
from harness.analysis.optimism import CorrelationEstimate, correlation_estimate
from harness.analysis.variant_scores import none_for_nan
from harness.core.evaluation import evaluation_steps
from harness.core.record import CampaignRecord, CellRecord, Status

__all__ = ["EvaluationForesight", "PrunerRegret", "pruner_regret"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationForesight:
    """What one evaluation says about the final score; see `stats.IntermediateCorrelation`.

    Attributes:
        evaluation: From 1.
        step, part: Environment steps, and the same as a share of the training.
        correlation: Rank correlation with the final score over complete trials; understated, since
            what was pruned is not among them.
        if_pruner_right, if_pruner_wrong: Over all trials that got here, if every pruned one would
            have ended below, or above, all complete ones.
        pruned: Trials that got here and were pruned here or later.
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
    """One entry per cell with at least one told trial, in the order of the matrix."""
    found = (_cell(cell) for cell in record.cells)
    return tuple(entry for entry in found if entry.complete + entry.pruned + entry.failed)


def _cell(cell: CellRecord) -> PrunerRegret:
    search = cell.cell.search
    evals, steps = search.evals, search.steps
    told = [trial.result for trial in cell.trials if trial.result is not None]
    kept = [result for result in told if result.status is not Status.FAILED]
    curves = np.full((len(kept), evals), np.nan)
    for row, result in zip(curves, kept, strict=True):
        means = [evaluation.mean for evaluation in result.evaluations[:evals]]
        row[: len(means)] = means
    final = np.array(
        [
            result.score
            if result.status is Status.COMPLETE and result.score is not None
            else math.nan
            for result in kept
        ],
        dtype=np.float64,
    )
    complete = int((~np.isnan(final)).sum())
    at = evaluation_steps(steps, evals)
    entries = (
        zip(at[:-1], stats.intermediate_correlations(curves, final)[:-1], strict=True)
        if kept
        else ()
    )
    return PrunerRegret(
        cell=cell.name,
        pruner=search.pruner.name,
        complete=complete,
        pruned=len(kept) - complete,
        failed=len(told) - len(kept),
        evaluations=tuple(
            _entry(number, step, steps, found) for number, (step, found) in enumerate(entries, 1)
        ),
    )


def _entry(
    number: int, step: int, steps: int, found: stats.IntermediateCorrelation
) -> EvaluationForesight:
    return EvaluationForesight(
        evaluation=number,
        step=step,
        part=step / steps,
        correlation=correlation_estimate(found.among_complete),
        if_pruner_right=none_for_nan(found.if_pruner_right),
        if_pruner_wrong=none_for_nan(found.if_pruner_wrong),
        pruned=found.pruned,
        regret=none_for_nan(found.regret),
    )
