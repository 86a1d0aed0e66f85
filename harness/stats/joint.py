"""Many comparisons in one permutation test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from harness.stats.interval import Scores, finite
from harness.stats.permutation import random_splits

__all__ = ["joint_permutation_p"]

_RESAMPLES = 10_000


def joint_permutation_p(
    tuned: Sequence[npt.ArrayLike], default: Sequence[npt.ArrayLike], *, seed: int = 0
) -> npt.NDArray[np.float64]:
    """Adjusted p-values of many tuned-against-default comparisons, whatever the distributions.

    Labels are permuted within every comparison, in all of them at once, and each Welch statistic is
    held against the largest one that chance gives anywhere among the comparisons not found yet.
    Unlike permutation p-values corrected by Holm, whose smallest one is bounded by the number of
    seeds, it can find a difference among many comparisons of five seeds.

    Args:
        tuned, default: One sample of shape (n_seeds,) per comparison; NaN = missing. Any lengths.
        seed: Of the permutations.

    Returns:
        Shape (n_comparisons,), two-sided; NaN with fewer than two scores in an arm, which then
        does not count as a comparison.

    Source: Westfall and Young (1993), Resampling-based multiple testing, algorithm 2.8 (step-down
    maxT), with the studentised statistic of Janssen (1997).
    """
    arms = [(finite(a), finite(b)) for a, b in zip(tuned, default, strict=True)]
    tested = [place for place, (a, b) in enumerate(arms) if min(len(a), len(b)) > 1]
    adjusted = np.full(len(arms), np.nan)
    if not tested:
        return adjusted
    columns = [_statistics(*arms[place], key=(seed, place)) for place in tested]
    observed = np.array([column[0] for column in columns])
    order = np.argsort(observed, kind="stable")
    largest, found = np.zeros(1 + _RESAMPLES), np.empty(len(tested))
    for place in order:
        largest = np.maximum(largest, columns[place])
        # Splits that mirror the observed one must tie with it whatever the order of summation.
        found[place] = (largest >= observed[place] * (1 - 1e-6)).mean()
    falling = order[::-1]
    adjusted[np.array(tested)[falling]] = np.maximum.accumulate(found[falling])
    return adjusted


def _statistics(tuned: Scores, default: Scores, key: tuple[int, int]) -> Scores:
    """Size of Welch's t, shape (1 + resamples,): for the labels as they are, then for others."""
    n, k = len(tuned), len(default)
    pooled = np.concatenate([tuned, default])
    centred = pooled - pooled.mean()
    total = float((centred**2).sum())
    # Rounding leaves a little spread in one repeated score.
    if total <= 1e-24 * float((pooled**2).sum()):
        return np.zeros(1 + _RESAMPLES)
    centred /= np.sqrt(total)
    members = _labels(n, k, key)
    sums, squares = members @ centred, members @ centred**2
    within = (squares - sums**2 / n) / (n * (n - 1)) + (1 - squares - sums**2 / k) / (k * (k - 1))
    # Two constant arms have no spread, but a distance: the floor keeps it finite.
    size: Scores = np.abs(sums) * (1 / n + 1 / k) / np.sqrt(np.maximum(within, 1e-9))
    return size


def _labels(n: int, k: int, key: tuple[int, int]) -> Scores:
    """Who is tuned, 1 or 0, shape (1 + resamples, n + k); the labels as they are come first.

    One table of random splits serves all comparisons of a size. Each shuffles it its own way, so
    that comparisons are permuted independently of one another.
    """
    generator = np.random.default_rng(key)
    table = random_splits(n + k, n, _RESAMPLES)
    rows = generator.permutation(len(table))[:, None]
    observed = np.arange(n + k) < n
    return np.concatenate([observed[None], table[rows, generator.permutation(n + k)]])
