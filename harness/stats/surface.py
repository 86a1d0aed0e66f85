"""A smooth surface through scattered, noisy scores."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["kernel_surface"]


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
    places = np.column_stack([np.asarray(x, dtype=float), np.asarray(y, dtype=float)])
    values = np.asarray(scores, dtype=float)
    ticks = np.linspace(0, 1, points)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 1, 2)
    if not len(values):
        return np.full((points, points), np.nan)
    squared = ((grid - places[None]) ** 2).sum(axis=-1) / width**2
    weights = np.exp(-squared / 2)
    near = squared.min(axis=1) <= 4
    surface = np.full(len(grid), np.nan)
    surface[near] = weights[near] @ values / weights[near].sum(axis=1)
    return surface.reshape(points, points)
