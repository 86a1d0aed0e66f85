"""One effect for many scenarios, and how much the true effects differ between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy
from scipy import special

from harness.stats.bootstrap import Array
from harness.stats.intervals import NO_ESTIMATE, Estimate, t_quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomEffects:
    """A hierarchical model: true effects scatter about a mean, and each is measured with an error.

    Attributes:
        mean: Mean of the true effects.
        spread: Their standard deviation between scenarios, at least 0.
        effects: How many.
    """

    mean: Estimate
    spread: Estimate
    effects: int


def random_effects(
    effects: npt.ArrayLike, variances: npt.ArrayLike, confidence: float = 0.95
) -> RandomEffects:
    """Mean and spread of the true effects behind noisy ones.

    Args:
        effects: Shape (n_scenarios,), on one scale; NaN = none.
        variances: Of their errors.
        confidence: Coverage of the intervals.

    Returns:
        Nothing with fewer than three effects.

    Source: the spread by Paule and Mandel (1982), see `between_variance`, and its interval by
    Viechtbauer (2007), Confidence intervals for the amount of heterogeneity (Q-profile); the mean's
    interval by Hartung and Knapp (2001), never narrower than the plain one.
    """
    y, v = np.asarray(effects, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    present = ~np.isnan(y) & (v > 0)
    y, v = y[present], v[present]
    n = len(y)
    if n < 3:
        return RandomEffects(mean=NO_ESTIMATE, spread=NO_ESTIMATE, effects=n)
    square = between_variance(y, v)
    weights = 1 / (v + square)
    mean = float((weights * y).sum() / weights.sum())
    # Hartung and Knapp's factor, never below 1, is 1: the heterogeneity is at most n - 1 here.
    half = float(t_quantile(0.5 + confidence / 2, n - 1) / np.sqrt(weights.sum()))
    low, high = (
        math.sqrt(_square_at(y, v, 2 * float(special.gammaincinv((n - 1) / 2, p))))
        for p in (0.5 + confidence / 2, 0.5 - confidence / 2)
    )
    return RandomEffects(
        mean=Estimate(value=mean, low=mean - half, high=mean + half),
        spread=Estimate(value=square**0.5, low=low, high=high),
        effects=n,
    )


def between_variance(y: Array, v: Array) -> float:
    """Variance of the true effects about their mean, at least 0.

    That at which the heterogeneity is what chance would give. The estimator by moments with the
    weights of no variance at all follows the few effects that are known best: one cell in which
    nothing was learned, known to a hundred thousandth, would speak for all.

    Args:
        y: Effects, shape (n_effects,).
        v: Variances of their errors, above 0.

    Source: Paule and Mandel (1982), Consensus values and weighting factors.
    """
    return _square_at(y, v, len(y) - 1)


def _heterogeneity(y: Array, v: Array, square: float) -> float:
    """Weighted squares about the weighted mean; it falls as the scatter grows."""
    w = 1 / (v + square)
    return float((w * (y - (w * y).sum() / w.sum()) ** 2).sum())


def _square_at(y: Array, v: Array, quantile: float) -> float:
    """The variance at which the heterogeneity is just this quantile; 0 where it is always less."""
    if _heterogeneity(y, v, 0.0) <= quantile:
        return 0.0
    most = float(np.ptp(y) ** 2 + v.max())
    while _heterogeneity(y, v, most) > quantile:
        most *= 4
    return float(
        scipy.optimize.brentq(lambda square: _heterogeneity(y, v, square) - quantile, 0.0, most)
    )
