"""Every cell over the nights: score, spread and duration, with versions and steps marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.analysis import CellSeries, Step
from harness.report.history_views import HistoryView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryDrawings:
    """What is drawn.

    Attributes:
        campaigns: The earliest first.
        changes: Campaign -> what of the versions changed with it, where something did.
        cells: Cell -> its variants.
        steps: All steps.
    """

    campaigns: tuple[str, ...]
    changes: Mapping[str, tuple[str, ...]]
    cells: Mapping[str, tuple[CellSeries, ...]]
    steps: tuple[Step, ...]


def compute(view: HistoryView) -> HistoryDrawings:
    """The series by cell."""
    cells: dict[str, tuple[CellSeries, ...]] = {}
    for series in view.history.series:
        cells[series.cell] = (*cells.get(series.cell, ()), series)
    return HistoryDrawings(
        campaigns=tuple(night.campaign for night in view.history.nights),
        changes={night.campaign: night.changes for night in view.history.nights if night.changes},
        cells=cells,
        steps=view.history.steps,
    )


PART = Part(title="Cells", page="history", order=20, compute=compute)
