"""The word that stands for a comparison."""

from __future__ import annotations

from typing import Final, Literal

from harness.stats.compare import Comparison

__all__ = ["ALPHA", "MIN_SEEDS", "Verdict", "verdict"]

Verdict = Literal["improved", "worse", "no clear difference", "too few seeds"]

ALPHA: Final = 0.05
"""Two-sided level of every verdict, over all cells together."""

MIN_SEEDS: Final = 4
"""Scores each arm needs: with three against three no permutation test can reach 5 %."""


def verdict(comparison: Comparison, p_adjusted: float, alpha: float = ALPHA) -> Verdict:
    """One of four words.

    Args:
        comparison: Tuned against default.
        p_adjusted: Its p-value, adjusted for the comparisons made beside it; NaN if not tested.
        alpha: Level.

    Returns:
        ``improved`` or ``worse`` where the difference is significant in that direction, ``too few
        seeds`` where an arm has fewer than `MIN_SEEDS` scores, else ``no clear difference``.
    """
    if min(comparison.n_tuned, comparison.n_default) < MIN_SEEDS:
        return "too few seeds"
    if p_adjusted < alpha and comparison.difference != 0:
        return "improved" if comparison.difference > 0 else "worse"
    return "no clear difference"
