"""Score against each hyperparameter alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from harness.analysis import SearchedParameter
from harness.core.domain import Choice
from harness.core.record import CellRecord
from harness.report.figures.figure import Figure, axis, figure, name_once, points
from harness.report.figures.places import ticks
from harness.report.figures.tried import Tried, by_importance, order

__all__ = ["slice_figure"]

_LEVEL: Final[dict[str, Any]] = {"tickangle": 0}


def slice_figure(cell: CellRecord, tried: Sequence[Tried]) -> Figure | None:
    """Score against each parameter, small multiples side by side on one score axis."""
    parameters = [p for p in by_importance(cell) if any(p.name in t.places for t in tried)]
    if len(tried) < 2 or not parameters:
        return None
    columns = min(3, len(parameters))
    rows = -(-len(parameters) // columns)
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {
        "grid": {"rows": rows, "columns": columns, "pattern": "independent", "ygap": 0.42},
        "margin": {"l": 56, "r": 16, "t": 36, "b": 56},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yref": "container", "yanchor": "top"},
    }
    low, high = min(t.score for t in tried), max(t.score for t in tried)
    pad = (high - low) * 0.08 or 1.0
    for index, parameter in enumerate(parameters, start=1):
        suffix = "" if index == 1 else str(index)
        traces += _slice_traces(parameter, tried, suffix)
        at, labels = ticks(parameter, in_a_row=True)
        layout[f"xaxis{suffix}"] = axis(
            parameter.name,
            tickvals=at,
            ticktext=labels,
            range=[-0.04, 1.04],
            # Numbers fit; the options of a choice may be words, and lean where they would not.
            **({"autotickangles": [0, 30]} if isinstance(parameter.domain, Choice) else _LEVEL),
        )
        title = "score" if (index - 1) % columns == 0 else ""
        layout[f"yaxis{suffix}"] = axis(title, range=[low - pad, high + pad])
    name_once(traces)
    return figure(
        "slices",
        "Slices",
        f"Score of each complete trial against each hyperparameter{order(cell)}. The axes end "
        "where the search range ends and are spaced as the search sees them.",
        traces,
        height=64 + 250 * rows,
        wide=True,
        **layout,
    )


def _slice_traces(
    parameter: SearchedParameter, tried: Sequence[Tried], suffix: str
) -> list[dict[str, Any]]:
    best = max(tried, key=lambda trial: trial.score)
    groups = (
        ("trial", [t for t in tried if t.number and t is not best], "@tuned", "circle", 0.55, 7),
        ("default", [t for t in tried if t.number == 0], "@default", "diamond", 1.0, 11),
        ("best", [best] if best.number else [], "@tuned", "star", 1.0, 14),
    )
    traces = []
    for name, trials, color, symbol, opacity, size in groups:
        here = [trial for trial in trials if parameter.name in trial.places]
        if here:
            traces.append(
                points(
                    [trial.places[parameter.name] for trial in here],
                    [trial.score for trial in here],
                    name,
                    color,
                    xaxis=f"x{suffix}",
                    yaxis=f"y{suffix}",
                    legendgroup=name,
                    text=[f"trial {t.number}, {t.values[parameter.name]}" for t in here],
                    hovertemplate="%{text}: %{y:.4g}",
                    marker={"symbol": symbol, "opacity": opacity, "size": size},
                )
            )
    return traces
