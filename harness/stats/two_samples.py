"""Two samples of training runs: how far apart, and could it be chance?

Training runs are compared unpaired even when two variants share their seeds: a seed makes two
configurations no more alike than two different seeds do. A sample has the shape (n_seeds,), NaN =
missing; every function raises ValueError for an infinite score.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import scipy
from scipy import special

from harness.stats.intervals import Estimate, Scores, as_scores, finite, midranks, t_quantile
from harness.stats.permutation_tests import EXACT_SPLITS, permutation_p

NO_SPREAD: Final = 1e-12
"""Part of a score that rounding may leave of the spread of one repeated score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Tuned minus default, in the units of the scores; NaN where too few scores exist.

    Attributes:
        difference: Difference of the means; above 0 tuned is better.
        low, high: Welch interval of the difference.
        p_value: Two-sided Welch test.
        permutation_p: Two-sided permutation test of the difference of the means.
        mann_whitney_p: Two-sided Mann-Whitney test.
        effect_size: Hedges' g, dimensionless.
        probability: That a tuned run beats a default run, ties counting half; 0 .. 1.
        probability_low, probability_high: Its interval.
        n_tuned, n_default: Scores that exist.
    """

    difference: float
    low: float
    high: float
    p_value: float
    permutation_p: float
    mann_whitney_p: float
    effect_size: float
    probability: float
    probability_low: float
    probability_high: float
    n_tuned: int
    n_default: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WelchTest:
    """One Welch test per scenario, as arrays of shape (n_scenarios,).

    Attributes:
        difference: Difference of the means, in the units of the scores.
        low, high: Its interval.
        p_value: Two-sided.
        error: Standard error of the difference.
        freedom: Welch-Satterthwaite degrees of freedom.
    """

    difference: Scores
    low: Scores
    high: Scores
    p_value: Scores
    error: Scores
    freedom: Scores


def compare(tuned: npt.ArrayLike, default: npt.ArrayLike, confidence: float = 0.95) -> Comparison:
    """Every comparison of two samples that need not have the same variance.

    Without any spread in both samples a t statistic does not exist: neither Welch's p-value nor an
    interval.

    Args:
        tuned, default: Shape (n_seeds,); NaN = missing. The lengths may differ.
        confidence: Coverage of the intervals.

    Source: of each figure, in the function of its name.
    """
    a, b = finite(tuned), finite(default)
    test = welch_test(a, b, confidence)
    probability = probability_interval(a, b, confidence)
    return Comparison(
        difference=float(test.difference),
        low=float(test.low),
        high=float(test.high),
        p_value=float(test.p_value),
        permutation_p=permutation_p(a, b),
        mann_whitney_p=mann_whitney_p(a, b),
        effect_size=hedges_g(a, b),
        probability=probability.value,
        probability_low=probability.low,
        probability_high=probability.high,
        n_tuned=len(a),
        n_default=len(b),
    )


def welch_test(tuned: npt.ArrayLike, default: npt.ArrayLike, confidence: float = 0.95) -> WelchTest:
    """Welch's unequal-variance t test, column by column.

    Args:
        tuned, default: Shape (n_seeds, n_scenarios) or (n_seeds,); NaN = missing. The numbers of
            seeds may differ.
        confidence: Coverage of the interval.

    Returns:
        Arrays of shape (n_scenarios,) or (); NaN with fewer than two scores in a sample or without
        any spread.

    Source: Welch (1947), The generalization of Student's problem. Recommended for RL by
    Colas, Sigaud, Oudeyer (2018), How many random seeds?
    """
    (ours, u, n), (theirs, v, k) = _moments(tuned), _moments(default)
    difference = ours - theirs
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(u / n + v / k)
        # Rounding leaves a spread of one part in 1e15 in samples of one repeated value.
        error = np.where(error > NO_SPREAD * np.maximum(abs(ours), abs(theirs)), error, np.nan)
        portion = (u / n) / error**2
        freedom = 1 / (portion**2 / (n - 1) + (1 - portion) ** 2 / (k - 1))
        half = t_quantile(0.5 + confidence / 2, freedom) * error
        p_value = 2 * special.stdtr(freedom, -np.abs(difference) / error)
    return WelchTest(
        difference=difference,
        low=difference - half,
        high=difference + half,
        p_value=p_value,
        error=error,
        freedom=freedom,
    )


def _moments(scores: npt.ArrayLike) -> tuple[Scores, Scores, Scores]:
    """Mean, sample variance and number of the scores that exist, along the first axis."""
    values = as_scores(scores)
    present = ~np.isnan(values)
    n = present.sum(axis=0).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(present, values, 0.0).sum(axis=0) / n
        squares = np.where(present, values - mean, 0.0) ** 2
        variance = squares.sum(axis=0) / np.where(n > 1, n - 1, np.nan)
    return mean, variance, n


def welch_p(tuned: npt.ArrayLike, default: npt.ArrayLike) -> float:
    """p-value of `welch_test`; without spread in both samples what it tends to as theirs shrinks.

    Args:
        tuned, default: Shape (n_seeds,); NaN = missing.

    Returns:
        Without spread 0 for samples that lie apart and 1 for equal ones, so that the p-value falls
        with the spread to the very end; another test has to say whether so few scores could be
        that clean by chance. NaN with fewer than two scores in a sample.
    """
    a, b = finite(tuned), finite(default)
    if len(a) < 2 or len(b) < 2:
        return math.nan
    test = welch_test(a, b)
    if not math.isnan(float(test.error)):
        return float(test.p_value)
    apart = abs(float(test.difference)) > NO_SPREAD * float(np.abs([a.mean(), b.mean()]).max())
    return 0.0 if apart else 1.0


def mann_whitney_p(tuned: npt.ArrayLike, default: npt.ArrayLike) -> float:
    """Two-sided Mann-Whitney test.

    Exact, ties included, up to `EXACT_SPLITS` splits, and without ties up to 60 scores; beyond that
    the normal approximation.

    Args:
        tuned, default: Shape (n_seeds,); NaN = missing.

    Returns:
        The p-value; 1 if all scores are equal, NaN if a sample is empty.

    Source: Mann and Whitney (1947), On a test of whether one of two random variables is
    stochastically larger than the other.
    """
    a, b = finite(tuned), finite(default)
    if not len(a) or not len(b):
        return math.nan
    union = np.concatenate([a, b])
    distinct = len(np.unique(union))
    if distinct == 1:
        return 1.0
    if math.comb(len(union), len(a)) <= EXACT_SPLITS:
        # The exact test is the permutation test of the ranks; equal scores share theirs.
        ranks = midranks(union)
        return permutation_p(ranks[: len(a)], ranks[len(a) :])
    exact = distinct == len(union) and len(union) <= 60
    method: Literal["exact", "asymptotic"] = "exact" if exact else "asymptotic"
    return float(scipy.stats.mannwhitneyu(a, b, method=method).pvalue)


def hedges_g(tuned: npt.ArrayLike, default: npt.ArrayLike) -> float:
    """Standardised difference of the means, corrected for small samples; dimensionless.

    Returns:
        NaN with fewer than two scores in a sample or without any spread.

    Source: Hedges (1981), Distribution theory for Glass's estimator of effect size, eq. 6e.
    """
    a, b = finite(tuned), finite(default)
    if len(a) < 2 or len(b) < 2 or math.isnan(float(welch_test(a, b).error)):
        return np.nan
    freedom = len(a) + len(b) - 2
    variance = ((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / freedom
    return _hedges_correction(freedom) * float((a.mean() - b.mean()) / np.sqrt(variance))


def hedges_variance(effect: float, n_tuned: int, n_default: int) -> float:
    """Variance of `hedges_g` where the true effect is this large.

    Returns:
        NaN with fewer than five scores, or fewer than two in a sample.

    Source: Hedges (1981), as of `hedges_g`, eq. 6b.
    """
    freedom = n_tuned + n_default - 2
    if freedom < 3 or min(n_tuned, n_default) < 2:
        return math.nan
    size = n_tuned * n_default / (n_tuned + n_default)
    inflation = _hedges_correction(freedom) ** 2 * freedom / (freedom - 2)
    return inflation * (1 / size + effect**2) - effect**2


def _hedges_correction(freedom: float) -> float:
    logarithm = special.gammaln(freedom / 2) - special.gammaln((freedom - 1) / 2)
    return float(np.exp(logarithm)) / math.sqrt(freedom / 2)


def probability_of_improvement(tuned: npt.ArrayLike, default: npt.ArrayLike) -> float:
    """Share of (tuned, default) pairs of runs in which tuned is better, ties counting half.

    Args:
        tuned, default: Shape (n_seeds,); NaN = missing. The lengths may differ.

    Returns:
        0 .. 1; NaN if a sample is empty.

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

    A bootstrap would give an interval without any width where one sample always wins.

    Args:
        tuned, default: Shape (n_seeds,); NaN = missing.
        confidence: Coverage.

    Returns:
        Bounds within 0 .. 1; NaN with fewer than two scores in a sample.

    Source: Newcombe (2006), Confidence intervals for an effect size measure based on the
    Mann-Whitney statistic, part 2, method 5.
    """
    a, b = finite(tuned), finite(default)
    value = probability_of_improvement(a, b)
    if len(a) < 2 or len(b) < 2:
        return Estimate(value=value, low=np.nan, high=np.nan)
    z = float(special.ndtri(0.5 + confidence / 2))
    size = (len(a) + len(b)) / 2 - 1
    pairs = len(a) * len(b)

    def excess(theta: float) -> float:
        spread = (1 - theta) / (2 - theta) + theta / (1 + theta)
        return (value - theta) ** 2 - z**2 * theta * (1 - theta) * (1 + size * spread) / pairs

    # At 0 and 1 the value itself is a root, but not the bound.
    low = 0.0 if value <= 0 else float(scipy.optimize.brentq(excess, 0.0, min(value, 1 - 1e-9)))
    high = 1.0 if value >= 1 else float(scipy.optimize.brentq(excess, max(value, 1e-9), 1.0))
    return Estimate(value=value, low=low, high=high)


def welch_interval(
    tuned: npt.ArrayLike, default: npt.ArrayLike, *, alpha: float, critical: float = 0.0
) -> Estimate:
    """Difference of the means with the interval of a corrected test.

    Args:
        tuned, default: Shape (n_seeds,); NaN = missing.
        alpha: Two-sided level of Welch's test: what a correction leaves of it.
        critical: What Welch's t must exceed in another test that has to agree.

    Returns:
        The interval leaves out 0 just where both tests find a difference.
    """
    test = welch_test(tuned, default)
    factor = np.maximum(critical, t_quantile(1 - alpha / 2, test.freedom))
    half = float(factor * test.error)
    value = float(test.difference)
    return Estimate(value=value, low=value - half, high=value + half)
