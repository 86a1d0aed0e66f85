"""What the search says about the hyperparameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness import stats
from harness.analysis import SearchedParameter, ranked_trials, searched_parameters
from harness.core.record import CellRecord, Status
from harness.report.figures.figure import Figure, axis, figure, name_once, points
from harness.report.figures.places import place, ticks
from harness.report.format import count, value

__all__ = [
    "Tried",
    "contour_figure",
    "importance_figure",
    "parallel_figure",
    "slice_figure",
    "tried_trials",
]

_SHADES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A trial with a score.

    Attributes:
        number: Trial number; 0 is the default.
        score: Score in the search.
        places: Parameter -> place on its axis in 0 .. 1, active parameters inside their range.
        values: Parameter -> readable text of its value.
    """

    number: int
    score: float
    places: dict[str, float]
    values: dict[str, str]


def tried_trials(cell: CellRecord) -> tuple[Tried, ...]:
    """Complete trials as points in the search space."""
    parameters = searched_parameters(cell)
    found = []
    for trial in cell.trials:
        result = trial.result
        if result is None or result.status is not Status.COMPLETE or result.score is None:
            continue
        chosen = dict(trial.values)
        places = {p.name: place(p.domain, chosen.get(p.name)) for p in parameters}
        found.append(
            Tried(
                number=trial.number,
                score=result.score,
                places={name: at for name, at in places.items() if at is not None},
                values={name: value(given) for name, given in chosen.items()},
            )
        )
    return tuple(found)


def by_importance(cell: CellRecord) -> list[SearchedParameter]:
    """The most important parameter first; without importances the order of the space."""
    return sorted(
        searched_parameters(cell),
        key=lambda parameter: 1.0 if parameter.importance is None else -parameter.importance,
    )


def importance_figure(cell: CellRecord) -> Figure | None:
    """Bars, the most important on top."""
    known = [p for p in by_importance(cell) if p.importance is not None]
    if not known:
        return None
    known.reverse()
    shares = [parameter.importance or 0.0 for parameter in known]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": shares,
        "y": [parameter.name for parameter in known],
        "marker": {"color": "@tuned"},
        "text": [f"{share:.0%}" for share in shares],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:.1%}",
        "showlegend": False,
        "name": "",
    }
    return figure(
        "importances",
        "Importances",
        "Share of the score's variance over the trials that each hyperparameter accounts for. "
        + _trust(len(ranked_trials(cell)), len(known)),
        [bars],
        height=max(400, 60 + 30 * len(known)),
        bargap=0.45,
        xaxis=axis("share of variance", tickformat=".0%", range=[0, max(shares) * 1.18 or 1]),
        yaxis={"automargin": True, "ticksuffix": "  "},
    )


def _trust(trials: int, parameters: int) -> str:
    drawn = f"From {count(trials, 'complete trial')}"
    if trials < 2 * parameters:
        return f"{drawn} over {count(parameters, 'hyperparameter')}: a rough hint at best."
    return f"{drawn}."


def _order(cell: CellRecord) -> str:
    return ", the most important first" if cell.importances else ""


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
        "margin": {"l": 56, "r": 16, "t": 12, "b": 56},
    }
    low, high = min(t.score for t in tried), max(t.score for t in tried)
    pad = (high - low) * 0.08 or 1.0
    for index, parameter in enumerate(parameters, start=1):
        suffix = "" if index == 1 else str(index)
        traces += _slice_traces(parameter, tried, suffix)
        at, labels = ticks(parameter)
        layout[f"xaxis{suffix}"] = axis(
            parameter.name, tickvals=at, ticktext=labels, range=[-0.04, 1.04], tickangle=0
        )
        title = "score" if (index - 1) % columns == 0 else ""
        layout[f"yaxis{suffix}"] = axis(title, range=[low - pad, high + pad])
    name_once(traces)
    return figure(
        "slices",
        "Slices",
        f"Score of each complete trial against each hyperparameter{_order(cell)}. The axes end "
        "where the search range ends and are spaced as the search sees them.",
        traces,
        height=40 + 250 * rows,
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


def parallel_figure(cell: CellRecord, tried: Sequence[Tried]) -> Figure | None:
    """One line per trial across the axes of all parameters, shaded by score."""
    parameters = by_importance(cell)
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
        "A line is interrupted where a conditional hyperparameter is not active.",
        traces,
        height=420,
        wide=True,
        xaxis={
            "tickvals": list(range(len(names))),
            "ticktext": names,
            "range": [-0.1, len(names) - 0.6],
            "showgrid": True,
            "zeroline": False,
        },
        yaxis={"visible": False, "range": [-0.06, 1.06]},
        annotations=annotations,
    )


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


def contour_figure(cell: CellRecord, tried: Sequence[Tried]) -> Figure | None:
    """A smooth surface of the score over the two most important numeric parameters."""
    ordered = [p for p in by_importance(cell) if p.domain.position(p.default) is not None]
    if len(ordered) < 2:
        return None
    first, second = ordered[:2]
    chosen = "two most important" if cell.importances else "first two"
    here = [t for t in tried if first.name in t.places and second.name in t.places]
    if len(here) < 5:
        return None
    x = [trial.places[first.name] for trial in here]
    y = [trial.places[second.name] for trial in here]
    surface = stats.kernel_surface(x, y, [trial.score for trial in here])
    grid = [round(float(tick), 4) for tick in np.linspace(0, 1, len(surface))]
    contour = {
        "type": "contour",
        "x": grid,
        "y": grid,
        "z": [[None if np.isnan(z) else float(z) for z in row] for row in surface],
        "colorscale": "Cividis",
        "colorbar": {"title": {"text": "score"}, "thickness": 12, "outlinewidth": 0},
        "line": {"width": 0.5},
        "hoverinfo": "skip",
        "name": "",
    }
    dots = points(
        x,
        y,
        "trials",
        "@text",
        text=[f"trial {trial.number}: {trial.score:.4g}" for trial in here],
        hovertemplate="%{text}",
        showlegend=False,
        marker={"size": 7, "line": {"width": 1, "color": "@surface"}},
    )
    x_at, x_labels = ticks(first)
    y_at, y_labels = ticks(second)
    return figure(
        "contour",
        f"{first.name} and {second.name}",
        f"Kernel-weighted mean score over the {chosen} numeric hyperparameters; blank where no "
        "trial is near. Dots are the trials it is drawn from.",
        [contour, dots],
        height=400,
        xaxis=axis(first.name, tickvals=x_at, ticktext=x_labels, range=[-0.02, 1.02]),
        yaxis=axis(second.name, tickvals=y_at, ticktext=y_labels, range=[-0.02, 1.02]),
    )
