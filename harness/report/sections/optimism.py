"""What the search promised against what held-out seeds gave."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import OptimismTable, SearchAndTest
from harness.report.section import Section
from harness.report.view import CampaignView

__all__ = ["SECTION", "Promises", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """Claimed against held-out, cell by cell and in all.

    Attributes:
        table: The rows and what they come to.
        agreement: Whether a better score in the search meant a better one later.
    """

    table: OptimismTable
    agreement: SearchAndTest


def build(view: CampaignView) -> Promises | None:
    """Left out until a search has a best trial."""
    table = view.computed.optimism
    if not any(row.claimed is not None for row in table.rows):
        return None
    return Promises(table=table, agreement=view.computed.search_and_test)


SECTION = Section(
    id="optimism",
    title="What the search promised",
    order=30,
    page="campaign",
    build=build,
    template="optimism.html",
)
