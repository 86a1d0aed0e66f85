"""Ranks of two samples: which one is likelier to win, and could it be chance?"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from harness.stats.bootstrap import Estimate
from harness.stats.interval import finite

__all__ = ["mann_whitney_p", "probability_interval", "probability_of_improvement"]


def probability_of_improvement(tuned: npt.ArrayLike, default: npt.ArrayLike) -> float:
    """Share of (tuned, default) pairs of runs in which tuned is better, ties counting half.

    Args:
        tuned, default: Shape (n_seeds,); NaN = missing. The lengths may differ.

    Returns:
        0 .. 1; NaN if an arm is empty.

    Source: Agarwal et al. (2021), Deep RL at the edge of the statistical precipice, section 4.
    """
    a, b = finite(tuned), finite(default)
    if not len(a) or not len(b):
        return np.nan
    gaps = a[:, None] - b[None, :]
    return float(((gaps > 0) + 0.5 * (gaps == 0)).mean())


def probability_interval(
    tuned: npt.ArrayLike, default: npt.ArrayLike, confidence: float = 0.95
) -> Estimate:
    """`probability_of_improvement` with a score-like interval, which also holds at 0 and at 1.

    A bootstrap would give an interval without any width where one arm always wins.

    Args:
        tuned, default: Shape (n_seeds,); NaN = missing.
        confidence: Coverage.

    Returns:
        Bounds within 0 .. 1; NaN with fewer than two scores in an arm.

    Source: Newcombe (2006), Confidence intervals for an effect size measure based on the
    Mann-Whitney statistic, part 2, method 5.
    """
    a, b = finite(tuned), finite(default)
    value = probability_of_improvement(a, b)
    if len(a) < 2 or len(b) < 2:
        return Estimate(value=value, low=np.nan, high=np.nan)
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    size = (len(a) + len(b)) / 2 - 1
    pairs = len(a) * len(b)

    def excess(theta: float) -> float:
        spread = (1 - theta) / (2 - theta) + theta / (1 + theta)
        return (value - theta) ** 2 - z**2 * theta * (1 - theta) * (1 + size * spread) / pairs

    # At 0 and 1 the value itself is a root, but not the bound.
    low = 0.0 if value <= 0 else float(optimize.brentq(excess, 0.0, min(value, 1 - 1e-9)))
    high = 1.0 if value >= 1 else float(optimize.brentq(excess, max(value, 1e-9), 1.0))
    return Estimate(value=value, low=low, high=high)


def mann_whitney_p(tuned: npt.ArrayLike, default: npt.ArrayLike) -> float:
    """Two-sided Mann-Whitney test: exact without ties, else the normal approximation.

    Args:
        tuned, default: Shape (n_seeds,); NaN = missing.

    Returns:
        The p-value; 1 if all scores are equal, NaN if an arm is empty.

    Source: Mann and Whitney (1947), On a test of whether one of two random variables is
    stochastically larger than the other.
    """
    a, b = finite(tuned), finite(default)
    if not len(a) or not len(b):
        return math.nan
    pooled = np.concatenate([a, b])
    distinct = len(np.unique(pooled))
    if distinct == 1:
        return 1.0
    exact = distinct == len(pooled) and len(pooled) <= 60
    if exact:
        return float(stats.mannwhitneyu(a, b, method="exact").pvalue)
    return float(stats.mannwhitneyu(a, b, method="asymptotic").pvalue)
