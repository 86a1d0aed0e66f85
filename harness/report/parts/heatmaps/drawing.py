"""The maps as shaded tables."""

from __future__ import annotations

from collections.abc import Callable

from harness.report.number_format import percent, with_sign
from harness.report.parts.heatmaps.data import Heatmaps, MapCell
from harness.report.table_drawings import HeatCell, HeatRow, HeatTable, around, rising


def draw(data: Heatmaps) -> tuple[HeatTable, ...]:
    """What tuning changed, and how good the tuned ones are where scores can be normalised."""
    gain = _table(
        data,
        "map-gain",
        "Did tuning help?",
        "Tuned minus default in returns, with the verdict. The shade is the probability that "
        "a tuned run beats a default run: green above a half, red below.",
        _gain,
    )
    if all(cell.normalised_tuned is None for cell in data.cells):
        return (gain,)
    score = _table(
        data,
        "map-score",
        "How good is the tuned one?",
        "Tuned mean from the random policy (0 %) to the scenario's reference score "
        "(100 %), with the default's below it.",
        _score,
    )
    return gain, score


def _table(
    data: Heatmaps, id: str, title: str, explain: str, draw_cell: Callable[[MapCell], HeatCell]
) -> HeatTable:
    cells = {(cell.scenario, cell.algorithm): draw_cell(cell) for cell in data.cells}
    rows = [
        HeatRow(
            name=scenario,
            cells=tuple(
                cells.get((scenario, algorithm), HeatCell(text="")) for algorithm in data.algorithms
            ),
        )
        for scenario in data.scenarios
    ]
    return HeatTable(
        id=id,
        title=title,
        explain=explain,
        corner="Scenario",
        columns=tuple(data.algorithms.values()),
        rows=tuple(rows),
    )


def _gain(cell: MapCell) -> HeatCell:
    if cell.difference is None:
        return HeatCell(text=cell.outcome, page=cell.page)
    return HeatCell(
        text=with_sign(cell.difference),
        sub=cell.outcome,
        shade=around(cell.probability),
        page=cell.page,
        exact=cell.difference,
    )


def _score(cell: MapCell) -> HeatCell:
    share = cell.normalised_tuned
    if share is None:
        return HeatCell(text="no reference" if cell.is_decided else "no score yet", page=cell.page)
    return HeatCell(
        text=percent(share),
        sub=f"default {percent(cell.normalised_default)}",
        shade=rising(share),
        page=cell.page,
        exact=share,
    )
