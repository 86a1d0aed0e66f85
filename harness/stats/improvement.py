"""How likely one algorithm beats another, averaged over scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.stats.bootstrap import (
    RESAMPLES,
    Array,
    Estimate,
    Method,
    bounds,
    draw_weights,
)
from harness.stats.chance import probability_interval

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
    It needs no normalisation. With a single scenario, where one arm may win all pairs and a
    bootstrap would have no width, the interval is that of `probability_interval`.

    Args:
        first, second: Shape (n_seeds, n_scenarios), scenarios in the same order; NaN = missing.
        confidence, resamples, seed, method: As in `bootstrap`.

    Source: Agarwal et al. (2021), section 4.3; Mann and Whitney (1947).
    """
    found = improvement_matrix(
        (first, second),
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        method=method,
    )
    return Estimate(
        value=float(found.value[0, 1]), low=float(found.low[0, 1]), high=float(found.high[0, 1])
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
    arms = [_runs(given) for given in scores]
    if len({len(arm) for arm in arms}) > 1:
        raise ValueError("every algorithm needs a column for every scenario, NaN where it has none")
    generator = np.random.default_rng(seed)
    weights = [[draw_weights(len(runs), resamples, generator) for runs in arm] for arm in arms]
    size = len(arms)
    value, low, high = (np.full((size, size), np.nan) for _ in range(3))
    shared = np.zeros((size, size), dtype=np.int64)
    for i in range(size):
        shared[i, i] = sum(len(runs) > 0 for runs in arms[i])
        if shared[i, i]:
            value[i, i] = low[i, i] = high[i, i] = 0.5
        for j in range(i + 1, size):
            both = [s for s in range(len(arms[i])) if len(arms[i][s]) and len(arms[j][s])]
            shared[i, j] = shared[j, i] = len(both)
            if both:
                pair = [[arms[k][s] for s in both] for k in (i, j)]
                drawn = [[weights[k][s] for s in both] for k in (i, j)]
                found = _chance(pair, drawn, confidence, method)
                value[i, j], low[i, j], high[i, j] = found.value, found.low, found.high
                value[j, i], low[j, i], high[j, i] = 1 - value[i, j], 1 - high[i, j], 1 - low[i, j]
    return ImprovementMatrix(value=value, low=low, high=high, scenarios=shared)


def _chance(
    pair: list[list[Array]], weights: list[list[Array]], confidence: float, method: Method
) -> Estimate:
    """Both arms' scores, scenario by scenario, and the weights of their resamples."""
    first, second = pair
    if len(first) == 1 and method == "expanded":
        return probability_interval(first[0], second[0], confidence)
    wins = [_wins(a, b) for a, b in zip(first, second, strict=True)]
    samples = np.zeros(len(weights[0][0]))
    for won, ours, theirs in zip(wins, *weights, strict=True):
        samples += ((ours @ won) * theirs).sum(axis=1) / len(wins)
    counts = [len(runs) for arm in pair for runs in arm]
    low, high = np.clip(bounds(samples, counts, confidence, method), 0.0, 1.0)
    value = float(np.mean([won.mean() for won in wins]))
    return Estimate(value=value, low=float(low), high=float(high))


def _runs(scores: npt.ArrayLike) -> list[Array]:
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 2:
        raise ValueError(f"scores need the shape (n_seeds, n_scenarios), not {values.shape}")
    return [column[~np.isnan(column)] for column in values.T]


def _wins(first: Array, second: Array) -> Array:
    gaps = first[:, None] - second[None, :]
    return np.asarray((gaps > 0) + 0.5 * (gaps == 0))
