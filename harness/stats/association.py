"""Rank correlations and shares, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from harness.stats.bootstrap import Estimate

__all__ = ["Correlation", "share", "spearman"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """Spearman's rank correlation.

    Attributes:
        value: -1 .. 1; NaN with fewer than three pairs or where one side does not vary.
        low, high: Interval; NaN with fewer than five pairs.
        n: Pairs that exist.
    """

    value: float
    low: float
    high: float
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
    ranks = stats.rankdata(first), stats.rankdata(second)
    value = float(np.clip(np.corrcoef(*ranks)[0, 1], -1, 1))
    if n < 5:
        return Correlation(value=value, low=np.nan, high=np.nan, n=n)
    centre = np.arctanh(np.clip(value, -1 + 1e-12, 1 - 1e-12))
    half = stats.norm.ppf(0.5 + confidence / 2) * np.sqrt((1 + value**2 / 2) / (n - 3))
    low, high = np.tanh(centre - half), np.tanh(centre + half)
    return Correlation(value=value, low=float(low), high=float(high), n=n)


def share(hits: int, total: int, confidence: float = 0.95) -> Estimate:
    """A share of cases with Wilson's interval; NaN without any case.

    Args:
        hits, total: Numbers of cases.
        confidence: Coverage of the interval.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    if total == 0:
        return Estimate(value=np.nan, low=np.nan, high=np.nan)
    found = stats.binomtest(hits, total).proportion_ci(confidence, method="wilson")
    return Estimate(value=hits / total, low=float(found.low), high=float(found.high))
