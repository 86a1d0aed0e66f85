"""Repeated searches: the same scenario and algorithm searched again, from other seeds.

Each repeat is a cell of its own, so that whatever plans, runs, counts or resumes cells needs to
know nothing of it. What it tests is its own winner alone: the default, named variants and other
scenarios' winners are no matter of a search, and the first cell has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.core.matrix import Cell
from harness.core.run import TUNED
from harness.core.settings import Transfer


def with_repeats(cells: Sequence[Cell]) -> list[Cell]:
    """The cells of a matrix, then their second searches, then the third ones.

    So that a campaign that is cut short has searched everything once before anything twice.
    """
    most = max((cell.search.repeats for cell in cells), default=1)
    further = (
        _repeat(cell, number)
        for number in range(2, most + 1)
        for cell in cells
        if number <= cell.search.repeats
    )
    return [*cells, *further]


def _repeat(cell: Cell, number: int) -> Cell:
    rule = cell.test.adaptive
    # Seeds that grow until a verdict is found are a matter of the first search.
    seeds = cell.test.seeds if rule is None else rule.start
    return replace(
        cell,
        repeat=number,
        test=replace(cell.test, variants=(TUNED,), against=None, seeds=seeds),
        transfer=Transfer(),
        variants=(),
        ensembles=(),
    )
