"""Is tuned more reliable than the default, or only better on average? Per cell and over all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from harness import stats
from harness.analysis import CellRobustness, SpreadRatio
from harness.report.campaign_views import CampaignView
from harness.report.outcomes import reliability_asides, reliability_text
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustnessRow:
    """A cell's spread over seeds, with the answer in words and what else is clear."""

    answer: str
    asides: tuple[str, ...]
    cell: CellRobustness


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustnessTable:
    """All cells with a tuned variant of its own, and what they come to.

    Attributes:
        rows: The cells.
        answers: Answers with the number of cells that have them, the most frequent first.
        overall: Spread of tuned runs over that of default runs.
        fewest_seeds: Seeds from which on a range over seeds has an upper end.
    """

    rows: tuple[RobustnessRow, ...]
    answers: tuple[tuple[str, int], ...]
    overall: SpreadRatio
    fewest_seeds: int


def _without_curves(cell: CellRobustness) -> CellRobustness:
    """The cell without its curves, which are on the page of the cell."""
    tuned = None if cell.tuned is None else replace(cell.tuned, curves=())
    return replace(cell, default=replace(cell.default, curves=()), tuned=tuned)


def compute(view: CampaignView) -> RobustnessTable | None:
    """Left out until tuned runs of some cell can be compared with others."""
    rows = tuple(
        RobustnessRow(
            answer=reliability_text(cell),
            asides=reliability_asides(cell),
            cell=_without_curves(cell),
        )
        for cell in view.analysis.robustness.cells
        if cell.spread is not None
    )
    if not rows:
        return None
    return RobustnessTable(
        rows=rows,
        answers=tuple(Counter(row.answer for row in rows).most_common()),
        overall=view.analysis.robustness.overall,
        fewest_seeds=stats.fewest_seeds_for_range(),
    )


PART = Part(
    title="More reliable, or only better on average?",
    page="campaign",
    order=28,
    compute=compute,
)
