"""Campaigns against the first, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import CellComparison
from harness.report.comparison_views import ComparisonView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonTable:
    """Every comparison of scores.

    Attributes:
        headline: What was found.
        campaigns: The first is what the others are held against.
        cells: In the order of its cells.
    """

    headline: str
    campaigns: tuple[str, ...]
    cells: tuple[CellComparison, ...]


def compute(view: ComparisonView) -> ComparisonTable:
    """Always shown."""
    return ComparisonTable(
        headline=view.headline,
        campaigns=view.comparison.campaigns,
        cells=view.comparison.cells,
    )


PART = Part(title="Scores", page="comparison", order=10, compute=compute)
