"""What the search promised against what held-out seeds gave."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import OptimismTable, SearchAndTest
from harness.report.campaign_views import CampaignView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimismData:
    """Claimed against held-out, cell by cell and in all.

    Attributes:
        table: The rows and what they come to.
        agreement: Whether a better score in the search meant a better one later.
    """

    table: OptimismTable
    agreement: SearchAndTest


def compute(view: CampaignView) -> OptimismData:
    """The table and its agreement; shown once a search has a best trial."""
    return OptimismData(table=view.analysis.optimism, agreement=view.analysis.search_and_test)


def has_claims(data: OptimismData) -> bool:
    """Whether a search has a best trial."""
    return any(row.claimed is not None for row in data.table.rows)


PART = Part(
    title="What the search promised",
    page="campaign",
    order=30,
    compute=compute,
    is_shown=has_claims,
)
