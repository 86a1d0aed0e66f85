"""Places within a scenario that survive a test."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from harness import stats
from harness.analysis.arms import scores_array
from harness.analysis.rows import LeaderboardRow

__all__ = ["ranked"]


def ranked(rows: Sequence[LeaderboardRow]) -> list[LeaderboardRow]:
    """Sort by tuned mean; a place is excluded only by a test that separates two rows."""
    scored = [row for row in rows if row.tuned is not None and row.tuned.mean is not None]
    scored.sort(key=lambda row: (-_mean(row), row.cell))
    pairs = list(combinations(range(len(scored)), 2))
    p_values = [_pair_p(scored[first], scored[second]) for first, second in pairs]
    adjusted = stats.holm(p_values)
    above, below = Counter[int](), Counter[int]()
    for (first, second), p in zip(pairs, adjusted, strict=True):
        if p < stats.ALPHA:
            above[second] += 1
            below[first] += 1
    total = len(scored)
    placed = [
        replace(row, rank=1 + above[place], rank_to=total - below[place])
        for place, row in enumerate(scored)
    ]
    return placed + [row for row in rows if row.tuned is None or row.tuned.mean is None]


def _mean(row: LeaderboardRow) -> float:
    return -math.inf if row.tuned is None or row.tuned.mean is None else row.tuned.mean


def _pair_p(first: LeaderboardRow, second: LeaderboardRow) -> float:
    if first.tuned is None or second.tuned is None:
        return math.nan
    found = stats.welch(scores_array(first.tuned), scores_array(second.tuned))
    enough = min(found.n_tuned, found.n_default) >= stats.MIN_SEEDS
    return found.p_value if enough else math.nan
