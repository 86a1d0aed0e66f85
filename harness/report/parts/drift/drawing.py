"""Best values of an algorithm over its scenarios: on their ranges, and in tables."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import BestValue, ParameterDrift
from harness.report.figures import Figure, axis, figure, points
from harness.report.number_format import percent, value
from harness.report.parts.drift.data import Drift
from harness.report.table_drawings import HeatCell, HeatRow, HeatTable, rising


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftDrawings:
    """What is drawn.

    Attributes:
        figure: Best values on their ranges.
        values: Every best value, parameter by scenario.
        importances: Importance, parameter by scenario; None without any.
    """

    figure: Figure | None
    values: HeatTable
    importances: HeatTable | None


def draw(data: Drift) -> DriftDrawings:
    """The figure and both tables."""
    return DriftDrawings(
        figure=drift_figure(data), values=_values(data), importances=_importances(data)
    )


def drift_figure(data: Drift) -> Figure | None:
    """One line per parameter from the low end of its range to the high one."""
    parameters = [row.parameter for row in data.rows]
    numeric = [p for p in parameters if any(best.at is not None for best in p.best)]
    if not numeric:
        return None
    names = [parameter.name for parameter in numeric]
    traces = [
        _marks(numeric, "tuned and shipped", "@tuned", "circle", is_shipped=True),
        _marks(numeric, "best of a search, not shipped", "@tuned", "circle-open", is_shipped=False),
        _defaults(numeric),
    ]
    return figure(
        "best-values",
        "Where the best values lie",
        "Each line is a search range from its low to its high end, spaced as the search sees it; "
        "each circle the best value of one scenario, the diamond the library's default.",
        [trace for trace in traces if trace["x"]],
        height=90 + 34 * len(names),
        wide=True,
        margin={"l": 150, "r": 24, "t": 12, "b": 44},
        xaxis=axis(
            "place in the range", range=[-0.04, 1.04], tickvals=[0, 0.5, 1],
            ticktext=["low end", "middle", "high end"],
        ),
        yaxis=axis(
            "", tickvals=list(range(len(names))), ticktext=names, range=[len(names) - 0.4, -0.6]
        ),
    )  # fmt: skip


def _marks(
    parameters: list[ParameterDrift], name: str, color: str, symbol: str, *, is_shipped: bool
) -> dict[str, object]:
    marks: list[tuple[float, float, BestValue]] = []
    for line, parameter in enumerate(parameters):
        values = [best for best in parameter.best if best.shipped == is_shipped]
        # Scenarios share a line: a little apart, so that equal values stay visible.
        marks += [
            (best.at, line + 0.18 * ((index % 3) - 1), best)
            for index, best in enumerate(values)
            if best.at is not None
        ]
    return points(
        [position for position, _, _ in marks],
        [line for _, line, _ in marks],
        name,
        color,
        text=[f"{best.scenario}: {value(best.value)}" for _, _, best in marks],
        hovertemplate="%{text}",
        marker={"symbol": symbol, "size": 9, "opacity": 0.75},
    )


def _defaults(parameters: list[ParameterDrift]) -> dict[str, object]:
    marks = {
        (line, best.default_at, value(best.default)): None
        for line, parameter in enumerate(parameters)
        for best in parameter.best
        if best.default_at is not None
    }
    return points(
        [position for _, position, _ in marks],
        [line for line, _, _ in marks],
        "default",
        "@default",
        text=[f"default {text}" for _, _, text in marks],
        hovertemplate="%{text}",
        marker={"symbol": "diamond", "size": 10},
    )


def _best_values(data: Drift, parameter: ParameterDrift) -> list[BestValue | None]:
    by_cell = {best.cell: best for best in parameter.best}
    return [by_cell.get(cell) for cell in data.cells]


def _values(data: Drift) -> HeatTable:
    rows = []
    for parameter in (row.parameter for row in data.rows):
        cells = [
            HeatCell(text="")
            if best is None
            else HeatCell(
                text=value(best.value),
                sub="the default" if not best.changed else "" if best.shipped else "not shipped",
            )
            for best in _best_values(data, parameter)
        ]
        defaults = {value(best.default) for best in parameter.best}
        default = HeatCell(text=", ".join(sorted(defaults)))
        rows.append(HeatRow(name=parameter.name, cells=(default, *cells)))
    return HeatTable(
        id="values",
        title="Best values",
        explain="What each scenario ships, or the best of its search where it ships the default.",
        corner="Hyperparameter",
        columns=("Default", *data.scenarios),
        rows=tuple(rows),
        mono=True,
    )


def _importances(data: Drift) -> HeatTable | None:
    rows = []
    for parameter in (row.parameter for row in data.rows):
        if parameter.importance is None:
            continue
        cells = [HeatCell(text=percent(parameter.importance), exact=parameter.importance)]
        for best in _best_values(data, parameter):
            share = None if best is None else best.importance
            text = "" if share is None else percent(share)
            cells.append(HeatCell(text=text, shade=rising(share), exact=share))
        rows.append(HeatRow(name=parameter.name, cells=tuple(cells)))
    if not rows:
        return None
    return HeatTable(
        id="importances",
        title="Importances",
        explain="Share of the score's variation over a search's trials that each hyperparameter "
        "accounts for, and its mean over the scenarios.",
        corner="Hyperparameter",
        columns=("Mean", *data.scenarios),
        rows=tuple(rows),
        mono=True,
    )
