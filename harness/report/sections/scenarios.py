"""An algorithm's cells, with links to their pages."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import LeaderboardRow
from harness.report.headline import outcome
from harness.report.section import Section
from harness.report.view import AlgorithmView

__all__ = ["SECTION", "ScenarioRow", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRow:
    """A cell: its row of the leaderboard, the word it is counted under, its page."""

    row: LeaderboardRow
    outcome: str
    page: str


def build(view: AlgorithmView) -> tuple[ScenarioRow, ...]:
    """Always shown."""
    return tuple(
        ScenarioRow(row=row, outcome=outcome(row), page=view.pages[row.cell]) for row in view.rows
    )


SECTION = Section(
    id="scenarios",
    title="Scenarios",
    order=30,
    page="algorithm",
    build=build,
    template="scenarios.html",
)
