"""All scenarios together: aggregates, profiles, who beats whom."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import AggregateRow, ImprovementRow, Improvements
from harness.report.figures.figure import Figure
from harness.report.figures.overall import aggregate_figure, profile_figure
from harness.report.format import percent
from harness.report.heat import HeatCell, HeatRow, HeatTable, around
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
        matrices: Who beats whom, tuned and default.
        left_out: Cells that have no fixed scores to normalise by.
        unequal: Whether the algorithms were tested on different scenarios.
    """

    chances: tuple[ImprovementRow, ...]
    rows: tuple[AggregateRow, ...]
    figures: tuple[Figure, ...]
    matrices: tuple[HeatTable, ...]
    left_out: tuple[str, ...]
    unequal: bool


def build(view: CampaignView) -> Overall | None:
    """Left out with fewer than two cells that have scores: there is nothing to sum up."""
    computed = view.computed
    rows = computed.aggregates.rows
    if sum(row.default.finished > 0 for row in view.rows) < 2:
        return None
    found = (aggregate_figure(rows), profile_figure(computed.profiles))
    matrices = [
        _matrix(matrix)
        for matrix in (computed.tuned_matrix, computed.default_matrix)
        if len(matrix.algorithms) > 1 and any(e.value is not None for e in _others(matrix))
    ]
    scenarios = [
        frozenset(cell.partition("@")[2] for cell in row.cells)
        for row in rows
        if row.algorithm is not None and row.variant == "default"
    ]
    return Overall(
        chances=computed.improvements,
        rows=rows,
        figures=tuple(figure for figure in found if figure is not None),
        matrices=tuple(matrices),
        left_out=computed.aggregates.left_out,
        unequal=len(set(scenarios)) > 1,
    )


def _others(matrix: Improvements) -> list[object]:
    return [
        chance
        for i, row in enumerate(matrix.chances)
        for j, chance in enumerate(row)
        if i != j
    ]


def _matrix(matrix: Improvements) -> HeatTable:
    rows = []
    for i, title in enumerate(matrix.titles):
        cells = []
        for j, chance in enumerate(matrix.chances[i]):
            if i == j or chance.value is None:
                cells.append(HeatCell(text="" if i == j else "\u2013"))
                continue
            interval = f"{percent(chance.low)} to {percent(chance.high)}"
            cells.append(
                HeatCell(
                    text=percent(chance.value),
                    sub=interval,
                    shade=around(chance.value),
                    exact=chance.value,
                )
            )
        rows.append(HeatRow(name=title, cells=tuple(cells)))
    return HeatTable(
        id=f"chance-{matrix.variant}",
        title=f"P(improvement), {matrix.variant}",
        explain="Probability that a run of the row's algorithm beats one of the column's on a "
        "scenario that both were tested on, with its 95 % interval.",
        corner="Row beats column",
        columns=matrix.titles,
        rows=tuple(rows),
    )


SECTION = Section(
    id="overall",
    title="Over all scenarios",
    order=15,
    page="campaign",
    build=build,
    template="overall.html",
)
