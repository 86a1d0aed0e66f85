"""Places that a test can defend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from harness.stats.compare import welch_p
from harness.stats.interval import Scores, finite
from harness.stats.multiplicity import holm
from harness.stats.verdict import ALPHA, MIN_SEEDS

__all__ = ["rank_ranges"]


def rank_ranges(
    samples: Sequence[npt.ArrayLike], alpha: float = ALPHA
) -> tuple[tuple[int, int], ...]:
    """First and last place each sample may have; only a test excludes a place.

    All pairs with enough seeds are compared by Welch's test, adjusted by Holm's method over the
    pairs. A sample's first place comes after all that are clearly better, its last before all that
    are clearly worse.

    Args:
        samples: Each of shape (n_seeds,), with at least one score; NaN = missing.
        alpha: Family-wise level of the pairwise tests.

    Returns:
        (first, last) from 1, in the order given.

    Source: Al Mohamad, Goeman, van Zwet (2022), Simultaneous confidence intervals for ranks.
    """
    arms = [finite(sample) for sample in samples]
    pairs = list(combinations(range(len(arms)), 2))
    p_values = [_pair_p(arms[i], arms[j]) for i, j in pairs]
    above, below = np.zeros(len(arms), dtype=int), np.zeros(len(arms), dtype=int)
    for (i, j), p in zip(pairs, holm(p_values), strict=True):
        if p < alpha:
            better, worse = (i, j) if arms[i].mean() > arms[j].mean() else (j, i)
            above[worse] += 1
            below[better] += 1
    return tuple((1 + int(a), len(arms) - int(b)) for a, b in zip(above, below, strict=True))


def _pair_p(first: Scores, second: Scores) -> float:
    return welch_p(first, second) if min(len(first), len(second)) >= MIN_SEEDS else math.nan
