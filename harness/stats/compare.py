"""Two samples of training runs: how far apart, and could it be chance?

Training runs are compared unpaired even when two variants share their seeds: a seed makes two
configurations no more alike than two different seeds do.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

from harness.stats.interval import Scores, finite

__all__ = [
    "EXACT_SPLITS",
    "Comparison",
    "hedges_g",
    "permutation_p",
    "probability_of_improvement",
    "smallest_detectable_difference",
    "welch",
]

EXACT_SPLITS = 200_000
"""Up to so many splits of the pooled scores the permutation test is exact: 10 against 10 fits."""

_RESAMPLES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Tuned minus default, in the units of the scores; NaN where too few scores exist.

    Attributes:
        difference: Difference of the means; above 0 tuned is better.
        low, high: Welch interval of the difference.
        p_value: Two-sided Welch test.
        permutation_p: Two-sided permutation test of the difference of the means.
        effect_size: Hedges' g, dimensionless.
        probability: That a tuned run beats a default run, ties counting half; 0 .. 1.
        detectable: Smallest true difference that these sample sizes find with 80 % power.
        n_tuned, n_default: Scores that exist.
    """

    difference: float
    low: float
    high: float
    p_value: float
    permutation_p: float
    effect_size: float
    probability: float
    detectable: float
    n_tuned: int
    n_default: int


def welch(tuned: npt.ArrayLike, default: npt.ArrayLike, confidence: float = 0.95) -> Comparison:
    """Compare two samples that need not have the same variance.

    Without any spread in both arms a t statistic does not exist. The interval then is the
    difference itself, and the p-value that of the permutation test.

    Args:
        tuned, default: Shape (n_seeds,); NaN = missing. The lengths may differ.
        confidence: Coverage of the interval.

    Source: Welch (1947), The generalization of Student's problem. Recommended for RL by
    Colas, Sigaud, Oudeyer (2018), How many random seeds?
    """
    a, b = finite(tuned), finite(default)
    difference = float(a.mean() - b.mean()) if len(a) and len(b) else np.nan
    low = high = p_value = np.nan
    permutation = permutation_p(a, b)
    if len(a) > 1 and len(b) > 1:
        error, freedom = _standard_error(a, b)
        if error > 0:
            half = float(stats.t.ppf(0.5 + confidence / 2, freedom)) * error
            low, high = difference - half, difference + half
            p_value = float(2 * stats.t.sf(abs(difference) / error, freedom))
        else:
            low, high, p_value = difference, difference, permutation
    return Comparison(
        difference=difference,
        low=low,
        high=high,
        p_value=p_value,
        permutation_p=permutation,
        effect_size=hedges_g(a, b),
        probability=probability_of_improvement(a, b),
        detectable=smallest_detectable_difference(a, b),
        n_tuned=len(a),
        n_default=len(b),
    )


def _standard_error(a: Scores, b: Scores) -> tuple[float, float]:
    """Standard error of the difference and Welch-Satterthwaite degrees of freedom."""
    u, v = float(a.var(ddof=1)) / len(a), float(b.var(ddof=1)) / len(b)
    error = float(np.sqrt(u + v))
    # Rounding leaves a spread of one part in 1e15 in samples of one repeated value.
    if error <= 1e-12 * max(abs(float(a.mean())), abs(float(b.mean())), 1e-300):
        return 0.0, 1.0
    share = u / (u + v)
    freedom = 1 / (share**2 / (len(a) - 1) + (1 - share) ** 2 / (len(b) - 1))
    return error, freedom


def permutation_p(tuned: npt.ArrayLike, default: npt.ArrayLike) -> float:
    """Two-sided permutation test of the difference of the means.

    Exact up to `EXACT_SPLITS` splits, beyond that from 20,000 random ones of a fixed seed.

    Returns:
        The p-value in (0, 1]; NaN if an arm is empty.

    Source: Pitman (1937); the estimate from random splits is Phipson and Smyth (2010), eq. 2.
    """
    a, b = finite(tuned), finite(default)
    if not len(a) or not len(b):
        return np.nan
    pooled = np.concatenate([a, b])
    centred = pooled - pooled.mean()
    size = len(a)
    exact = comb(len(pooled), size) <= EXACT_SPLITS
    splits = _all_splits(len(pooled), size) if exact else _some_splits(len(pooled), size)
    sums = np.abs(centred[splits].sum(axis=1))
    observed = abs(float(centred[:size].sum()))
    # Splits that tie with the observed one must count whatever the order of summation.
    hits = int((sums >= observed - 1e-9 * max(observed, float(np.abs(centred).max()))).sum())
    return hits / len(sums) if exact else (hits + 1) / (len(sums) + 1)


def _all_splits(total: int, size: int) -> npt.NDArray[np.intp]:
    flat = (place for split in combinations(range(total), size) for place in split)
    return np.fromiter(flat, dtype=np.intp, count=comb(total, size) * size).reshape(-1, size)


def _some_splits(total: int, size: int) -> npt.NDArray[np.intp]:
    generator = np.random.default_rng(0)
    return generator.random((_RESAMPLES, total)).argsort(axis=1)[:, :size]


def hedges_g(tuned: npt.ArrayLike, default: npt.ArrayLike) -> float:
    """Standardised difference of the means, corrected for small samples; dimensionless.

    Returns:
        NaN with fewer than two scores in an arm or without any spread.

    Source: Hedges (1981), Distribution theory for Glass's estimator of effect size, eq. 6e.
    """
    a, b = finite(tuned), finite(default)
    if len(a) < 2 or len(b) < 2 or _standard_error(a, b)[0] == 0:
        return np.nan
    freedom = len(a) + len(b) - 2
    pooled = ((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / freedom
    log_correction = special.gammaln(freedom / 2) - special.gammaln((freedom - 1) / 2)
    correction = float(np.exp(log_correction)) / float(np.sqrt(freedom / 2))
    return correction * float((a.mean() - b.mean()) / np.sqrt(pooled))


def probability_of_improvement(tuned: npt.ArrayLike, default: npt.ArrayLike) -> float:
    """Share of (tuned, default) pairs of runs in which tuned is better, ties counting half.

    Returns:
        0 .. 1; NaN if an arm is empty.

    Source: Agarwal et al. (2021), Deep RL at the edge of the statistical precipice, section 4.
    """
    a, b = finite(tuned), finite(default)
    if not len(a) or not len(b):
        return np.nan
    gaps = a[:, None] - b[None, :]
    return float(((gaps > 0) + 0.5 * (gaps == 0)).mean())


def smallest_detectable_difference(
    tuned: npt.ArrayLike, default: npt.ArrayLike, alpha: float = 0.05, power: float = 0.8
) -> float:
    """The true difference that Welch's test finds with this power, given these spreads.

    Args:
        tuned, default: Shape (n_seeds,); NaN = missing.
        alpha: Two-sided error of the first kind.
        power: Wanted probability to find the difference.

    Returns:
        In the units of the scores; NaN with fewer than two scores in an arm, 0 without spread.

    Source: Cohen (1988), Statistical power analysis, chapter 2, with the noncentral t.
    """
    a, b = finite(tuned), finite(default)
    if len(a) < 2 or len(b) < 2:
        return np.nan
    error, freedom = _standard_error(a, b)
    if error == 0:
        return 0.0
    critical = float(stats.t.ppf(1 - alpha / 2, freedom))

    def shortfall(noncentrality: float) -> float:
        return float(stats.nct.sf(critical, freedom, noncentrality)) - power

    return float(optimize.brentq(shortfall, 0.0, 10 * critical + 10)) * error
