"""What failed and what is missing, in words."""

from __future__ import annotations

from dataclasses import dataclass

from harness.core.record import CellRecord
from harness.report.campaign_views import CampaignView
from harness.report.outcomes import FailureGroup, failure_groups
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFailures:
    """A cell's failures, equal messages together."""

    cell: str
    page: str
    groups: tuple[FailureGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRuns:
    """What a cell still has to do.

    Attributes:
        cell: Name of the cell.
        remainder: Number of runs still to do, as text.
        is_closed: Whether the search was closed because time ran out.
    """

    cell: str
    remainder: str
    is_closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlistedCell:
    """A cell of earlier runs that the matrix no longer names, and its runs that have ended."""

    cell: str
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    """Everything that is not as planned."""

    failures: tuple[CellFailures, ...]
    missing: tuple[MissingRuns, ...]
    unlisted: tuple[UnlistedCell, ...]


def compute(view: CampaignView) -> Problems:
    """Always shown: that nothing failed is worth a sentence too."""
    failures = []
    for cell in _in_order(view):
        groups = failure_groups(cell)
        if groups:
            page = view.pages[cell.name]
            failures.append(CellFailures(cell=cell.name, page=page, groups=groups))
    absences = [
        MissingRuns(cell=cell.name, remainder=str(rest), is_closed=rest.closed is not None)
        for cell in _in_order(view)
        if (rest := view.remaining[cell.name]).total.most
    ]
    unlisted_cells = tuple(
        UnlistedCell(cell=cell.name, runs=len(cell.results)) for cell in view.record.unlisted
    )
    return Problems(failures=tuple(failures), missing=tuple(absences), unlisted=unlisted_cells)


def _in_order(view: CampaignView) -> list[CellRecord]:
    """The cells of the leaderboard, each with its repeated searches."""
    return [each for row in view.rows for each in view.record.searches(view.cells[row.cell])]


PART = Part(title="Failed and missing", page="campaign", order=50, compute=compute)
