"""A cell's failures with one traceback per reason."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.campaign_views import CellView
from harness.report.outcomes import FailureGroup, failure_groups
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """The reasons why runs of the cell failed, the most frequent first."""

    groups: tuple[FailureGroup, ...]


def compute(view: CellView) -> Failures | None:
    """Left out when nothing failed."""
    groups = failure_groups(view.cell)
    return Failures(groups=groups) if groups else None


PART = Part(title="Failures", page="cell", order=60, compute=compute)
