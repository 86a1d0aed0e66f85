"""Spearman's rank correlation, and how well intermediate scores rank the final ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from harness.stats.intervals import Estimate, Scores, mean_interval, midranks


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation(Estimate):
    """Spearman's rank correlation.

    Attributes:
        value: -1 .. 1; NaN with fewer than three pairs or where one side does not vary.
        low, high: Interval; NaN with fewer than five pairs.
        n: Pairs that exist.
    """

    n: int


def spearman(x: npt.ArrayLike, y: npt.ArrayLike, confidence: float = 0.95) -> Correlation:
    """Rank correlation of paired values, ties sharing their mean rank.

    Args:
        x, y: Shape (n,); a pair with a NaN on either side is left out.
        confidence: Coverage of the interval, made on Fisher's scale.

    Source: Spearman (1904); the variance is Bonett and Wright (2000), Sample size requirements for
    estimating Pearson, Kendall and Spearman correlations.
    """
    first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    both = ~(np.isnan(first) | np.isnan(second))
    first, second, n = first[both], second[both], int(both.sum())
    if n < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return Correlation(value=np.nan, low=np.nan, high=np.nan, n=n)
    ranks = midranks(first), midranks(second)
    value = float(np.clip(np.corrcoef(*ranks)[0, 1], -1, 1))
    if n < 5:
        return Correlation(value=value, low=np.nan, high=np.nan, n=n)
    centre = np.arctanh(np.clip(value, -1 + 1e-12, 1 - 1e-12))
    half = special.ndtri(0.5 + confidence / 2) * np.sqrt((1 + value**2 / 2) / (n - 3))
    low, high = np.tanh(centre - half), np.tanh(centre + half)
    return Correlation(value=value, low=float(low), high=float(high), n=n)


def average_spearman(
    groups: Iterable[tuple[npt.ArrayLike, npt.ArrayLike]], confidence: float = 0.95
) -> Correlation:
    """Mean over groups of the rank correlation within each; the group is the unit.

    Places within a group depend on one another, so that pairs cannot be counted as independent.

    Args:
        groups: Paired values, shapes (n,) and (n,), of each group. One with fewer than two pairs,
            or where a side does not vary, is left out.
        confidence: Coverage of Student's interval over the groups.

    Returns:
        Its `n` counts groups; the interval is NaN with fewer than five.

    Source: Spearman (1904); Donner and Klar (2000), Design and analysis of cluster randomization
    trials in health research, section 6.2 (analysis of one summary per cluster); Agresti and Coull
    (1998), Approximate is better than exact (the two that are added).
    """
    values = [
        float(np.corrcoef(midranks(x), midranks(y))[0, 1])
        for x, y in ((np.asarray(x), np.asarray(y)) for x, y in groups)
        if np.size(x) > 1 and np.ptp(x) > 0 and np.ptp(y) > 0
    ]
    if len(values) < 5:
        value = float(np.mean(values)) if values else np.nan
        return Correlation(value=value, low=np.nan, high=np.nan, n=len(values))
    value = float(np.mean(values))
    # Few groups may all agree by chance: two more, one at either end, leave no interval empty.
    interval = mean_interval([*values, -1.0, 1.0], confidence)
    low, high = np.clip([interval.low, interval.high], -1, 1)
    return Correlation(
        value=value, low=min(float(low), value), high=max(float(high), value), n=len(values)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class IntermediateCorrelation:
    """What one evaluation says about the final score.

    Pruned runs have no final score. Among the others alone the correlation is understated, because
    the runs that looked bad are gone; two other figures say what it would be in extreme cases.

    Attributes:
        among_complete: Correlation over the runs that ran to the end.
        if_pruner_right: Over all runs that got here, the pruned ones taken to end below all others
            in the order in which they stand now.
        if_pruner_wrong: The pruned ones taken to end above all others in reverse order.
        pruned: Runs that got here and were pruned here or later.
        regret: Best final score less the best final score among the better half at this
            evaluation, over complete runs, in returns; what keeping that half would have lost.
    """

    among_complete: Correlation
    if_pruner_right: float
    if_pruner_wrong: float
    pruned: int
    regret: float


def intermediate_correlations(
    curves: npt.ArrayLike, final: npt.ArrayLike
) -> tuple[IntermediateCorrelation, ...]:
    """One entry per evaluation.

    Args:
        curves: Shape (n_runs, n_evaluations); NaN where a run had ended.
        final: Shape (n_runs,), final scores; NaN = pruned. Leave failed runs out: they were not
            given up, and their score is not merely unseen.

    Raises:
        ValueError: The shapes do not fit together.

    Source: Spearman (1904); extreme cases in the spirit of Manski (1989), Anatomy of the selection
    problem.
    """
    means, last = np.asarray(curves, dtype=np.float64), np.asarray(final, dtype=np.float64)
    if means.ndim != 2 or last.shape != means.shape[:1]:
        raise ValueError(f"curves {means.shape} and final scores {last.shape} do not fit together")
    return tuple(_at_evaluation(column, last) for column in means.T)


def _at_evaluation(now: Scores, final: Scores) -> IntermediateCorrelation:
    present = ~np.isnan(now)
    now, final = now[present], final[present]
    is_pruned = np.isnan(final)
    complete_now, complete_final = now[~is_pruned], final[~is_pruned]
    among = spearman(complete_now, complete_final)
    order = midranks(now[is_pruned])
    size = len(now)
    right, wrong = final.copy(), final.copy()
    if len(complete_final):
        right[is_pruned] = complete_final.min() - 1 - size + order
        wrong[is_pruned] = complete_final.max() + 1 + size - order
    else:
        right[is_pruned], wrong[is_pruned] = order, -order
    return IntermediateCorrelation(
        among_complete=among,
        if_pruner_right=spearman(now, right).value,
        if_pruner_wrong=spearman(now, wrong).value,
        pruned=int(is_pruned.sum()),
        regret=_regret(complete_now, complete_final),
    )


def _regret(now: Scores, final: Scores) -> float:
    if not len(final):
        return float("nan")
    better_half = final[now >= np.median(now)]
    return float(final.max() - better_half.max())
