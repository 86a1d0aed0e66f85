"""A cell's headline numbers."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import LeaderboardRow
from harness.report.headline import looks_text, outcome, rank_text
from harness.report.section import Section
from harness.report.strip import Strip, scale_of, strip
from harness.report.view import CellView

__all__ = ["SECTION", "Numbers", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The top of a cell page; drawings are on one common scale, `looks` may be empty."""

    row: LeaderboardRow
    outcome: str
    rank: str
    peers: int
    looks: str
    tuned: Strip | None
    default: Strip


def build(view: CellView) -> Numbers:
    """The row of the leaderboard, larger."""
    row = view.row
    arms = [row.default] if row.tuned is None else [row.tuned, row.default]
    scale = scale_of(score for arm in arms for score in arm.scores)
    return Numbers(
        row=row,
        outcome=outcome(row),
        rank=rank_text(row),
        peers=len(view.peers),
        looks=looks_text(row),
        tuned=None if row.tuned is None else strip(row.tuned, scale),
        default=strip(row.default, scale),
    )


SECTION = Section(
    id="numbers", title="", order=10, page="cell", build=build, template="numbers.html"
)
