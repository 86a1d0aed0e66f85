"""Agents of a cell: who earned what, against whom, in how many steps."""

from __future__ import annotations

from harness.analysis import Company, company
from harness.report.campaign_views import CellView
from harness.report.page_parts import Part

__all__ = ["PART", "compute"]


def compute(view: CellView) -> Company | None:
    """Left out where one agent is alone."""
    return company(view.cell)


PART = Part(
    title="Agents",
    page="cell",
    order=15,
    compute=compute,
)
