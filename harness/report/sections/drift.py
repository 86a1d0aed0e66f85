"""Default against best over an algorithm's scenarios."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import BestValue, ParameterDrift
from harness.report.figures.drift import drift_figure
from harness.report.figures.figure import Figure
from harness.report.format import percent, value
from harness.report.heat import HeatCell, HeatRow, HeatTable, rising
from harness.report.section import Section
from harness.report.view import AlgorithmView

__all__ = ["SECTION", "Drift", "DriftRow", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRow:
    """A parameter in words.

    Attributes:
        parameter: Its numbers.
        moved: Where it moved to, in words; empty where places have no order.
    """

    parameter: ParameterDrift
    moved: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The section.

    Attributes:
        rows: One per parameter, the most important first.
        figure: Best values on their ranges.
        values: Every best value, parameter by scenario.
        importances: Importance, parameter by scenario; None without any.
    """

    rows: tuple[DriftRow, ...]
    figure: Figure | None
    values: HeatTable
    importances: HeatTable | None


def build(view: AlgorithmView) -> Drift | None:
    """Left out while no search of the algorithm found anything."""
    if view.drift is None:
        return None
    ordered = sorted(
        view.drift.parameters, key=lambda p: 1.0 if p.importance is None else -p.importance
    )
    known = [parameter for parameter in ordered if parameter.importance is not None]
    return Drift(
        rows=tuple(DriftRow(parameter=p, moved=_moved(p)) for p in ordered),
        figure=drift_figure(view.drift),
        values=_values(view, ordered),
        importances=_importances(view, known) if known else None,
    )


def _moved(parameter: ParameterDrift) -> str:
    shift = parameter.mean_shift
    if shift is None:
        return ""
    if abs(shift) < 0.005:
        return "as far up as down"
    return f"{percent(abs(shift))} of the range {'up' if shift > 0 else 'down'}"


def _columns(view: AlgorithmView) -> tuple[str, ...]:
    return tuple(row.scenario for row in view.rows)


def _at(view: AlgorithmView, parameter: ParameterDrift) -> list[BestValue | None]:
    found = {best.cell: best for best in parameter.best}
    return [found.get(row.cell) for row in view.rows]


def _values(view: AlgorithmView, parameters: list[ParameterDrift]) -> HeatTable:
    rows = []
    for parameter in parameters:
        cells = [
            HeatCell(text="")
            if best is None
            else HeatCell(
                text=value(best.value),
                sub="the default" if not best.changed else "" if best.shipped else "not shipped",
            )
            for best in _at(view, parameter)
        ]
        defaults = {value(best.default) for best in parameter.best}
        default = HeatCell(text=", ".join(sorted(defaults)))
        rows.append(HeatRow(name=parameter.name, cells=(default, *cells)))
    return HeatTable(
        id="values",
        title="Best values",
        explain="What each scenario ships, or the best of its search where it ships the default.",
        corner="Hyperparameter",
        columns=("Default", *_columns(view)),
        rows=tuple(rows),
        mono=True,
    )


def _importances(view: AlgorithmView, parameters: list[ParameterDrift]) -> HeatTable:
    rows = []
    for parameter in parameters:
        cells = [HeatCell(text=percent(parameter.importance), exact=parameter.importance)]
        for best in _at(view, parameter):
            share = None if best is None else best.importance
            text = "" if share is None else percent(share)
            cells.append(HeatCell(text=text, shade=rising(share), exact=share))
        rows.append(HeatRow(name=parameter.name, cells=tuple(cells)))
    return HeatTable(
        id="importances",
        title="Importances",
        explain="Share of the score's variation over a search's trials that each hyperparameter "
        "accounts for, and its mean over the scenarios.",
        corner="Hyperparameter",
        columns=("Mean", *_columns(view)),
        rows=tuple(rows),
        mono=True,
    )


SECTION = Section(
    id="drift",
    title="Default against best",
    order=10,
    page="algorithm",
    build=build,
    template="drift.html",
)
