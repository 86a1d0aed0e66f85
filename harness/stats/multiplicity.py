"""Many comparisons at once: adjusted p-values, and the level that decides on each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["holm", "holm_levels"]


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


def holm_levels(p_values: npt.ArrayLike, alpha: float) -> npt.NDArray[np.float64]:
    """The level below which each p-value would be found, the others being what they are.

    ``alpha / (m - k)`` of m comparisons, where k others are found without this one's help.

    Args:
        p_values: Shape (n_comparisons,); NaN = no test was made.
        alpha: Chance of any false finding.

    Returns:
        Same shape, NaN where the input is.

    Source: Holm (1979), as in `holm`.
    """
    raw = np.asarray(p_values, dtype=np.float64)
    levels = np.full(raw.shape, np.nan)
    testable = np.flatnonzero(~np.isnan(raw))
    steps = alpha / np.arange(len(testable), 0, -1)
    for index in testable:
        others = np.sort(raw[testable[testable != index]])
        found = int(np.logical_and.accumulate(others < steps[:-1]).sum())
        levels[index] = steps[found]
    return levels
