"""Named variants and numbers the user already had, beside the default and the tuned one."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.campaign_views import CampaignView
from harness.report.page_parts import Part

__all__ = ["PART", "VariantRow", "Variants", "compute"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRow:
    """A variant or a baseline of a cell, in returns.

    Attributes:
        seeds: Finished of planned runs; empty for a baseline.
        gap: Tuned mean minus this one's; None where either is missing.
    """

    cell: str
    name: str
    source: str
    mean: float | None
    low: float | None
    high: float | None
    seeds: str
    gap: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variants:
    """The rows of all cells."""

    rows: tuple[VariantRow, ...]


def compute(view: CampaignView) -> Variants | None:
    """Left out when the matrix names none."""
    rows: list[VariantRow] = []
    for row in view.rows:
        tuned = None if row.tuned is None else row.tuned.mean
        sources = {item.name: item.source for item in view.cells[row.cell].cell.variants}
        for variant in row.variants:
            gap = None if tuned is None or variant.mean is None else tuned - variant.mean
            rows.append(
                VariantRow(
                    cell=row.cell,
                    name=variant.variant,
                    source=sources.get(variant.variant, ""),
                    mean=variant.mean,
                    low=variant.low,
                    high=variant.high,
                    seeds=f"{variant.finished} of {len(variant.seeds)}",
                    gap=gap,
                )
            )
        if row.baseline is not None:
            rows.append(
                VariantRow(
                    cell=row.cell,
                    name="baseline",
                    source="given in the matrix, not trained here",
                    mean=row.baseline,
                    low=None,
                    high=None,
                    seeds="",
                    gap=None if tuned is None else tuned - row.baseline,
                )
            )
    return Variants(rows=tuple(rows)) if rows else None


PART = Part(
    title="Named variants and baselines",
    page="campaign",
    order=40,
    compute=compute,
)
