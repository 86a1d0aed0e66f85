"""Who learns faster, tuned or default."""

from __future__ import annotations

from harness.analysis import EfficiencyRow
from harness.report.campaign_views import CellView
from harness.report.page_parts import Part


def compute(view: CellView) -> EfficiencyRow:
    """The numbers of both variants; shown once a test run has been evaluated."""
    return view.efficiency


def is_measured(data: EfficiencyRow) -> bool:
    """Whether a test run has been evaluated."""
    return data.default is not None or data.tuned is not None


PART = Part(title="Sample efficiency", page="cell", order=25, compute=compute, is_shown=is_measured)
