"""Permutation test of the difference of two means."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt

from harness.stats.interval import Scores, finite

__all__ = ["EXACT_SPLITS", "permutation_p", "random_splits"]

EXACT_SPLITS = 200_000
"""Up to so many splits of the pooled scores the permutation test is exact: 10 against 10 fits."""

_RESAMPLES = 20_000


def permutation_p(tuned: npt.ArrayLike, default: npt.ArrayLike) -> float:
    """Two-sided permutation test of the difference of the means.

    Exact up to `EXACT_SPLITS` splits, beyond that from 20,000 random ones of a fixed seed.

    Args:
        tuned, default: Shape (n_seeds,); NaN = missing. The lengths may differ.

    Returns:
        The p-value in (0, 1]; NaN if an arm is empty.

    Source: Pitman (1937); the estimate from random splits is Phipson and Smyth (2010), eq. 2.
    """
    a, b = finite(tuned), finite(default)
    if not len(a) or not len(b):
        return np.nan
    pooled = np.concatenate([a, b])
    centred = pooled - pooled.mean()
    exact = comb(len(pooled), len(a)) <= EXACT_SPLITS
    splits = (
        _all_splits(len(pooled), len(a))
        if exact
        else random_splits(len(pooled), len(a), _RESAMPLES)
    )
    sums = np.abs(splits @ centred)
    observed = abs(float(centred[: len(a)].sum()))
    # Splits that tie with the observed one must count whatever the order of summation.
    hits = int((sums >= observed - 1e-9 * max(observed, float(np.abs(centred).max()))).sum())
    return hits / len(sums) if exact else (hits + 1) / (len(sums) + 1)


@lru_cache(maxsize=4)
def _all_splits(total: int, size: int) -> Scores:
    """Who belongs to the first arm, 1 or 0: shape (n_splits, total)."""
    places = np.array(list(combinations(range(total), size)), dtype=np.intp)
    return _members(places, total)


@lru_cache(maxsize=4)
def random_splits(total: int, size: int, amount: int) -> Scores:
    """Random ones of a fixed seed: shape (amount, total), 1 for members of the first arm."""
    generator = np.random.default_rng(0)
    places = generator.random((amount, total)).argsort(axis=1)[:, :size]
    return _members(places, total)


def _members(places: npt.NDArray[np.intp], total: int) -> Scores:
    members = np.zeros((len(places), total))
    np.put_along_axis(members, places, 1.0, axis=1)
    members.flags.writeable = False
    return members
