"""Where cells have stepped: changes from night to night that chance alone would not have made."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import Step
from harness.report.history_views import HistoryView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Every step, the latest first.

    Attributes:
        headline: How things stand.
        nights: How many campaigns were looked at.
        cells: Cells of the latest campaign.
        worse: Cells that their last step left worse.
        steps: All.
    """

    headline: str
    nights: int
    cells: int
    worse: tuple[str, ...]
    steps: tuple[Step, ...]


def compute(view: HistoryView) -> Steps:
    """Always there: that nothing has changed is an answer too."""
    history = view.history
    return Steps(
        headline=view.headline,
        nights=len(history.nights),
        cells=len({series.cell for series in history.series}),
        worse=tuple(history.worse),
        steps=history.steps,
    )


PART = Part(title="Steps", page="history", order=10, compute=compute)
