"""Permutation tests: of one difference of means, and of many comparisons at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from harness.stats.intervals import Scores, finite

EXACT_SPLITS: Final = 200_000
"""Up to so many splits of the pooled scores the permutation test is exact: 10 against 10 fits."""

_RESAMPLES: Final = 20_000
RESAMPLES: Final = 10_000
"""Random permutations of many comparisons at once."""

_TIE: Final = 1e-6
_NO_SPREAD: Final = 1e-12
_CLOSE: Final = 1e-6


def permutation_p(tuned: npt.ArrayLike, default: npt.ArrayLike) -> float:
    """Two-sided permutation test of the difference of the means.

    Exact up to `EXACT_SPLITS` splits, beyond that from 20,000 random ones of a fixed seed.

    Args:
        tuned, default: Shape (n_seeds,); NaN = missing. The lengths may differ.

    Returns:
        The p-value in (0, 1]; NaN if a sample is empty.

    Raises:
        ValueError: A score is infinite.

    Source: Pitman (1937); the estimate from random splits is Phipson and Smyth (2010), eq. 2.
    """
    a, b = finite(tuned), finite(default)
    if not len(a) or not len(b):
        return np.nan
    union = np.concatenate([a, b])
    deviations = union - union.mean()
    exact = math.comb(len(union), len(a)) <= EXACT_SPLITS
    splits = (
        _all_splits(len(union), len(a)) if exact else _random_splits(len(union), len(a), _RESAMPLES)
    )
    sums = np.abs(splits @ deviations)
    statistic = abs(float(deviations[: len(a)].sum()))
    # Splits that tie with the observed one must count whatever the order of summation.
    hits = int((sums >= statistic - 1e-9 * max(statistic, float(np.abs(deviations).max()))).sum())
    return hits / len(sums) if exact else (hits + 1) / (len(sums) + 1)


@lru_cache(maxsize=4)
def _all_splits(total: int, size: int) -> Scores:
    """Who belongs to the first sample, 1 or 0: shape (n_splits, total)."""
    return _membership(np.array(list(combinations(range(total), size)), dtype=np.intp), total)


@lru_cache(maxsize=4)
def _random_splits(total: int, size: int, amount: int) -> Scores:
    """Splits of a fixed seed: shape (amount, total), 1 for members of the first sample."""
    generator = np.random.default_rng(0)
    return _membership(generator.random((amount, total)).argsort(axis=1)[:, :size], total)


def _membership(indices: npt.NDArray[np.intp], total: int) -> Scores:
    members = np.zeros((len(indices), total))
    np.put_along_axis(members, indices, 1.0, axis=1)
    members.flags.writeable = False
    return members


@dataclass(frozen=True, slots=True, kw_only=True)
class JointPermutationTest:
    """One figure per comparison, as arrays of shape (n_comparisons,).

    Attributes:
        p_values: Adjusted, two-sided; NaN with fewer than two scores in a sample, which then does
            not count as a comparison.
        criticals: What the size of Welch's statistic must exceed to be found at the level.
    """

    p_values: Scores
    criticals: Scores


def joint_permutation_test(
    tuned: Sequence[npt.ArrayLike],
    default: Sequence[npt.ArrayLike],
    *,
    alpha: float = 0.05,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> JointPermutationTest:
    """Many tuned-against-default comparisons at once, whatever the distributions.

    Labels are permuted within every comparison, in all of them at once, and each Welch statistic is
    held against the largest one that chance gives anywhere among the comparisons not rejected yet.
    Unlike permutation p-values corrected by Holm, whose smallest one is bounded by the number of
    seeds, it can find a difference among many comparisons of five seeds.

    Args:
        tuned, default: One sample of shape (n_seeds,) per comparison; NaN = missing. Any lengths.
        alpha: Chance of any false finding, which the critical values are for.
        resamples: Random permutations; no p-value is below one in so many.
        seed: Seed of the random permutations.

    Raises:
        ValueError: A score is infinite, or there are more samples on one side.

    Source: Westfall and Young (1993), Resampling-based multiple testing, algorithm 2.8 (step-down
    maxT), with the studentised statistic of Janssen (1997).
    """
    pairs = [(finite(a), finite(b)) for a, b in zip(tuned, default, strict=True)]
    testable = [k for k, (a, b) in enumerate(pairs) if min(len(a), len(b)) > 1]
    p_values, criticals = np.full(len(pairs), np.nan), np.full(len(pairs), np.nan)
    if not testable:
        return JointPermutationTest(p_values=p_values, criticals=criticals)
    columns = {k: _welch_sizes(*pairs[k], resamples, key=(seed, k)) for k in testable}
    ascending = sorted(testable, key=lambda k: columns[k][0])
    # Found at the level is what at most so many permutations reach.
    allowance = math.ceil(alpha * (1 + resamples)) - 1
    largest = np.zeros(1 + resamples)
    for k in ascending:
        largest = np.maximum(largest, columns[k])
        # Splits that mirror the observed one must tie with it whatever the order of summation.
        p_values[k] = (largest >= columns[k][0] * (1 - _TIE)).mean()
        criticals[k] = np.partition(largest, -1 - allowance)[-1 - allowance] / (1 - _TIE)
    descending = np.array(ascending[::-1])
    p_values[descending] = np.maximum.accumulate(p_values[descending])
    # After the first that is not found, the others need what it would have needed.
    misses = descending[p_values[descending] >= alpha]
    criticals[misses] = criticals[misses[:1]]
    return JointPermutationTest(p_values=p_values, criticals=criticals)


def _welch_sizes(tuned: Scores, default: Scores, resamples: int, key: tuple[int, int]) -> Scores:
    """Size of Welch's t, shape (1 + resamples,): for the labels as they are, then for others.

    Two samples without spread that lie apart are as far apart as can be: infinitely.
    """
    n, k = len(tuned), len(default)
    union = np.concatenate([tuned, default])
    deviations = union - union.mean()
    total = float((deviations**2).sum())
    # Rounding leaves a little spread in one repeated score.
    if total <= 1e-24 * float((union**2).sum()):
        return np.zeros(1 + resamples)
    deviations /= np.sqrt(total)
    members = _labels(n, k, resamples, key)
    sums, squares = members @ deviations, members @ deviations**2
    within = (squares - sums**2 / n) / (n * (n - 1)) + (1 - squares - sums**2 / k) / (k * (k - 1))
    # What rounding leaves of two repeated scores is no spread.
    smallest = (_NO_SPREAD * float(np.abs(union).max())) ** 2 / total
    close = np.flatnonzero(within < _CLOSE)
    within[close] = [_within(deviations, members[row] > 0) for row in close]
    with np.errstate(divide="ignore"):
        error = np.sqrt(np.where(within > smallest, within, 0.0))
        size: Scores = np.abs(sums) * (1 / n + 1 / k) / error
    return size


def _within(scores: Scores, is_tuned: npt.NDArray[np.bool_]) -> float:
    """Squared standard error of the difference, without the digits that sums of squares lose."""
    samples = scores[is_tuned], scores[~is_tuned]
    return math.fsum(
        float(((each - each.mean()) ** 2).mean()) / (len(each) - 1) for each in samples
    )


def _labels(n: int, k: int, resamples: int, key: tuple[int, int]) -> Scores:
    """Who is tuned, 1 or 0, shape (1 + resamples, n + k); the labels as they are come first.

    One table of random splits serves all comparisons of a size. Each shuffles it its own way, so
    that comparisons are permuted independently of one another.
    """
    generator = np.random.default_rng(key)
    table = _random_splits(n + k, n, resamples)
    rows = generator.permutation(len(table))[:, None]
    labels = np.arange(n + k) < n
    return np.concatenate([labels[None], table[rows, generator.permutation(n + k)]])
