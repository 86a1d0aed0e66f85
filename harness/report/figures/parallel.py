"""Whole configurations, across the axes of all hyperparameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from harness.analysis import SearchedParameter
from harness.core.record import CellRecord
from harness.report.figures.figure import Figure, figure
from harness.report.figures.places import ticks
from harness.report.figures.tried import Tried, by_importance

__all__ = ["parallel_figure"]

_SHADES: Final = 6
_MOST: Final = 10
"""Axes that leave room for their labels on paper."""
_UPRIGHT: Final = 6
"""Axes whose names stand side by side there."""


def parallel_figure(cell: CellRecord, tried: Sequence[Tried]) -> Figure | None:
    """One line per trial across the axes of all parameters, shaded by score."""
    every = by_importance(cell)
    parameters = every[:_MOST]
    if len(tried) < 2 or len(parameters) < 2:
        return None
    ordered = sorted(tried, key=lambda trial: trial.score)
    traces = [
        _trial_path(parameters, trial, rank, len(tried)) for rank, trial in enumerate(ordered)
    ]
    named: set[str] = set()
    for trace in reversed(traces):
        trace["showlegend"] = trace["name"] not in named
        named.add(trace["name"])
    annotations = [
        {
            "x": index,
            "y": at,
            "text": label,
            "showarrow": False,
            "xanchor": "left",
            "xshift": 4,
            "font": {"size": 11},
            "bgcolor": "@surface",
            "borderpad": 1,
        }
        for index, parameter in enumerate(parameters)
        for at, label in zip(*ticks(parameter), strict=True)
    ]
    names = [parameter.name for parameter in parameters]
    return figure(
        "parallel",
        "Parallel coordinates",
        "Each line is one complete trial; the more it stands out, the better its score. "
        "A line is interrupted where a conditional hyperparameter is not active."
        + _left_out(cell, len(every)),
        traces,
        height=420,
        wide=True,
        xaxis={
            "tickvals": list(range(len(names))),
            "ticktext": names,
            "range": [-0.1, len(names) - 0.6],
            "showgrid": True,
            "zeroline": False,
            "automargin": True,
            "autotickangles": [0, 30],
            "ticklabeloverflow": "allow",
        },
        # Where the names lean, the last one reaches past its axis.
        margin={"l": 56, "r": 16 if len(names) <= _UPRIGHT else 76, "t": 12, "b": 44},
        yaxis={"visible": False, "range": [-0.06, 1.06]},
        annotations=annotations,
    )


def _left_out(cell: CellRecord, parameters: int) -> str:
    if parameters <= _MOST:
        return ""
    chosen = "most important" if cell.importances else "first"
    return f" The {chosen} {_MOST} of {parameters} hyperparameters."


def _trial_path(
    parameters: Sequence[SearchedParameter], trial: Tried, rank: int, total: int
) -> dict[str, Any]:
    share = rank / (total - 1)
    shade = min(_SHADES - 1, int(share * _SHADES))
    names = ("worst sixth", "", "", "", "", "best sixth")
    name = "default" if trial.number == 0 else names[shade] or "between"
    color = "@default" if trial.number == 0 else f"@shade-{shade}"
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(range(len(parameters))),
        "y": [trial.places.get(parameter.name) for parameter in parameters],
        "name": name,
        "line": {
            "color": color,
            "width": 1 + 2 * share,
            "dash": "dash" if trial.number == 0 else "solid",
        },
        "marker": {"color": color, "size": 4},
        "text": [trial.values.get(parameter.name, "") for parameter in parameters],
        "hovertemplate": f"trial {trial.number}, score {trial.score:.4g}: %{{text}}",
    }
