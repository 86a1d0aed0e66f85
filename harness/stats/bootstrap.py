"""Stratified bootstrap: training seeds are sampled with replacement within each scenario.

Arrays have shape (n_seeds, n_scenarios); NaN = missing. A scenario keeps as many seeds in every
resample as it has scores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from harness.stats.intervals import (
    NO_ESTIMATE,
    Estimate,
    Interval,
    as_scores,
    finite,
    mean_interval,
    t_quantile,
)

RESAMPLES: Final = 5_000

_CHUNK: Final = 4_000_000
"""Numbers in memory at once: 32 MB."""

_LEAST_ERROR: Final = 0.25
"""Share of the sample's error that a resample's counts as at least: some are of scores alike."""

Array = npt.NDArray[np.float64]

Method = Literal["expanded", "percentile"]


def columns(scores: npt.ArrayLike) -> Array:
    """Scores as shape (n_seeds, n_scenarios), scenarios without any score left out.

    Raises:
        ValueError: Another number of axes, or an infinite score.
    """
    values = as_scores(scores)
    if values.ndim != 2:
        raise ValueError(f"scores need the shape (n_seeds, n_scenarios), not {values.shape}")
    return values[:, ~np.isnan(values).all(axis=0)]


def resamples_of(scores: Array, resamples: int, seed: int) -> Iterator[Array]:
    """Resampled score arrays in pieces of shape (k, n_seeds, n_scenarios), `resamples` in all."""
    counts = (~np.isnan(scores)).sum(axis=0)
    sorted_scores = np.sort(scores, axis=0)  # NaN goes last
    padding = np.arange(len(scores))[:, None] >= counts
    generator = np.random.default_rng(seed)
    chunk = max(1, _CHUNK // max(1, scores.size))
    for start in range(0, resamples, chunk):
        size = (min(chunk, resamples - start), *scores.shape)
        indices = (generator.random(size) * counts).astype(np.intp)
        pieces = np.take_along_axis(sorted_scores[None], indices, axis=1)
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
        tail = float(special.ndtr(t_quantile(tail, freedom) / np.sqrt(shrinkage)))
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


def bootstrap_means(
    scores: npt.ArrayLike,
    coefficients: npt.ArrayLike,
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """A weighted sum of the scenarios' means, with an interval that knows of skewed scores.

    Args:
        scores: Shape (n_seeds, n_scenarios), each with a score; NaN = missing.
        coefficients: Shape (n_scenarios,): 1 over their number for a mean over scenarios.
        confidence, resamples, seed: As in `bootstrap`.

    Raises:
        ValueError: Another number of axes, an infinite score, or a scenario without any.
    """
    values, c = columns(scores), np.asarray(coefficients, dtype=np.float64)
    if c.shape != values.shape[1:]:
        raise ValueError("every scenario needs a score and a coefficient")

    def weighted_sum(pieces: Array) -> Array:
        return np.asarray(_moments(pieces)[0] @ c)

    samples, ratios = [], []
    for piece in resamples_of(values, resamples, seed):
        samples.append(weighted_sum(piece))
        ratios.append(studentised_ratios(values, piece, c))
    counts = (~np.isnan(values)).sum(axis=0)
    plain = bounds(np.concatenate(samples), counts.tolist(), confidence)
    estimate = wider_interval(values, weighted_sum, plain, confidence)
    studentised_interval = studentised_bounds(values, np.concatenate(ratios), c, confidence)
    return hull(estimate, studentised_interval)


def hull(estimate: Estimate, ends: tuple[float, float]) -> Estimate:
    """The estimate with an interval that holds another one, too."""
    return replace(
        estimate,
        low=float(np.fmin(estimate.low, ends[0])),
        high=float(np.fmax(estimate.high, ends[1])),
    )


def _moments(scores: Array) -> tuple[Array, Array]:
    """Mean of each scenario and its squared standard error: arrays of shape (..., n_scenarios)."""
    present = ~np.isnan(scores)
    counts = present.sum(axis=-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(present, scores, 0.0).sum(axis=-2) / counts
        squares = np.where(present, scores - means[..., None, :], 0.0) ** 2
        errors = squares.sum(axis=-2) / (np.maximum(counts - 1, 1) * counts)
    return means, errors


def studentised_ratios(scores: Array, pieces: Array, coefficients: Array) -> Array:
    """How many of its own standard errors each resample's weighted sum of means is off.

    Args:
        scores: Shape (n_seeds, n_scenarios); NaN = missing.
        pieces: Resamples of them, shape (k, n_seeds, n_scenarios).
        coefficients: Shape (n_scenarios,).

    Returns:
        Shape (k,); 0 without any spread.
    """
    (means, errors), (centres, spreads) = _moments(scores), _moments(pieces)
    error = np.sqrt(errors @ coefficients**2)
    if not error > 0:
        return np.zeros(len(pieces))
    least = np.maximum(np.sqrt(spreads @ coefficients**2), _LEAST_ERROR * error)
    return np.asarray((centres @ coefficients - means @ coefficients) / least)


def studentised_bounds(
    scores: Array, ratios: Array, coefficients: Array, confidence: float = 0.95
) -> tuple[float, float]:
    """Interval of a weighted sum of means from the ratios of its resamples.

    A mean of skewed scores errs more on one side than on the other, and with it its error: their
    ratio tells by how much, where Student's t distribution is symmetric.

    Args:
        scores, coefficients: As in `studentised_ratios`.
        ratios: What it gives.
        confidence: Coverage.

    Returns:
        NaN without any spread.

    Source: Efron and Tibshirani (1993), An introduction to the bootstrap, section 12.5 (bootstrap-t
    interval); Hall (1988), Theoretical comparison of bootstrap confidence intervals.
    """
    means, errors = _moments(scores)
    value, error = float(means @ coefficients), float(np.sqrt(errors @ coefficients**2))
    if not error > 0:
        return np.nan, np.nan
    low, high = np.quantile(ratios, [(1 - confidence) / 2, (1 + confidence) / 2])
    return value - float(high) * error, value - float(low) * error


def run_mean(scores: npt.ArrayLike, confidence: float = 0.95) -> Interval:
    """Mean of training runs, whose scores may be skewed, with its interval.

    At either end the one further out of Student's interval and the studentised bootstrap's.

    Args:
        scores: Shape (n_seeds,); NaN = missing.
        confidence: Coverage.

    Returns:
        No bounds with fewer than two scores, or where all are equal: see `interval_caveat`.

    Raises:
        ValueError: A score is infinite.
    """
    values = finite(scores)
    student = mean_interval(values, confidence)
    if len(values) < 2 or np.ptp(values) == 0:
        return replace(student, low=np.nan, high=np.nan)
    column, one = values[:, None], np.ones(1)
    pieces = resamples_of(column, RESAMPLES, 0)
    ratios = np.concatenate([studentised_ratios(column, piece, one) for piece in pieces])
    low, high = studentised_bounds(column, ratios, one, confidence)
    return replace(student, low=min(student.low, low), high=max(student.high, high))


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
        half = float(t_quantile(0.5 + confidence / 2, freedom)) * total**0.5
        low, high = min(low, value - half), max(high, value + half)
    if method == "expanded" and low == high:
        low = high = np.nan  # Scores without spread do not say how far off they are.
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
