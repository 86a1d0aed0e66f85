"""What difference two samples of training runs would show, and how many seeds one needs."""

from __future__ import annotations

import bisect
import math
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy
from scipy import special

from harness.stats.intervals import finite, t_quantile
from harness.stats.two_samples import welch_test

POWER: Final = 0.8
"""Probability with which a difference is to be found."""

_LARGE: Final = 100.0

MOST_SEEDS: Final = 1_000
"""Nobody trains more, and nobody knows a spread well enough to ask for more."""


def smallest_detectable_difference(
    tuned: npt.ArrayLike,
    default: npt.ArrayLike,
    *,
    alpha: float = 0.05,
    critical: float = 0.0,
    power: float = POWER,
) -> float:
    """The true difference that is found with this power, given these spreads.

    Args:
        tuned, default: Shape (n_seeds,); NaN = missing.
        alpha: Two-sided level of Welch's test: what a correction leaves of it.
        critical: What Welch's t must exceed in another test that has to agree.
        power: Probability of finding the difference.

    Returns:
        In the units of the scores; NaN with fewer than two scores in a sample, without spread, or
        where no difference would be found.

    Source: Cohen (1988), Statistical power analysis, chapter 2, with the noncentral t.
    """
    a, b = finite(tuned), finite(default)
    if len(a) < 2 or len(b) < 2 or math.isnan(alpha):
        return np.nan
    test = welch_test(a, b)
    error, freedom = float(test.error), float(test.freedom)
    if math.isnan(error):
        return np.nan
    bound = max(critical, float(t_quantile(1 - alpha / 2, freedom)))
    size = _noncentrality(bound, freedom, power) * error
    return size if math.isfinite(size) else math.nan


def _noncentrality(critical: float, freedom: float, power: float) -> float:
    """Noncentrality with which a t statistic exceeds its critical value with this power."""
    if critical > _LARGE:
        # All but the spread's own scatter is negligible, and the noncentral t loses its digits.
        return (
            math.inf
            if math.isinf(critical)
            else critical * math.sqrt(float(2 * special.gammaincinv(freedom / 2, power)) / freedom)
        )

    def shortfall(noncentrality: float) -> float:
        return float(scipy.stats.nct.sf(critical, freedom, noncentrality)) - power

    return float(scipy.optimize.brentq(shortfall, 0.0, 10 * critical + 10))


def seeds_for_difference(
    tuned: npt.ArrayLike,
    default: npt.ArrayLike,
    difference: float,
    *,
    alpha: float = 0.05,
    power: float = POWER,
) -> int | None:
    """How many seeds of each variant would find a true difference with this power.

    Args:
        tuned, default: Samples that tell the spreads, shape (n_seeds,); NaN = missing.
        difference: True difference of the means, in the units of the scores.
        alpha: Two-sided level of Welch's test: what a correction leaves of it.
        power: Probability of finding it.

    Returns:
        None with fewer than two scores in a sample, without spread or difference, or where more
        than `MOST_SEEDS` would be needed.

    Source: as of `smallest_detectable_difference`.
    """
    a, b = finite(tuned), finite(default)
    if len(a) < 2 or len(b) < 2 or math.isnan(alpha) or difference == 0:
        return None
    u, v = float(a.var(ddof=1)), float(b.var(ddof=1))
    if math.isnan(float(welch_test(a, b).error)):
        return None

    def is_found(n: int) -> bool:
        freedom = (n - 1) * (u + v) ** 2 / (u**2 + v**2)
        critical = float(t_quantile(1 - alpha / 2, freedom))
        size = abs(difference) / math.sqrt((u + v) / n)
        return size > critical + 10 or float(scipy.stats.nct.sf(critical, freedom, size)) >= power

    seeds = range(2, MOST_SEEDS + 1)
    index = bisect.bisect_left(seeds, True, key=is_found)
    return seeds[index] if index < len(seeds) else None
