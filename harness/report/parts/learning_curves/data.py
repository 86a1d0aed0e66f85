"""Learning curves and scores on held-out seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness import stats
from harness.analysis import VariantScores
from harness.core.record import CellRecord, RunRecord
from harness.core.settings import Rung
from harness.report.campaign_views import CellView
from harness.report.page_parts import Part
from harness.report.parts.curriculum.data import VariantLevelStart, level_starts


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantCurve:
    """Learning curves of one variant.

    Attributes:
        variant: Name of the variant.
        seeds: One (steps, means) pair per seed.
        steps: Mean environment step of each evaluation, shape (n_evaluations,).
        mean, low, high: Mean over seeds with its 95 % t interval, same shape; bounds are None
            with fewer than two seeds.
    """

    variant: str
    seeds: tuple[tuple[tuple[int, ...], tuple[float, ...]], ...]
    steps: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCurves:
    """The test of a cell while it trained, and its scores.

    Attributes:
        curves: Learning curves of the variants that have an evaluation.
        levels: When a curriculum's levels began; empty without one.
        scores: Variants with a score.
        fixed_scores: Name -> score drawn as a level to compare curves with.
    """

    curves: tuple[VariantCurve, ...]
    levels: tuple[VariantLevelStart, ...]
    scores: tuple[VariantScores, ...]
    fixed_scores: Mapping[str, float]


def compute(view: CellView) -> LearningCurves | None:
    """Left out until a test run has an evaluation."""
    row = view.row
    names = ["default", "tuned", *(variant.variant for variant in row.variants)]
    curves = variant_curves(view.cell, names)
    variants = (row.tuned, row.default, *row.variants)
    scores = tuple(variant for variant in variants if variant is not None and variant.finished)
    if not curves and not scores:
        return None
    references = {
        "solved": row.threshold,
        "reference": row.reference,
        "random policy": row.random,
        "baseline": row.baseline,
    }
    return LearningCurves(
        curves=curves,
        levels=level_starts(view.cell, names),
        scores=scores,
        fixed_scores={name: score for name, score in references.items() if score is not None},
    )


def variant_curves(cell: CellRecord, names: Sequence[str]) -> tuple[VariantCurve, ...]:
    """Curves of these variants in the test; variants without any evaluation are left out."""
    curves = []
    for name in names:
        curve = _variant_curve(name, cell.runs_of(Rung.TEST, name))
        if curve is not None:
            curves.append(curve)
    return tuple(curves)


def _variant_curve(name: str, runs: Sequence[RunRecord]) -> VariantCurve | None:
    results = [run.result for run in runs if run.result is not None and run.result.evaluations]
    if not results:
        return None
    count = max(len(result.evaluations) for result in results)
    steps, intervals = [], []
    for index in range(count):
        evaluations = [r.evaluations[index] for r in results if index < len(r.evaluations)]
        steps.append(sum(evaluation.step for evaluation in evaluations) / len(evaluations))
        intervals.append(stats.mean_interval([evaluation.mean for evaluation in evaluations]))
    return VariantCurve(
        variant=name,
        seeds=tuple(
            (tuple(e.step for e in r.evaluations), tuple(e.mean for e in r.evaluations))
            for r in results
        ),
        steps=tuple(steps),
        mean=tuple(interval.mean for interval in intervals),
        low=tuple(interval.low if interval.n > 1 else None for interval in intervals),
        high=tuple(interval.high if interval.n > 1 else None for interval in intervals),
    )


PART = Part(title="Tuned against default on held-out seeds", page="cell", order=20, compute=compute)
