"""What the search promised against what held-out seeds gave."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import LeaderboardRow
from harness.report.section import Section
from harness.report.view import CampaignView

__all__ = ["SECTION", "Promises", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """Cells whose search has a best trial, and how often tuning lost to the default.

    Attributes:
        rows: Their rows.
        worse, tested: How many of the tested tuned means lie below the default's, and of how many.
    """

    rows: tuple[LeaderboardRow, ...]
    worse: int
    tested: int


def build(view: CampaignView) -> Promises | None:
    """Left out until a search has a best trial."""
    rows = tuple(row for row in view.rows if row.optimism.claimed is not None)
    tested = [row.difference.difference for row in rows if row.difference is not None]
    if not rows:
        return None
    return Promises(rows=rows, worse=sum(d < 0 for d in tested), tested=len(tested))


SECTION = Section(
    id="optimism",
    title="What the search promised",
    order=30,
    page="campaign",
    build=build,
    template="optimism.html",
)
