"""What a cell asks of Optuna, built once before anything is trained."""

from __future__ import annotations

from harness.core.matrix import Cell
from harness.tuning import pruners, samplers

__all__ = ["check"]


def check(cell: Cell) -> None:
    """Build a cell's sampler and pruner.

    Raises:
        UsageError: An unknown name or an option that does not hold.
    """
    samplers.build(cell, 1)
    pruners.build(cell.search.pruner, evals=cell.search.evals)
