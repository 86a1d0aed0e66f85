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

__all__ = ["RandomEffects", "random_effects"]


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

    Source: DerSimonian and Laird (1986), Meta-analysis in clinical trials; the mean's interval by
    Hartung and Knapp (2001), never narrower than the plain one; the spread's by Viechtbauer (2007),
    Confidence intervals for the amount of heterogeneity (Q-profile).
    """
    y, v = np.asarray(effects, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    present = ~np.isnan(y) & (v > 0)
    y, v = y[present], v[present]
    n = len(y)
    if n < 3:
        return RandomEffects(mean=NO_ESTIMATE, spread=NO_ESTIMATE, effects=n)
    weights = 1 / v
    total = weights.sum()
    excess = _heterogeneity(y, v, 0.0) - (n - 1)
    square = max(0.0, excess / (total - (weights**2).sum() / total))
    weights = 1 / (v + square)
    mean = float((weights * y).sum() / weights.sum())
    inflation = max(1.0, _heterogeneity(y, v, square) / (n - 1))
    half = float(t_quantile(0.5 + confidence / 2, n - 1) * np.sqrt(inflation / weights.sum()))
    low, high = (
        _profile(y, v, 2 * float(special.gammaincinv((n - 1) / 2, p))) for p in _tails(confidence)
    )
    return RandomEffects(
        mean=Estimate(value=mean, low=mean - half, high=mean + half),
        spread=Estimate(value=square**0.5, low=low, high=high),
        effects=n,
    )


def _tails(confidence: float) -> tuple[float, float]:
    return 0.5 + confidence / 2, 0.5 - confidence / 2


def _heterogeneity(y: Array, v: Array, square: float) -> float:
    """Weighted squares about the weighted mean; it falls as the scatter grows."""
    w = 1 / (v + square)
    return float((w * (y - (w * y).sum() / w.sum()) ** 2).sum())


def _profile(y: Array, v: Array, quantile: float) -> float:
    """The spread at which the heterogeneity is just this quantile; 0 where it is always less."""
    if _heterogeneity(y, v, 0.0) <= quantile:
        return 0.0
    most = float(np.ptp(y) ** 2 + v.max())
    while _heterogeneity(y, v, most) > quantile:
        most *= 4
    root = scipy.optimize.brentq(lambda square: _heterogeneity(y, v, square) - quantile, 0.0, most)
    return math.sqrt(float(root))
