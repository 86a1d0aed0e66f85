"""Scripted players of connect four, who see the board from their own side."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from scenarios.marl.playing import Act, Array, Player

__all__ = ["PLAYERS"]

ROWS: Final = 6
COLUMNS: Final = 7
LINES: Final = tuple(
    tuple((row + i * down, column + i * right) for i in range(4))
    for row in range(ROWS)
    for column in range(COLUMNS)
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1))
    if row + 3 * down < ROWS and 0 <= column + 3 * right < COLUMNS
)
"""All 69 places of four in a row."""

CELLS: Final = np.array([[row * COLUMNS + column for row, column in line] for line in LINES])


def _tactical(_env: object, _agent: str, rng: np.random.Generator) -> Act:
    """Completes its own four, else prevents the other's, else plays any column."""

    def act(seen: Mapping[str, Any]) -> int:
        own, others = np.moveaxis(np.asarray(seen["observation"]), -1, 0)
        free = np.flatnonzero(seen["action_mask"])
        for pieces in (own, others):
            winning = [column for column in free if _wins(pieces, own + others, int(column))]
            if winning:
                return int(rng.choice(winning))
        return int(rng.choice(free))

    return act


def _wins(pieces: Array, board: Array, column: int) -> bool:
    """Whether a piece dropped into a column completes four; row 0 is the top."""
    row = int(np.flatnonzero(board[:, column] == 0)[-1])
    after = pieces.reshape(-1).copy()
    after[row * COLUMNS + column] = 1
    return bool((after[CELLS].sum(axis=1) == 4).any())


PLAYERS: Final[Mapping[str, Player]] = MappingProxyType({"tactical": _tactical})
