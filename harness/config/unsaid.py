"""Lengths of trainings that a matrix leaves to the default: the dearest thing nobody wrote."""

from __future__ import annotations

from dataclasses import dataclass

from harness.config.nodes import DEFAULT
from harness.config.schema import Match
from harness.config.selection import matches
from harness.core.matrix import Cell, Matrix

__all__ = ["Unsaid", "unsaid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaid:
    """Steps of a training that nobody named.

    Attributes:
        key: What would name them, e.g. ``test.steps``.
        steps: The default.
        cells: The cells it holds for, in the matrix' order.
    """

    key: str
    steps: int
    cells: tuple[str, ...]


def unsaid(matrix: Matrix) -> tuple[Unsaid, ...]:
    """The rungs whose trainings have the default's length, where any cell has."""
    found = []
    for rung in ("search", "test"):
        key = f"{rung}.steps"
        if matrix.origins.get(key) != str(DEFAULT):
            continue
        cells = [cell for cell in matrix.cells if not _overridden(matrix, cell, rung)]
        if cells:
            steps = matrix.document[rung]["steps"]
            found.append(Unsaid(key=key, steps=steps, cells=tuple(cell.name for cell in cells)))
    return tuple(found)


def _overridden(matrix: Matrix, cell: Cell, rung: str) -> bool:
    pair = (cell.algorithm.name, cell.scenario.name)
    return any(
        "steps" in (override.get(rung) or {})
        and matches(Match.model_validate(override["match"]), pair)
        for override in matrix.document.get("overrides") or ()
    )
