"""Places within a scenario that survive a test."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from harness import stats
from harness.analysis.arms import scores_array
from harness.analysis.rows import LeaderboardRow

__all__ = ["ranked"]


def ranked(rows: Sequence[LeaderboardRow]) -> list[LeaderboardRow]:
    """Sort by tuned mean; a place is excluded only by a test that separates two rows."""
    scored = [row for row in rows if row.tuned is not None and row.tuned.mean is not None]
    scored.sort(key=lambda row: (-_mean(row), row.cell))
    ranges = stats.rank_ranges([scores_array(row.tuned) for row in scored if row.tuned])
    placed = [
        replace(row, rank=first, rank_to=last)
        for row, (first, last) in zip(scored, ranges, strict=True)
    ]
    return placed + [row for row in rows if row.tuned is None or row.tuned.mean is None]


def _mean(row: LeaderboardRow) -> float:
    return -math.inf if row.tuned is None or row.tuned.mean is None else row.tuned.mean
