"""The leaderboard: one row per cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis import LeaderboardRow, ReferenceComparison, cpu_by_rung
from harness.core.decisions.best_configurations import train_command
from harness.report.campaign_views import CampaignView
from harness.report.outcomes import OF_NUMBERS, OUTCOMES, looks_text, outcome, rank_text
from harness.report.page_parts import Part
from harness.report.table_drawings import Scale, scale_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderboardColumn:
    """A column that can be hidden, and whether it is shown at first."""

    name: str
    label: str
    is_shown: bool = True


_COLUMNS = (
    LeaderboardColumn(name="rank", label="Rank"),
    LeaderboardColumn(name="default", label="Default"),
    LeaderboardColumn(name="tuned", label="Tuned"),
    LeaderboardColumn(name="difference", label="Difference"),
    LeaderboardColumn(name="verdict", label="Verdict"),
    LeaderboardColumn(name="optimism", label="Optimism"),
    LeaderboardColumn(name="seeds", label="Seeds"),
    LeaderboardColumn(name="steps", label="Steps"),
    LeaderboardColumn(name="trials", label="Trials"),
    LeaderboardColumn(name="cpu", label="CPU time"),
    LeaderboardColumn(name="spent", label="Steps in all", is_shown=False),
    LeaderboardColumn(name="share", label="Search's share", is_shown=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderboardEntry:
    """A cell in the leaderboard.

    Attributes:
        row: The numbers.
        outcome: The word the cell is counted under.
        page: The cell's page.
        rank: ``1`` or ``1-3``; empty without a score.
        scale: Lowest and highest score of the scenario.
        reach: Largest end of a difference's interval in the scenario.
        first: Whether it is the first row of its scenario.
        share: Share of the cell's CPU time that went into the search; None if nothing was spent.
        command: Trains the shipped parameters again; empty while nothing is shipped.
        looks: At how many seeds it was decided, in words; may be empty.
        against: The named variants and bare numbers that tuned is held against, too.
    """

    row: LeaderboardRow
    outcome: str
    page: str
    rank: str
    scale: Scale
    reach: float
    first: bool
    share: float | None
    command: str
    looks: str
    against: tuple[ReferenceComparison, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """All rows, in the order of the leaderboard, and what they can be filtered by."""

    rows: tuple[LeaderboardEntry, ...]
    scenarios: tuple[str, ...]
    algorithms: tuple[str, ...]
    outcomes: tuple[str, ...]
    columns: tuple[LeaderboardColumn, ...]


def compute(view: CampaignView) -> Leaderboard:
    """Every cell, on the scale of its scenario."""
    rows: list[LeaderboardEntry] = []
    scenarios = tuple(dict.fromkeys(row.scenario for row in view.rows))
    for scenario in scenarios:
        members = [row for row in view.rows if row.scenario == scenario]
        scale, reach = _scale(members), _reach(members)
        for index, row in enumerate(members):
            rows.append(_entry(view, row, scale, reach, first=index == 0))
    outcomes = {row.outcome for row in rows}
    outcomes |= {each.word or "unfinished" for row in rows for each in row.against}
    return Leaderboard(
        rows=tuple(rows),
        scenarios=scenarios,
        algorithms=tuple(dict.fromkeys(row.title for row in view.rows)),
        outcomes=tuple(word for word in (*OUTCOMES, *OF_NUMBERS) if word in outcomes),
        columns=_COLUMNS,
    )


def _entry(
    view: CampaignView, row: LeaderboardRow, scale: Scale, reach: float, *, first: bool
) -> LeaderboardEntry:
    cpu = cpu_by_rung(view.cells[row.cell])
    seeds = () if row.tuned is None else row.tuned.seeds
    total_cpu = sum(cpu.values())
    return LeaderboardEntry(
        row=row,
        outcome=outcome(row),
        page=view.pages[row.cell],
        rank=rank_text(row),
        scale=scale,
        reach=reach,
        first=first,
        share=cpu["search"] / total_cpu if total_cpu else None,
        command=train_command(view.record.name, row.cell, seeds[0]) if seeds else "",
        looks=looks_text(row),
        against=tuple(each for each in view.analysis.references if each.cell == row.cell),
    )


def _scale(rows: Sequence[LeaderboardRow]) -> Scale:
    variants = [variant for row in rows for variant in (row.tuned, row.default)]
    return scale_of(score for variant in variants if variant for score in variant.scores)


def _reach(rows: Sequence[LeaderboardRow]) -> float:
    ends = [
        abs(end)
        for row in rows
        if row.difference is not None
        for end in (row.difference.difference, row.difference.low, row.difference.high)
        if end is not None
    ]
    return max(ends, default=1.0)


PART = Part(title="Leaderboard", page="campaign", order=12, compute=compute)
