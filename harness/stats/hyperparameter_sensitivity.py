"""Scores as a function of hyperparameters: sensitivity to tuning, and a smooth surface.

Arrays have shape (n_scenarios, n_configurations): the mean score of a configuration in a scenario,
NaN where it has none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.stats.bootstrap import RESAMPLES, Array, Method, bounds, resample_weights
from harness.stats.intervals import NO_ESTIMATE, Estimate

__all__ = [
    "SingleConfiguration",
    "best_single_configuration",
    "cdf_normalise",
    "kernel_surface",
    "sensitivity",
    "sensitivity_interval",
]


def _means(scores: npt.ArrayLike) -> Array:
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 2:
        raise ValueError(
            f"scores need the shape (n_scenarios, n_configurations), not {values.shape}"
        )
    return values


def sensitivity(scores: npt.ArrayLike, *, complete: bool = True) -> float:
    """Phi: what tuning for every scenario gains over the best configuration for all of them.

    ``mean_e max_h G(e, h) - max_h mean_e G(e, h)``; 0 where one configuration serves everywhere.

    Args:
        scores: Shape (n_scenarios, n_configurations), normalised so that scenarios can be averaged.
            Configurations that were not tried in every scenario are left out, of both terms.
        complete: False leaves them out of the second term only, as the authors' own analysis does:
            what failed elsewhere may then be a scenario's best, and Phi is larger.

    Returns:
        In normalised scores, at least 0; NaN without a configuration that was tried everywhere.

    Source: Adkins, Bowling, White (2024), A method for evaluating hyperparameter sensitivity in
    reinforcement learning.
    """
    values = _means(scores)
    everywhere = values[:, ~np.isnan(values).any(axis=0)]
    if not everywhere.size:
        return float("nan")
    best = everywhere if complete else values
    return float(np.nanmax(best, axis=1).mean() - everywhere.mean(axis=0).max())


def sensitivity_interval(
    scores: npt.ArrayLike,
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
    method: Method = "percentile",
) -> Estimate:
    """Phi with its stratified bootstrap interval.

    A maximum over noisy means is too high, Phi too: an interval close to 0 can be noise.

    Args:
        scores: Shape (n_seeds, n_scenarios, n_configurations), normalised; NaN = missing.
        confidence, resamples, seed, method: As in `bootstrap`.

    Raises:
        ValueError: Another number of axes.
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 3:
        raise ValueError(
            f"scores need the shape (n_seeds, n_scenarios, n_configurations), not {values.shape}"
        )
    counts = (~np.isnan(values)).sum(axis=0)
    everywhere = (counts > 0).all(axis=0)
    values, counts = values[:, :, everywhere], counts[:, everywhere]
    if not values.size:
        return NO_ESTIMATE
    generator = np.random.default_rng(seed)
    samples = np.zeros((resamples, *counts.shape))
    for index in np.ndindex(*counts.shape):
        runs = values[:, *index]
        runs = runs[~np.isnan(runs)]
        samples[:, *index] = resample_weights(len(runs), resamples, generator) @ runs
    phi = samples.max(axis=2).mean(axis=1) - samples.mean(axis=1).max(axis=1)
    low, high = bounds(phi, counts.ravel().tolist(), confidence, method)
    return Estimate(value=sensitivity(np.nanmean(values, axis=0)), low=float(low), high=float(high))


def cdf_normalise(scores: npt.ArrayLike) -> Array:
    """Share of its scenario's scores that are at or below each score (the empirical CDF).

    Args:
        scores: Shape (n_scenarios, ...); NaN = missing.

    Returns:
        Same shape, above 0 up to 1; a rank, which no outlier and no unit of return can tilt.

    Source: Patterson et al. (2024), The cross-environment hyperparameter setting benchmark for
    reinforcement learning.
    """
    values = np.asarray(scores, dtype=np.float64)
    shares = np.full(values.shape, np.nan)
    for row, out in zip(values, shares, strict=True):
        present = ~np.isnan(row)
        sample = np.sort(row[present])
        out[present] = np.searchsorted(sample, row[present], side="right") / max(1, len(sample))
    return shares


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleConfiguration:
    """The configuration that serves all scenarios best.

    Attributes:
        index: None without a configuration that was tried everywhere.
        score: Its mean after `cdf_normalise`, 0 .. 1.
        scores: The same for every configuration, shape (n_configurations,); NaN = not tried in
            every scenario.
    """

    index: int | None
    score: float
    scores: Array


def best_single_configuration(scores: npt.ArrayLike) -> SingleConfiguration:
    """The one configuration with the best mean after `cdf_normalise`, the first of equals.

    Its score is that of a winner, so it is too high: train it again on fresh seeds to publish it.

    Args:
        scores: Raw returns, shape (n_scenarios, n_configurations) or (n_seeds, n_scenarios,
            n_configurations).

    Raises:
        ValueError: Another number of axes.

    Source: Patterson et al. (2024), as in `cdf_normalise`.
    """
    values = np.asarray(scores, dtype=np.float64)
    values = _means(values)[None] if values.ndim == 2 else values
    shares = np.moveaxis(cdf_normalise(np.moveaxis(values, 1, 0)), 0, 1)
    everywhere = (~np.isnan(shares)).any(axis=0).all(axis=0)
    total = np.full(values.shape[2], np.nan)
    if not everywhere.any():
        return SingleConfiguration(index=None, score=float("nan"), scores=total)
    total[everywhere] = np.nanmean(shares[:, :, everywhere], axis=0).mean(axis=0)
    best = int(np.nanargmax(total))
    return SingleConfiguration(index=best, score=float(total[best]), scores=total)


def kernel_surface(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    scores: npt.ArrayLike,
    points: int = 25,
    width: float = 0.12,
) -> npt.NDArray[np.float64]:
    """Kernel-weighted mean score on a regular grid over the unit square.

    Args:
        x, y: Shape (n,), in 0 .. 1.
        scores: Shape (n,).
        points: Grid points per side.
        width: Standard deviation of the Gaussian kernel, in axis lengths.

    Returns:
        Shape (points, points), rows along y; NaN where no score lies within two widths.

    Source: Nadaraya (1964); Watson (1964).
    """
    centres = np.column_stack([np.asarray(x, dtype=float), np.asarray(y, dtype=float)])
    values = np.asarray(scores, dtype=float)
    ticks = np.linspace(0, 1, points)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 1, 2)
    if not len(values):
        return np.full((points, points), np.nan)
    distance2 = ((grid - centres[None]) ** 2).sum(axis=-1) / width**2
    weights = np.exp(-distance2 / 2)
    near = distance2.min(axis=1) <= 4
    surface = np.full(len(grid), np.nan)
    surface[near] = weights[near] @ values / weights[near].sum(axis=1)
    return surface.reshape(points, points)
