"""The leaderboard: one row per cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis import LeaderboardRow, cpu_by_rung
from harness.report.headline import OUTCOMES, looks_text, outcome, rank_text
from harness.report.section import Section
from harness.report.sections.commands import train_command
from harness.report.strip import Forest, Scale, Strip, forest, scale_of, strip
from harness.report.view import CampaignView

__all__ = ["SECTION", "Board", "BoardRow", "Column", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that can be hidden, and whether it is shown at first."""

    name: str
    label: str
    shown: bool = True


COLUMNS = (
    Column(name="rank", label="Rank"),
    Column(name="default", label="Default"),
    Column(name="tuned", label="Tuned"),
    Column(name="difference", label="Difference"),
    Column(name="verdict", label="Verdict"),
    Column(name="optimism", label="Optimism"),
    Column(name="seeds", label="Seeds"),
    Column(name="steps", label="Steps"),
    Column(name="trials", label="Trials"),
    Column(name="cpu", label="CPU time"),
    Column(name="spent", label="Steps in all", shown=False),
    Column(name="share", label="Search's share", shown=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """A row with its drawings.

    Attributes:
        row: The numbers.
        outcome: The word the cell is counted under.
        page: The cell's page.
        rank: ``1`` or ``1-3``; empty without a score.
        tuned, default: Drawings on the scenario's scale.
        forest: Drawing of the difference; None where there is none.
        first: Whether it is the first row of its scenario.
        share: Share of the cell's CPU time that went into the search; None if nothing was spent.
        command: Trains the shipped parameters again; empty while nothing is shipped.
    """

    row: LeaderboardRow
    outcome: str
    page: str
    rank: str
    tuned: Strip | None
    default: Strip
    forest: Forest | None
    first: bool
    share: float | None
    command: str
    looks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All rows, in the order of the leaderboard, and what they can be filtered by."""

    rows: tuple[BoardRow, ...]
    scenarios: tuple[str, ...]
    algorithms: tuple[str, ...]
    outcomes: tuple[str, ...]
    columns: tuple[Column, ...]


def build(view: CampaignView) -> Board:
    """Draw every row on the scale of its scenario."""
    rows: list[BoardRow] = []
    scenarios = tuple(dict.fromkeys(row.scenario for row in view.rows))
    for scenario in scenarios:
        here = [row for row in view.rows if row.scenario == scenario]
        scale, reach = _scale(here), _reach(here)
        for place, row in enumerate(here):
            rows.append(_row(view, row, scale, reach, first=place == 0))
    found = {row.outcome for row in rows}
    return Board(
        rows=tuple(rows),
        scenarios=scenarios,
        algorithms=tuple(dict.fromkeys(row.title for row in view.rows)),
        outcomes=tuple(word for word in OUTCOMES if word in found),
        columns=COLUMNS,
    )


def _row(
    view: CampaignView, row: LeaderboardRow, scale: Scale, reach: float, *, first: bool
) -> BoardRow:
    cpu = cpu_by_rung(view.cells[row.cell])
    spent = sum(cpu.values())
    return BoardRow(
        row=row,
        outcome=outcome(row),
        page=view.pages[row.cell],
        rank=rank_text(row),
        tuned=None if row.tuned is None else strip(row.tuned, scale),
        default=strip(row.default, scale),
        forest=None if row.difference is None else forest(row.difference, reach),
        first=first,
        share=cpu["search"] / spent if spent else None,
        command=train_command(view.record.name, row),
        looks=looks_text(row),
    )


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
