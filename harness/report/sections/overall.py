"""All scenarios together: aggregates and profiles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.analysis import AggregateRow, ImprovementRow
from harness.core.plan import DEFAULT, TUNED
from harness.report.figures.figure import Figure
from harness.report.figures.overall import aggregate_figure, profile_figure
from harness.report.section import Section
from harness.report.view import CampaignView

__all__ = ["SECTION", "Overall", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """The panel.

    Attributes:
        chances: How likely a tuned run beats a default run, all cells first.
        rows: Aggregates.
        figures: The same drawn, and the profiles.
        left_out: Cells that have no fixed scores to normalise by.
        unequal: Whether the algorithms were tested on different scenarios.
        uneven: Whether somewhere tuned and default stand over different cells.
    """

    chances: tuple[ImprovementRow, ...]
    rows: tuple[AggregateRow, ...]
    figures: tuple[Figure, ...]
    left_out: tuple[str, ...]
    unequal: bool
    uneven: bool


def build(view: CampaignView) -> Overall | None:
    """Left out with fewer than two cells that have scores: there is nothing to sum up."""
    computed = view.computed
    rows = computed.aggregates.rows
    if sum(row.default.finished > 0 for row in view.rows) < 2:
        return None
    found = (aggregate_figure(rows), profile_figure(computed.profiles))
    scenarios = [
        frozenset(cell.partition("@")[2] for cell in row.cells)
        for row in rows
        if row.algorithm is not None and row.variant == "default"
    ]
    return Overall(
        chances=computed.improvements,
        rows=rows,
        figures=tuple(figure for figure in found if figure is not None),
        left_out=computed.aggregates.left_out,
        unequal=len(set(scenarios)) > 1,
        uneven=_uneven(rows),
    )


def _uneven(rows: Iterable[AggregateRow]) -> bool:
    """Half-way through a campaign a default may have scores where nothing is tuned yet."""
    cells: dict[str | None, set[tuple[str, ...]]] = {}
    for row in rows:
        if row.variant in {DEFAULT, TUNED}:
            cells.setdefault(row.algorithm, set()).add(row.cells)
    return any(len(found) > 1 for found in cells.values())


SECTION = Section(
    id="overall",
    title="Over all scenarios",
    order=15,
    page="campaign",
    build=build,
    template="overall.html",
)
