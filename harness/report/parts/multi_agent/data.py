"""Agents of a cell: who earned what, against whom, in how many steps."""

from __future__ import annotations

from harness.analysis import MultiAgentResults, multi_agent_results
from harness.report.campaign_views import CellView
from harness.report.page_parts import Part


def compute(view: CellView) -> MultiAgentResults | None:
    """Returns and steps of each agent; without this part where a single agent plays."""
    return multi_agent_results(view.cell)


PART = Part(title="Agents", page="cell", order=15, compute=compute)
