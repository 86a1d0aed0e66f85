"""Decisions over many comparisons: Holm's correction, verdicts, ranks that a test can defend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from harness.stats.intervals import Scores, finite
from harness.stats.permutation_tests import joint_permutation_p
from harness.stats.two_samples import Comparison, welch_p

__all__ = ["ALPHA", "MIN_SEEDS", "Verdict", "holm", "rank_ranges", "verdict"]

Verdict = Literal["improved", "worse", "no clear difference", "too few seeds"]

ALPHA: Final = 0.05
"""Two-sided level of every verdict, over all cells together."""

MIN_SEEDS: Final = 4
"""Scores each sample needs: with three against three no permutation test can reach 5 %."""


def holm(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Adjusted p-values that keep the chance of any false finding below the level.

    Args:
        p_values: Shape (n_comparisons,); NaN = no test was made, does not count as one.

    Returns:
        Same shape, in 0 .. 1, NaN where the input is.

    Source: Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    raw = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(raw.shape, np.nan)
    testable = np.flatnonzero(~np.isnan(raw))
    order = testable[np.argsort(raw[testable], kind="stable")]
    weights = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(weights * raw[order]))
    return adjusted


def verdict(comparison: Comparison, p_adjusted: float, alpha: float = ALPHA) -> Verdict:
    """One of four words.

    Args:
        comparison: Tuned against default.
        p_adjusted: Its p-value, adjusted for the comparisons made beside it; NaN if not tested.
        alpha: Level.

    Returns:
        ``improved`` or ``worse`` where the difference is significant in that direction, ``too few
        seeds`` where a sample has fewer than `MIN_SEEDS` scores, else ``no clear difference``.
    """
    if min(comparison.n_tuned, comparison.n_default) < MIN_SEEDS:
        return "too few seeds"
    if p_adjusted < alpha and comparison.difference != 0:
        return "improved" if comparison.difference > 0 else "worse"
    return "no clear difference"


def rank_ranges(
    samples: Sequence[npt.ArrayLike], alpha: float = ALPHA
) -> tuple[tuple[int, int], ...]:
    """First and last rank each sample may have; only a test excludes a rank.

    All pairs with enough seeds are compared by two tests, as verdicts are: Welch's, adjusted by
    Holm's method over the pairs, and a permutation test of all pairs at once. A sample's first
    rank comes after all that are clearly better by both, its last before all that are clearly
    worse.

    Args:
        samples: Each of shape (n_seeds,), with at least one score; NaN = missing.
        alpha: Family-wise level of the pairwise tests.

    Returns:
        (first, last) from 1, in the order of the samples.

    Source: Al Mohamad, Goeman, van Zwet (2022), Simultaneous confidence intervals for ranks; the
    tests are those of `joint_permutation_p` and `holm`.
    """
    scores = [finite(sample) for sample in samples]
    pairs = list(combinations(range(len(scores)), 2))
    p_values = _adjusted_p([(scores[i], scores[j]) for i, j in pairs], alpha)
    losses, wins = np.zeros(len(scores), dtype=int), np.zeros(len(scores), dtype=int)
    for (i, j), p in zip(pairs, p_values, strict=True):
        if p < alpha:
            better, worse = (i, j) if scores[i].mean() > scores[j].mean() else (j, i)
            losses[worse] += 1
            wins[better] += 1
    return tuple(
        (1 + int(loss), len(scores) - int(win)) for loss, win in zip(losses, wins, strict=True)
    )


def _adjusted_p(pairs: Sequence[tuple[Scores, Scores]], alpha: float) -> Scores:
    """The larger of both adjusted p-values of each pair; NaN for one with too few seeds."""
    enough = [min(len(first), len(second)) >= MIN_SEEDS for first, second in pairs]
    by_welch = holm(
        [welch_p(*pair) if ok else math.nan for pair, ok in zip(pairs, enough, strict=True)]
    )
    if not (by_welch < alpha).any():
        return by_welch  # The other test takes longer and could not change anything.
    testable = [
        pair if ok else (pair[0][:0], pair[1][:0]) for pair, ok in zip(pairs, enough, strict=True)
    ]
    by_permutation = joint_permutation_p([a for a, _ in testable], [b for _, b in testable])
    return np.maximum(by_welch, by_permutation)
