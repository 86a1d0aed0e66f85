"""Places that a test can defend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from harness.stats.compare import welch_p
from harness.stats.interval import Scores, finite
from harness.stats.joint import joint_permutation_p
from harness.stats.multiplicity import holm
from harness.stats.verdict import ALPHA, MIN_SEEDS

__all__ = ["rank_ranges"]


def rank_ranges(
    samples: Sequence[npt.ArrayLike], alpha: float = ALPHA
) -> tuple[tuple[int, int], ...]:
    """First and last place each sample may have; only a test excludes a place.

    All pairs with enough seeds are compared by two tests, as verdicts are: Welch's, adjusted by
    Holm's method over the pairs, and a permutation test of all pairs at once. A sample's first
    place comes after all that are clearly better by both, its last before all that are clearly
    worse.

    Args:
        samples: Each of shape (n_seeds,), with at least one score; NaN = missing.
        alpha: Family-wise level of the pairwise tests.

    Returns:
        (first, last) from 1, in the order given.

    Source: Al Mohamad, Goeman, van Zwet (2022), Simultaneous confidence intervals for ranks; the
    tests in `harness.stats.joint` and `harness.stats.multiplicity`.
    """
    arms = [finite(sample) for sample in samples]
    pairs = list(combinations(range(len(arms)), 2))
    p_values = _adjusted([(arms[i], arms[j]) for i, j in pairs], alpha)
    above, below = np.zeros(len(arms), dtype=int), np.zeros(len(arms), dtype=int)
    for (i, j), p in zip(pairs, p_values, strict=True):
        if p < alpha:
            better, worse = (i, j) if arms[i].mean() > arms[j].mean() else (j, i)
            above[worse] += 1
            below[better] += 1
    return tuple((1 + int(a), len(arms) - int(b)) for a, b in zip(above, below, strict=True))


def _adjusted(pairs: Sequence[tuple[Scores, Scores]], alpha: float) -> Scores:
    """The larger of both adjusted p-values of each pair; NaN for one with too few seeds."""
    enough = [min(len(first), len(second)) >= MIN_SEEDS for first, second in pairs]
    by_welch = holm(
        [welch_p(*pair) if tested else math.nan for pair, tested in zip(pairs, enough, strict=True)]
    )
    if not (by_welch < alpha).any():
        return by_welch  # The other test takes longer and could not change anything.
    tested = [
        pair if ok else (pair[0][:0], pair[1][:0]) for pair, ok in zip(pairs, enough, strict=True)
    ]
    together = joint_permutation_p([a for a, _ in tested], [b for _, b in tested])
    return np.maximum(by_welch, together)
