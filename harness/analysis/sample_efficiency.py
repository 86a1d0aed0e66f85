"""How fast runs learn, tuned against default."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness import stats
from harness.analysis.variant_scores import Array, IntervalEstimate, interval_estimate, none_for_nan
from harness.core.evaluation import evaluation_steps
from harness.core.record import CampaignRecord, CellRecord, RunRecord
from harness.core.run import DEFAULT, TUNED
from harness.core.settings import Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsToThreshold:
    """Median environment steps to the threshold.

    Attributes:
        value, low, high: None = beyond the budget.
        bounded: Whether the interval exists: with fewer than six runs no order statistics give
            95 %.
    """

    value: float | None
    low: float | None
    high: float | None
    bounded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantEfficiency:
    """A variant's learning in the test.

    Attributes:
        variant: ``default`` or ``tuned``.
        area: Mean height of the learning curve, in returns, with its t interval over seeds; a run
            that failed on the way has none.
        reached: Share of runs that reached the threshold, with Wilson's interval.
        hits, runs: The same as numbers; a failed run counts as one that did not get there.
        median: Median steps to the threshold.
        restricted: Mean steps to the threshold, a run that never got there counting with the whole
            budget.
    """

    variant: str
    area: IntervalEstimate
    reached: IntervalEstimate | None
    hits: int | None
    runs: int
    median: StepsToThreshold | None
    restricted: IntervalEstimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanDifference:
    """Tuned minus default; None where it does not exist.

    Interval and p-value are Welch's or, where many are judged jointly, those of the common rule.
    """

    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EfficiencyRow:
    """A cell's sample efficiency.

    Attributes:
        cell, scenario, algorithm: Names.
        threshold: Return at which the scenario counts as solved; None without one: only the areas
            exist then.
        budget: Environment steps of every run.
        default, tuned: None without any evaluated run.
        area: Difference of the areas, in returns; above 0 tuned learns faster or higher.
        steps: Difference of the restricted steps; below 0 tuned gets there sooner.
    """

    cell: str
    scenario: str
    algorithm: str
    threshold: float | None
    budget: int
    default: VariantEfficiency | None
    tuned: VariantEfficiency | None
    area: MeanDifference | None
    steps: MeanDifference | None


def efficiency(record: CampaignRecord) -> tuple[EfficiencyRow, ...]:
    """One row per cell, in the order of the matrix; no difference where the default was shipped.

    The differences are judged as verdicts are, all areas and all steps to a threshold together.
    """
    rows = {cell.name: _row(cell) for cell in record.first_searches}
    pairs = [(name, kind, pair) for name, (_, both) in rows.items() for kind, pair in both.items()]
    verdicts = stats.judge_jointly([pair for _, _, pair in pairs])
    for (name, kind, (tuned, default)), verdict in zip(pairs, verdicts, strict=True):
        difference = MeanDifference(
            difference=none_for_nan(_mean(tuned) - _mean(default)),
            low=none_for_nan(verdict.low),
            high=none_for_nan(verdict.high),
            p_value=none_for_nan(verdict.p_adjusted),
        )
        row, both = rows[name]
        rows[name] = (
            replace(row, area=difference) if kind == "area" else replace(row, steps=difference),
            both,
        )
    return tuple(row for row, _ in rows.values())


def _mean(values: Array) -> float:
    present = values[~np.isnan(values)]
    return float(present.mean()) if len(present) else math.nan


def _row(cell: CellRecord) -> tuple[EfficiencyRow, dict[str, tuple[Array, Array]]]:
    """The row without differences, and what they are the differences of."""
    threshold, budget = cell.cell.scenario.threshold, cell.cell.test.steps
    figures_of = {variant: _measure(cell, variant, threshold) for variant in (DEFAULT, TUNED)}
    variants = {
        name: _variant_efficiency(name, *figures, budget)
        for name, figures in figures_of.items()
        if figures
    }
    (tuned, default) = figures_of[TUNED], figures_of[DEFAULT]
    pairs: dict[str, tuple[Array, Array]] = {}
    if tuned is not None and default is not None and cell.winner != DEFAULT:
        pairs["area"] = tuned[0], default[0]
        if tuned[1] is not None and default[1] is not None:
            pairs["steps"] = np.minimum(tuned[1], budget), np.minimum(default[1], budget)
    row = EfficiencyRow(
        cell=cell.name,
        scenario=cell.cell.scenario.name,
        algorithm=cell.cell.algorithm.name,
        threshold=threshold,
        budget=budget,
        default=variants.get(DEFAULT),
        tuned=variants.get(TUNED),
        area=None,
        steps=None,
    )
    return row, pairs


def _measure(
    cell: CellRecord, variant: str, threshold: float | None
) -> tuple[Array, Array | None] | None:
    """Areas and times of a variant's finished runs."""
    runs = [run for run in cell.runs_of(Rung.TEST, variant) if run.result is not None]
    if not runs:
        return None
    budget, evals = cell.cell.test.steps, cell.cell.test.evals
    at = evaluation_steps(budget, evals)
    curves = _curves(runs, evals)
    times = None
    if threshold is not None:
        times = stats.steps_to_threshold(at, curves, threshold)
        # A run that failed before its first evaluation had its chance, too.
        times[np.isnan(times)] = math.inf
    return stats.area_under_curve(at, curves), times


def _curves(runs: Sequence[RunRecord], evals: int) -> Array:
    curves = np.full((len(runs), evals), np.nan)
    for row, run in zip(curves, runs, strict=True):
        evaluations = run.result.evaluations[:evals] if run.result is not None else ()
        row[: len(evaluations)] = [evaluation.mean for evaluation in evaluations]
    return curves


def _variant_efficiency(
    variant: str, areas: Array, times: Array | None, budget: int
) -> VariantEfficiency:
    time = None if times is None else stats.time_to_threshold(times, budget)
    return VariantEfficiency(
        variant=variant,
        area=interval_estimate(stats.mean_interval(areas)),
        reached=None if time is None else interval_estimate(time.reached),
        hits=None if times is None else int(np.isfinite(times).sum()),
        runs=len(areas),
        median=None if time is None else _steps(time.median),
        restricted=None if time is None else interval_estimate(time.restricted),
    )


def _steps(estimate: stats.Estimate) -> StepsToThreshold:
    return StepsToThreshold(
        value=_within(estimate.value),
        low=_within(estimate.low),
        high=_within(estimate.high),
        bounded=not math.isnan(estimate.low),
    )


def _within(value: float) -> float | None:
    return value if math.isfinite(value) else None
