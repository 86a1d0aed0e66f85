"""Scores of one sample, and intervals of its mean and of a proportion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

__all__ = ["NO_ESTIMATE", "Estimate", "Interval", "Scores", "finite", "mean_interval", "proportion"]

Scores = npt.NDArray[np.float64]
"""Shape (n_seeds,), in the environment's return; NaN marks a run without a score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure with its interval; the bounds are NaN where too few scores exist for one."""

    value: float
    low: float
    high: float


NO_ESTIMATE = Estimate(value=np.nan, low=np.nan, high=np.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean with its confidence interval, all in the units of the scores.

    Attributes:
        mean: NaN without any score.
        low, high: Bounds; NaN with fewer than two scores.
        sd: Sample standard deviation (n - 1); NaN with fewer than two scores.
        n: Scores that exist.
    """

    mean: float
    low: float
    high: float
    sd: float
    n: int


def finite(scores: npt.ArrayLike) -> Scores:
    """The scores that exist: shape (n,) with NaN left out.

    Raises:
        ValueError: A score is infinite; infinity is a diverged run, not a number to average.
    """
    values = np.asarray(scores, dtype=np.float64).ravel()
    if np.isinf(values).any():
        raise ValueError("a score is infinite; record the run as failed instead")
    return values[~np.isnan(values)]


def mean_interval(scores: npt.ArrayLike, confidence: float = 0.95) -> Interval:
    """Student's t interval of the mean.

    Args:
        scores: Shape (n_seeds,); NaN = missing.
        confidence: Coverage of the interval, between 0 and 1.

    Raises:
        ValueError: A score is infinite.

    Source: Student (1908), The probable error of a mean.
    """
    values = finite(scores)
    n = len(values)
    if n == 0:
        return Interval(mean=np.nan, low=np.nan, high=np.nan, sd=np.nan, n=0)
    mean = float(values.mean())
    if n == 1:
        return Interval(mean=mean, low=np.nan, high=np.nan, sd=np.nan, n=1)
    sd = float(values.std(ddof=1))
    half = float(stats.t.ppf(0.5 + confidence / 2, n - 1)) * sd / float(np.sqrt(n))
    return Interval(mean=mean, low=mean - half, high=mean + half, sd=sd, n=n)


def proportion(successes: int, total: int, confidence: float = 0.95) -> Estimate:
    """A proportion with Wilson's interval, 0 .. 1; NaN without any case.

    Args:
        successes, total: Numbers of cases.
        confidence: Coverage of the interval.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    if total == 0:
        return NO_ESTIMATE
    interval = stats.binomtest(successes, total).proportion_ci(confidence, method="wilson")
    return Estimate(value=successes / total, low=float(interval.low), high=float(interval.high))
