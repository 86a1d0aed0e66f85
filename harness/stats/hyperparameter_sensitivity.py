"""Scores as a function of hyperparameters: sensitivity to tuning, and a smooth surface.

Arrays have shape (n_scenarios, n_configurations): the mean score of a configuration in a scenario,
NaN where it has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from harness.stats.bootstrap import Array
from harness.stats.intervals import NO_ESTIMATE, Estimate, t_quantile

SPLITS: Final = 200
"""Random halvings of the seeds."""


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


def held_out_sensitivity(
    scores: npt.ArrayLike, *, confidence: float = 0.95, splits: int = SPLITS, seed: int = 0
) -> Estimate:
    """Phi with what is best chosen on one half of the seeds and scored on the other.

    `sensitivity` of noisy means is above 0 even where all configurations are alike, because each
    scenario picks the one that was lucky there. Here that luck has no part in the score: the
    expectation is then 0. Where something differs it is what choosing by half of these seeds gains,
    which may be less than 0.

    Args:
        scores: Shape (n_seeds, n_scenarios, n_configurations), normalised; NaN = missing.
            Configurations that were not tried in every scenario are left out.
        confidence: Coverage, at least; errors of the halvings are not taken to cancel.
        splits: Halvings, each used both ways.
        seed: The same seed gives the same figure.

    Returns:
        NaN without a configuration that has two scores in every scenario.

    Raises:
        ValueError: Another number of axes.

    Source: Adkins et al. (2024), as of `sensitivity`; Picard and Cook (1984), Cross-validation of
    regression models.
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 3:
        raise ValueError(
            f"scores need the shape (n_seeds, n_scenarios, n_configurations), not {values.shape}"
        )
    values = values[:, :, ((~np.isnan(values)).sum(axis=0) > 1).all(axis=0)]
    if not values.size:
        return NO_ESTIMATE
    generator = np.random.default_rng(seed)
    gains, errors = zip(
        *(gain for _ in range(splits) for gain in _split_gains(values, generator)), strict=True
    )
    # The spread over seeds in a scenario is that of all its configurations together.
    counts = (~np.isnan(values)).sum(axis=0)
    freedom = (counts - 1).sum(axis=1)
    variances = np.nansum((values - np.nanmean(values, axis=0)) ** 2, axis=(0, 2)) / freedom
    parts = np.mean(errors, axis=0) * variances
    value, total = float(np.mean(gains)), float(parts.sum())
    if total == 0:
        return Estimate(value=value, low=value, high=value)
    half = float(t_quantile(0.5 + confidence / 2, total**2 / (parts**2 / freedom).sum()))
    half *= total**0.5
    return Estimate(value=value, low=value - half, high=value + half)


def _split_gains(values: Array, generator: np.random.Generator) -> Iterator[tuple[float, Array]]:
    """What the best of one half gain on the other, and how their scenarios' variances enter."""
    missing = np.isnan(values)
    counts = (~missing).sum(axis=0)
    order = np.where(missing, np.inf, generator.random(values.shape)).argsort(axis=0)
    in_first = order.argsort(axis=0) < counts // 2
    halves = [np.where(mask, values, np.nan) for mask in (in_first, ~in_first)]
    scenarios = np.arange(values.shape[1])
    for first, second in (halves, halves[::-1]):
        means, others = np.nanmean(first, axis=0), np.nanmean(second, axis=0)
        best, single = means.argmax(axis=1), int(means.mean(axis=0).argmax())
        sizes = (~np.isnan(second)).sum(axis=0)
        inverse = 1 / sizes[scenarios, best] + 1 / sizes[:, single]
        weights = np.where(best == single, 0.0, inverse) / len(scenarios) ** 2
        yield float((others[scenarios, best] - others[:, single]).mean()), weights


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
    x: npt.ArrayLike, y: npt.ArrayLike, scores: npt.ArrayLike, points: int = 25, width: float = 0.12
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
