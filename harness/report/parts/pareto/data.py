"""The compromises between the objectives of a cell's search."""

from __future__ import annotations

from harness.analysis import ParetoFront, pareto_front
from harness.report.campaign_views import CellView
from harness.report.page_parts import Part


def compute(view: CellView) -> ParetoFront | None:
    """Left out where a search has one objective, and before its first trial."""
    return pareto_front(view.cell)


PART = Part(title="Compromises between objectives", page="cell", order=16, compute=compute)
