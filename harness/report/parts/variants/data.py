"""Named variants and numbers the user already had, beside the default and the tuned one."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import ReferenceComparison
from harness.analysis.reference_comparisons import BASELINE
from harness.core.matrix import Cell
from harness.report.campaign_views import CampaignView
from harness.report.page_parts import Part

__all__ = ["PART", "VariantRow", "Variants", "compute"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRow:
    """A variant or a bare number of a cell, with what tuned is against it.

    Attributes:
        source: Where it is from.
        comparison: The numbers and the word.
    """

    source: str
    comparison: ReferenceComparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Variants:
    """The rows of all cells."""

    rows: tuple[VariantRow, ...]


def compute(view: CampaignView) -> Variants | None:
    """Left out when the matrix names none."""
    rows = tuple(
        VariantRow(source=_source(view.cells[each.cell].cell, each.name), comparison=each)
        for each in view.analysis.references
    )
    return Variants(rows=rows) if rows else None


def _source(cell: Cell, name: str) -> str:
    if name == BASELINE:
        return "given in the matrix, not trained here"
    return {item.name: item.source for item in cell.variants}.get(name, "")


PART = Part(
    title="Named variants and baselines",
    page="campaign",
    order=40,
    compute=compute,
)
