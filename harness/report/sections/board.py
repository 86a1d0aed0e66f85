"""The leaderboard: one row per cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis import LeaderboardRow
from harness.report.headline import outcome
from harness.report.section import Section
from harness.report.strip import Forest, Scale, Strip, forest, scale_of, strip
from harness.report.view import CampaignView

__all__ = ["SECTION", "Board", "BoardRow", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """A row with its drawings.

    Attributes:
        row: The numbers.
        outcome: The word the cell is counted under.
        link: The cell's page.
        rank: ``1`` or ``1-3``; empty without a score.
        tuned, default: Drawings on the scenario's scale.
        forest: Drawing of the difference; None where there is none.
        first: Whether it is the first row of its scenario.
    """

    row: LeaderboardRow
    outcome: str
    link: str
    rank: str
    tuned: Strip | None
    default: Strip
    forest: Forest | None
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All rows, in the order of the leaderboard."""

    rows: tuple[BoardRow, ...]


def build(view: CampaignView) -> Board:
    """Draw every row on the scale of its scenario."""
    rows: list[BoardRow] = []
    for scenario in dict.fromkeys(row.scenario for row in view.rows):
        here = [row for row in view.rows if row.scenario == scenario]
        scale, reach = _scale(here), _reach(here)
        rows += [
            BoardRow(
                row=row,
                outcome=outcome(row),
                link=f"cells/{view.slugs[row.cell]}.html",
                rank=rank_text(row),
                tuned=None if row.tuned is None else strip(row.tuned, scale),
                default=strip(row.default, scale),
                forest=None if row.difference is None else forest(row.difference, reach),
                first=place == 0,
            )
            for place, row in enumerate(here)
        ]
    return Board(rows=tuple(rows))


def rank_text(row: LeaderboardRow) -> str:
    """Places that no test excludes."""
    if row.rank is None:
        return ""
    return str(row.rank) if row.rank == row.rank_to else f"{row.rank}\u2013{row.rank_to}"


def _scale(rows: Sequence[LeaderboardRow]) -> Scale:
    arms = [arm for row in rows for arm in (row.tuned, row.default) if arm is not None]
    return scale_of(score for arm in arms for score in arm.scores)


def _reach(rows: Sequence[LeaderboardRow]) -> float:
    ends = [
        abs(end)
        for row in rows
        if row.difference is not None
        for end in (row.difference.difference, row.difference.low, row.difference.high)
        if end is not None
    ]
    return max(ends, default=1.0)


SECTION = Section(
    id="leaderboard",
    title="Leaderboard",
    order=20,
    page="campaign",
    build=build,
    template="board.html",
)
