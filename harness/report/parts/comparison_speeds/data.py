"""How fast the campaigns trained, and what a run cost."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import SpeedComparison
from harness.report.comparison_views import ComparisonView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """Every comparison of speeds, of campaigns by the names beside them."""

    campaigns: tuple[str, ...]
    rows: tuple[SpeedComparison, ...]


def compute(view: ComparisonView) -> Speeds:
    """Rows with something measured on both sides."""
    rows = tuple(row for row in view.comparison.speeds if row.word is not None)
    return Speeds(campaigns=view.comparison.campaigns, rows=rows)


PART = Part(
    title="Speed and cost",
    page="comparison",
    order=20,
    compute=compute,
    is_shown=lambda data: bool(data.rows),
)
