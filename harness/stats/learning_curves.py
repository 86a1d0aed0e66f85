"""How fast runs learn: area under the curve, and steps to reach a threshold.

Curves have shape (n_seeds, n_evaluations): the mean return of each evaluation, NaN = missing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special

from harness.stats.bootstrap import Array
from harness.stats.intervals import NO_ESTIMATE, Estimate, Interval, mean_interval, proportion


def _validate(steps: npt.ArrayLike, curves: npt.ArrayLike) -> tuple[Array, Array]:
    at, means = np.asarray(steps, dtype=np.float64), np.asarray(curves, dtype=np.float64)
    if means.ndim != 2 or at.shape != means.shape[1:]:
        raise ValueError(f"curves {means.shape} need one column per step, not {at.shape}")
    if (np.diff(at) <= 0).any():
        raise ValueError("steps must rise from evaluation to evaluation")
    return at, means


def area_under_curve(steps: npt.ArrayLike, curves: npt.ArrayLike) -> Array:
    """Mean height of each learning curve, by the trapezoidal rule.

    Args:
        steps: Shape (n_evaluations,), rising.
        curves: Shape (n_seeds, n_evaluations).

    Returns:
        Shape (n_seeds,), in returns, so that budgets do not matter; NaN for a curve with a gap.

    Raises:
        ValueError: The shapes do not fit together, or the steps do not rise.
    """
    at, means = _validate(steps, curves)
    if len(at) == 1:
        return np.asarray(means[:, 0].copy())
    return np.asarray(np.trapezoid(means, at, axis=1) / (at[-1] - at[0]))


def steps_to_threshold(steps: npt.ArrayLike, curves: npt.ArrayLike, threshold: float) -> Array:
    """Steps of the first evaluation at or above the threshold.

    Args:
        steps: Shape (n_evaluations,), rising.
        curves: Shape (n_seeds, n_evaluations). A run that failed is NaN from there on: it did not
            reach the threshold later.
        threshold: In returns.

    Returns:
        Shape (n_seeds,); infinity where the budget ended first (right-censored), NaN for a run
        without any evaluation.

    Raises:
        ValueError: The shapes do not fit together, or the steps do not rise.
    """
    at, means = _validate(steps, curves)
    success = np.nan_to_num(means, nan=-np.inf) >= threshold
    times = np.where(success.any(axis=1), at[success.argmax(axis=1)], np.inf)
    times[np.isnan(means).all(axis=1)] = np.nan
    return np.asarray(times)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeToThreshold:
    """How soon runs reach a threshold, in environment steps.

    Attributes:
        reached: Share of runs that reached it within the budget, with its interval.
        median: Median steps; the value or a bound is infinite where it lies beyond the budget.
        restricted: Mean of steps, a run that never got there counting with the whole budget.
        runs: Runs that count.
    """

    reached: Estimate
    median: Estimate
    restricted: Interval
    runs: int


def time_to_threshold(
    times: npt.ArrayLike, budget: float, confidence: float = 0.95
) -> TimeToThreshold:
    """Sum right-censored times up; all runs were watched for the same budget.

    Args:
        times: Shape (n_seeds,), from `steps_to_threshold`; infinity = not within the budget.
        budget: Steps of every run.
        confidence: Coverage. The median's interval uses order statistics and is conservative.

    Source: Conover (1999), Practical nonparametric statistics, section 3.2 (median);
    Royston and Parmar (2013), Restricted mean survival time.
    """
    values = np.asarray(times, dtype=np.float64)
    ascending = np.sort(values[~np.isnan(values)])
    n, successes = len(ascending), int(np.isfinite(ascending).sum())
    mean = mean_interval(np.minimum(ascending, budget), confidence)
    return TimeToThreshold(
        reached=proportion(successes, n, confidence),
        median=_median(ascending, confidence),
        # No mean of these lies beyond, whatever a symmetric error says.
        restricted=replace(
            mean,
            low=float(np.maximum(mean.low, 0.0)),
            high=float(np.minimum(mean.high, budget)),
        ),
        runs=n,
    )


def _median(ascending: Array, confidence: float) -> Estimate:
    n = len(ascending)
    if n == 0:
        return NO_ESTIMATE
    middle = ascending[(n - 1) // 2], ascending[n // 2]
    value = float(middle[0] if middle[0] == middle[1] else (middle[0] + middle[1]) / 2)
    # The k-th score from either end misses the median with chance binom.cdf(k - 1).
    tail = special.bdtr(np.arange((n + 1) // 2), n, 0.5)
    k = int(np.searchsorted(tail, (1 - confidence) / 2, side="right")) - 1
    if k < 0:
        return Estimate(value=value, low=np.nan, high=np.nan)
    return Estimate(value=value, low=float(ascending[k]), high=float(ascending[n - 1 - k]))
