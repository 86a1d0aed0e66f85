"""How likely one algorithm beats another, averaged over scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.stats.bootstrap import RESAMPLES, Array, Method, bounds, resample_weights
from harness.stats.intervals import Estimate
from harness.stats.two_samples import probability_interval

__all__ = ["ImprovementMatrix", "average_improvement", "improvement_matrix"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImprovementMatrix:
    """Row against column, as arrays of shape (n_algorithms, n_algorithms).

    Attributes:
        value: Probability that a run of the row beats one of the column; 0.5 on the diagonal, NaN
            where no scenario has scores of both.
        low, high: Interval.
        scenarios: How many scenarios have scores of both.
    """

    value: Array
    low: Array
    high: Array
    scenarios: npt.NDArray[np.int64]


def average_improvement(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
    method: Method = "expanded",
) -> Estimate:
    """Probability that a run of `first` beats one of `second` on a random scenario.

    The Mann-Whitney statistic of each scenario that has scores of both, averaged; ties count half.
    It needs no normalisation. With a single scenario, where one side may win all pairs and a
    bootstrap would have no width, the interval is that of `probability_interval`.

    Args:
        first, second: Shape (n_seeds, n_scenarios), scenarios in the same order; NaN = missing.
        confidence, resamples, seed, method: As in `bootstrap`.

    Source: Agarwal et al. (2021), section 4.3; Mann and Whitney (1947).
    """
    matrix = improvement_matrix(
        (first, second),
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        method=method,
    )
    return Estimate(
        value=float(matrix.value[0, 1]), low=float(matrix.low[0, 1]), high=float(matrix.high[0, 1])
    )


def improvement_matrix(
    scores: Sequence[npt.ArrayLike],
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
    method: Method = "expanded",
) -> ImprovementMatrix:
    """`average_improvement` between all pairs, over the scenarios that each pair shares.

    Args:
        scores: One array (n_seeds, n_scenarios) per algorithm, scenarios in the same order; the
            numbers of seeds may differ.
        confidence, resamples, seed, method: As in `bootstrap`.

    Raises:
        ValueError: The arrays have different numbers of scenarios.
    """
    runs = [_runs(sample) for sample in scores]
    if len({len(columns) for columns in runs}) > 1:
        raise ValueError("every algorithm needs a column for every scenario, NaN where it has none")
    generator = np.random.default_rng(seed)
    weights = [
        [resample_weights(len(column), resamples, generator) for column in columns]
        for columns in runs
    ]
    size = len(runs)
    value, low, high = (np.full((size, size), np.nan) for _ in range(3))
    shared = np.zeros((size, size), dtype=np.int64)
    for i in range(size):
        shared[i, i] = sum(len(column) > 0 for column in runs[i])
        if shared[i, i]:
            value[i, i] = low[i, i] = high[i, i] = 0.5
        for j in range(i + 1, size):
            both = [s for s in range(len(runs[i])) if len(runs[i][s]) and len(runs[j][s])]
            shared[i, j] = shared[j, i] = len(both)
            if both:
                pair = [[runs[k][s] for s in both] for k in (i, j)]
                shares = [[weights[k][s] for s in both] for k in (i, j)]
                estimate = _probability(pair, shares, confidence, method)
                value[i, j], low[i, j], high[i, j] = estimate.value, estimate.low, estimate.high
                value[j, i], low[j, i], high[j, i] = 1 - value[i, j], 1 - high[i, j], 1 - low[i, j]
    return ImprovementMatrix(value=value, low=low, high=high, scenarios=shared)


def _probability(
    pair: list[list[Array]], weights: list[list[Array]], confidence: float, method: Method
) -> Estimate:
    """From both sides' scores, scenario by scenario, and the weights of their resamples."""
    first, second = pair
    if len(first) == 1 and method == "expanded":
        return probability_interval(first[0], second[0], confidence)
    wins = [_wins(a, b) for a, b in zip(first, second, strict=True)]
    samples = np.zeros(len(weights[0][0]))
    for win, ours, theirs in zip(wins, *weights, strict=True):
        samples += ((ours @ win) * theirs).sum(axis=1) / len(wins)
    counts = [len(column) for columns in pair for column in columns]
    low, high = np.clip(bounds(samples, counts, confidence, method), 0.0, 1.0)
    value = float(np.mean([win.mean() for win in wins]))
    return Estimate(value=value, low=float(low), high=float(high))


def _runs(scores: npt.ArrayLike) -> list[Array]:
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 2:
        raise ValueError(f"scores need the shape (n_seeds, n_scenarios), not {values.shape}")
    return [column[~np.isnan(column)] for column in values.T]


def _wins(first: Array, second: Array) -> Array:
    gaps = first[:, None] - second[None, :]
    return np.asarray((gaps > 0) + 0.5 * (gaps == 0))
