"""Probabilities of improvement as shaded tables."""

from __future__ import annotations

from harness.analysis import Improvements, IntervalEstimate
from harness.report.number_format import percent, percent_range
from harness.report.parts.pairwise.data import Pairwise, has_pairs
from harness.report.table_drawings import HeatCell, HeatRow, HeatTable, around


def draw(data: Pairwise) -> tuple[HeatTable, ...]:
    """A table for each variant that allows a comparison."""
    return tuple(_matrix(matrix) for matrix in (data.tuned, data.default) if has_pairs(matrix))


def _matrix(matrix: Improvements) -> HeatTable:
    rows = []
    for i, title in enumerate(matrix.titles):
        cells = []
        for j, chance in enumerate(matrix.chances[i]):
            if i == j or chance.value is None:
                cells.append(HeatCell(text="" if i == j else "\u2013"))
                continue
            cells.append(
                HeatCell(
                    text=percent(chance.value),
                    sub=_interval(chance),
                    shade=around(chance.value),
                    exact=chance.value,
                )
            )
        rows.append(HeatRow(name=title, cells=tuple(cells)))
    return HeatTable(
        id=f"chance-{matrix.variant}",
        title=f"P(improvement), {matrix.variant}",
        explain="Probability that a run of the row's algorithm beats one of the column's on a "
        "scenario that both were tested on, with the 95 % interval of this pair alone: many pairs "
        "are not corrected for.",
        corner="Row beats column",
        columns=matrix.titles,
        rows=tuple(rows),
    )


def _interval(chance: IntervalEstimate) -> str:
    """In per cent, narrow enough for many columns."""
    if chance.low is None or chance.high is None:
        return ""
    return percent_range(chance.low, chance.high)
