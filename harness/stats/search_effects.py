"""What tuning brings, over searches: the search is the unit of replication, not the seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

from harness.stats.intervals import t_quantile
from harness.stats.two_samples import welch_test


@dataclass(frozen=True, slots=True)
class SearchEffect:
    """Mean of several searches' winners less the default's.

    Attributes:
        value: The difference.
        low, high: Its interval; NaN with one search, or without any spread.
        p_value: Two-sided, of no difference; NaN likewise.
        next_low, next_high: Where the true difference of one more search's winner is expected,
            with the noise that a mean over as many seeds would have.
    """

    value: float
    low: float
    high: float
    p_value: float
    next_low: float
    next_high: float


def search_effect(
    winners: Sequence[npt.ArrayLike], default: npt.ArrayLike, confidence: float = 0.95
) -> SearchEffect:
    """Compare the means of several searches' winners with the default's scores.

    One number for each search: whatever makes winners differ, other configurations or other seeds,
    is in the spread of these means. The quantile is the mean of those of both samples, weighted by
    their variances: Welch's degrees of freedom are estimated from three or five numbers, and
    intervals by them cover too little.

    Args:
        winners: Scores of each search's winner on held-out seeds.
        default: Scores of the default.
        confidence: Coverage of the intervals.

    Source: Cochran and Cox (1950), Experimental Designs, section 4.14; means of clusters as the
    unit of analysis: Donner and Klar (2000), Design and Analysis of Cluster Randomization Trials;
    the interval of a further search: Hahn (1969), Factors for calculating two-sided prediction
    intervals.
    """
    means = np.array([np.asarray(each, dtype=np.float64).mean() for each in winners])
    scores = np.asarray(default, dtype=np.float64)
    test = welch_test(means, scores)
    value = float(test.difference)
    if math.isnan(float(test.error)):
        return SearchEffect(value, *[math.nan] * 5)
    between, within = float(means.var(ddof=1)), float(scores.var(ddof=1)) / len(scores)
    parts = ((between / len(means), len(means) - 1), (within, len(scores) - 1))
    further = ((between * (1 + 1 / len(means)), len(means) - 1), parts[1])
    half, wide = (_reach(each, 1 - confidence) for each in (parts, further))
    return SearchEffect(
        value, value - half, value + half, _p_value(value, parts), value - wide, value + wide
    )


_Parts = Sequence[tuple[float, int]]
"""Variances that add up to that of a difference, each with its degrees of freedom."""

_LEAST: Final = 1e-12
"""The smallest p-value that is looked for."""


def _reach(parts: _Parts, level: float) -> float:
    """Half of the width of an interval at that level."""
    total = math.fsum(variance for variance, _ in parts)
    quantiles = (variance * t_quantile(1 - level / 2, freedom) for variance, freedom in parts)
    return math.fsum(quantiles) / math.sqrt(total)


def _p_value(value: float, parts: _Parts) -> float:
    """The level at which the interval just reaches 0."""
    if abs(value) >= _reach(parts, _LEAST):
        return _LEAST
    if value == 0:
        return 1.0
    return float(scipy.optimize.brentq(lambda p: _reach(parts, p) - abs(value), _LEAST, 1.0))
