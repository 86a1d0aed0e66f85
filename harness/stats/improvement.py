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
    It needs no normalisation.

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
    np.fill_diagonal(shared, [sum(len(runs) > 0 for runs in arm) for arm in arms])
    for k in range(size):
        if shared[k, k]:
            value[k, k] = low[k, k] = high[k, k] = 0.5
    for i in range(size):
        for j in range(i + 1, size):
            both = [s for s in range(len(arms[i])) if len(arms[i][s]) and len(arms[j][s])]
            shared[i, j] = shared[j, i] = len(both)
            if not both:
                continue
            value[i, j] = np.mean([_wins(arms[i][s], arms[j][s]).mean() for s in both])
            samples = _samples(arms[i], arms[j], weights[i], weights[j], both)
            counts = [len(arm[s]) for arm in (arms[i], arms[j]) for s in both]
            bound = bounds(samples, counts, confidence, method)
            low[i, j], high[i, j] = np.clip(bound, 0.0, 1.0)
            value[j, i], low[j, i], high[j, i] = 1 - value[i, j], 1 - high[i, j], 1 - low[i, j]
    return ImprovementMatrix(value=value, low=low, high=high, scenarios=shared)


def _runs(scores: npt.ArrayLike) -> list[Array]:
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 2:
        raise ValueError(f"scores need the shape (n_seeds, n_scenarios), not {values.shape}")
    return [column[~np.isnan(column)] for column in values.T]


def _wins(first: Array, second: Array) -> Array:
    gaps = first[:, None] - second[None, :]
    return np.asarray((gaps > 0) + 0.5 * (gaps == 0))


def _samples(
    first: list[Array],
    second: list[Array],
    weights_first: list[Array],
    weights_second: list[Array],
    both: list[int],
) -> Array:
    total = np.zeros(len(weights_first[both[0]]))
    for s in both:
        won = weights_first[s] @ _wins(first[s], second[s])
        total += (won * weights_second[s]).sum(axis=1)
    return total / len(both)
