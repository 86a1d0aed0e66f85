"""What runs without a score may have meant: the worst rank, and any score within a range."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from harness.stats.intervals import NO_ESTIMATE, Estimate, Scores, finite, midranks


def worst_ranks(
    tuned: npt.ArrayLike, default: npt.ArrayLike, failures: tuple[int, int]
) -> tuple[Scores, Scores]:
    """Both samples as ranks among each other, failed runs below every score.

    Args:
        tuned, default: Shape (n_seeds,); NaN = missing.
        failures: How many runs of each failed.

    Returns:
        Shapes (n_tuned,) and (n_default,), failed runs last; ties share their mean rank.

    Source: Lachin (1999), Worst-rank score analysis with informatively missing observations in
    clinical trials; Conover and Iman (1981), Rank transformations as a bridge.
    """
    samples = [
        np.append(finite(scores), np.full(count, -np.inf))
        for scores, count in zip((tuned, default), failures, strict=True)
    ]
    ranks = midranks(np.concatenate(samples))
    return ranks[: len(samples[0])], ranks[len(samples[0]) :]


def difference_bounds(
    tuned: npt.ArrayLike, default: npt.ArrayLike, failures: tuple[int, int]
) -> Estimate:
    """Difference of the means, had failed runs scored anything between the extremes of both.

    Args:
        tuned, default: Shape (n_seeds,); NaN = missing.
        failures: How many runs of each failed.

    Returns:
        The difference of the scores that exist, and its least and largest; NaN where a sample has
        no score.

    Source: Horowitz and Manski (2000), Nonparametric analysis of randomized experiments with
    missing covariate and outcome data, with the scores that occur as the range.
    """
    a, b = finite(tuned), finite(default)
    if not len(a) or not len(b):
        return NO_ESTIMATE
    ends = np.array([min(a.min(), b.min()), max(a.max(), b.max())])
    ours, theirs = (
        (scores.sum() + count * ends) / (len(scores) + count)
        for scores, count in zip((a, b), failures, strict=True)
    )
    low, high = ours - theirs[::-1]
    return Estimate(value=float(a.mean() - b.mean()), low=float(low), high=float(high))
