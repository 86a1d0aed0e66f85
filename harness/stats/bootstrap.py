"""Stratified bootstrap: training seeds are sampled with replacement within each scenario.

Arrays have shape (n_seeds, n_scenarios); NaN = missing. A scenario keeps as many seeds in every
resample as it has scores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from harness.stats.intervals import NO_ESTIMATE, Estimate

__all__ = [
    "RESAMPLES",
    "Array",
    "Method",
    "bootstrap",
    "bounds",
    "columns",
    "resample_weights",
    "resamples_of",
    "wider_interval",
]

RESAMPLES: Final = 5_000

_CHUNK: Final = 4_000_000
"""Numbers in memory at once: 32 MB."""

Array = npt.NDArray[np.float64]

Method = Literal["expanded", "percentile"]


def columns(scores: npt.ArrayLike) -> Array:
    """Scores as shape (n_seeds, n_scenarios), scenarios without any score left out.

    Raises:
        ValueError: Another number of axes, or an infinite score.
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 2:
        raise ValueError(f"scores need the shape (n_seeds, n_scenarios), not {values.shape}")
    if np.isinf(values).any():
        raise ValueError("a score is infinite; record the run as failed instead")
    return values[:, ~np.isnan(values).all(axis=0)]


def resamples_of(scores: Array, resamples: int, seed: int) -> Iterator[Array]:
    """Resampled score arrays in pieces of shape (k, n_seeds, n_scenarios), `resamples` in all."""
    counts = (~np.isnan(scores)).sum(axis=0)
    packed = np.sort(scores, axis=0)  # NaN goes last
    padding = np.arange(len(scores))[:, None] >= counts
    generator = np.random.default_rng(seed)
    chunk = max(1, _CHUNK // max(1, scores.size))
    for start in range(0, resamples, chunk):
        size = (min(chunk, resamples - start), *scores.shape)
        indices = (generator.random(size) * counts).astype(np.intp)
        pieces = np.take_along_axis(packed[None], indices, axis=1)
        if padding.any():
            pieces[:, padding] = np.nan
        yield pieces


def resample_weights(count: int, resamples: int, generator: np.random.Generator) -> Array:
    """Shares with which scores enter each resample: shape (resamples, count); rows add to 1.

    A mean over a resample is a product with these weights.
    """
    if count == 0:
        return np.zeros((resamples, 0))
    return generator.multinomial(count, np.full(count, 1 / count), size=resamples) / count


def bounds(
    samples: Array, counts: Sequence[int], confidence: float = 0.95, method: Method = "expanded"
) -> tuple[Array, Array]:
    """Interval from bootstrap samples along the first axis.

    With n seeds a resample varies by (n - 1) / n too little, and its quantiles are those of a
    normal, not of a t distribution. ``expanded`` takes quantiles further out by just that much;
    ``percentile`` takes the plain ones.

    Args:
        samples: Shape (resamples, ...).
        counts: Scores per stratum; all of one score or less give NaN.
        confidence: Coverage.
        method: See above.

    Source: Efron (1979); Hesterberg (2015), What teachers should know about the bootstrap
    (expanded percentile interval), with the strata pooled as if their variances were equal.
    """
    sizes = np.array([count for count in counts if count > 0], dtype=np.float64)
    freedom = float((sizes - 1).sum())
    if freedom <= 0:
        return np.full(samples.shape[1:], np.nan), np.full(samples.shape[1:], np.nan)
    tail = (1 - confidence) / 2
    if method == "expanded":
        shrinkage = float(((sizes - 1) / sizes**2).sum() / (1 / sizes).sum())
        tail = float(stats.norm.cdf(stats.t.ppf(tail, freedom) / np.sqrt(shrinkage)))
    low, high = np.quantile(samples, [tail, 1 - tail], axis=0)
    return low, high


def bootstrap(
    scores: npt.ArrayLike,
    statistic: Callable[[Array], Array],
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
    method: Method = "expanded",
) -> Estimate:
    """A statistic of the scores with its stratified bootstrap interval.

    Args:
        scores: Shape (n_seeds, n_scenarios); NaN = missing.
        statistic: Arrays (..., n_seeds, n_scenarios) -> (...); must leave NaN out.
        confidence, resamples, method: As in `bounds`.
        seed: The same seed gives the same interval.

    Raises:
        ValueError: Another number of axes, or an infinite score.

    Source: Agarwal et al. (2021), Deep RL at the edge of the statistical precipice, section 4.1.
    """
    values = columns(scores)
    if not values.size:
        return NO_ESTIMATE
    samples = np.concatenate([statistic(piece) for piece in resamples_of(values, resamples, seed)])
    counts = (~np.isnan(values)).sum(axis=0)
    interval = bounds(samples, counts.tolist(), confidence, method)
    return wider_interval(values, statistic, interval, confidence, method)


def wider_interval(
    scores: Array,
    statistic: Callable[[Array], Array],
    interval: tuple[Array, Array],
    confidence: float = 0.95,
    method: Method = "expanded",
) -> Estimate:
    """The statistic with the hull of two intervals: a bootstrap's and the jackknife's.

    Of three or four scores hardly any resample lies as far out as a t quantile, and scenarios of
    unequal spread have fewer degrees of freedom than scores: the t interval whose error and degrees
    of freedom come from leaving out one score at a time, scenario by scenario, knows of both. It
    believes in a symmetric error, which the bootstrap does not.

    Args:
        scores: Shape (n_seeds, n_scenarios), as from `columns`.
        statistic, confidence, method: As in `bootstrap`; with ``percentile`` nothing is added.
        interval: The bootstrap's, of the same statistic.

    Source: Efron and Tibshirani (1993), An introduction to the bootstrap, section 11.5 (jackknife
    of several samples); Satterthwaite (1946), An approximate distribution of estimates of variance
    components.
    """
    value, (low, high) = float(statistic(scores)), map(float, interval)
    counts = (~np.isnan(scores)).sum(axis=0)
    variances = np.array([_jackknife_variance(scores, k, statistic) for k in range(len(counts))])
    total = float(variances.sum())
    if method == "expanded" and total > 0:
        several = counts > 1
        freedom = total**2 / float((variances[several] ** 2 / (counts[several] - 1)).sum())
        half = float(stats.t.ppf(0.5 + confidence / 2, freedom)) * total**0.5
        low, high = min(low, value - half), max(high, value + half)
    return Estimate(value=value, low=low, high=high)


def _jackknife_variance(scores: Array, scenario: int, statistic: Callable[[Array], Array]) -> float:
    """Variance of the statistic that comes from one scenario; 0 where it has a single score."""
    column = scores[:, scenario]
    column = column[~np.isnan(column)]
    n = len(column)
    if n < 2:
        return 0.0
    others = np.repeat(scores[None], n, axis=0)
    others[:, :, scenario] = np.nan
    for left_out in range(n):
        others[left_out, : n - 1, scenario] = np.delete(column, left_out)
    values = statistic(others)
    return float((n - 1) / n * ((values - values.mean()) ** 2).sum())
