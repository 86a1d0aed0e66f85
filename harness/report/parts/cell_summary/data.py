"""A cell's headline numbers."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import LeaderboardRow
from harness.core.costs.search_budget import sum_effort
from harness.report.campaign_views import CellView
from harness.report.outcomes import looks_text, outcome, rank_text
from harness.report.page_parts import Part
from harness.report.table_drawings import Scale, scale_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSummary:
    """The top of a cell page.

    Attributes:
        looks: Empty with a fixed number of seeds.
        effort: What search and confirm rung took of their budget; empty without one.
    """

    row: LeaderboardRow
    outcome: str
    rank: str
    peers: int
    looks: str
    effort: str
    scale: Scale


def compute(view: CellView) -> CellSummary:
    """The cell's row of the leaderboard, with what its larger drawing needs."""
    row = view.row
    variants = [row.default] if row.tuned is None else [row.tuned, row.default]
    return CellSummary(
        row=row,
        outcome=outcome(row),
        rank=rank_text(row),
        peers=len(view.peers),
        looks=looks_text(row),
        effort=_effort(view),
        scale=scale_of(score for variant in variants for score in variant.scores),
    )


def _effort(view: CellView) -> str:
    budget = view.cell.cell.search.budget
    return "" if budget is None else f"{sum_effort(view.cell):.3g} of {budget:g} default runs"


PART = Part(title="", page="cell", order=10, compute=compute)
