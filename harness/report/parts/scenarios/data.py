"""An algorithm's cells, with links to their pages."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import LeaderboardRow
from harness.report.campaign_views import AlgorithmView
from harness.report.outcomes import outcome
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRow:
    """A cell: its row of the leaderboard, the word it is counted under, its page."""

    row: LeaderboardRow
    outcome: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenarios:
    """The cells of the algorithm, in the order of the leaderboard."""

    rows: tuple[ScenarioRow, ...]


def compute(view: AlgorithmView) -> Scenarios:
    """Always shown."""
    return Scenarios(
        rows=tuple(
            ScenarioRow(row=row, outcome=outcome(row), page=view.pages[row.cell])
            for row in view.rows
        )
    )


PART = Part(title="Scenarios", page="algorithm", order=30, compute=compute)
