"""Figures of a search space: importances, slices, contours and parallel coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from harness import stats
from harness.analysis import SearchedParameter
from harness.core.printable_text import quantity
from harness.core.spaces.domain import Choice
from harness.report.figures import Figure, axis, figure, name_once, panel_grid, panel_layout, points
from harness.report.number_format import percent, value
from harness.report.parts.search.data import SearchSummary, SearchTrial
from harness.report.parts.search.parameter_axes import ticks

_UNTILTED: Final[dict[str, object]] = {"tickangle": 0}
_SHADES: Final = 6
_MOST: Final = 10
"""Axes that leave room for their labels on paper."""
_UPRIGHT: Final = 6
"""Axes whose names stand side by side there."""


def _scored_trials(search: SearchSummary) -> list[tuple[SearchTrial, float]]:
    """Complete trials with their scores."""
    return [(trial, trial.score) for trial in search.complete if trial.score is not None]


def _value_text(trial: SearchTrial, parameter: str) -> str:
    return value(trial.values[parameter]) if parameter in trial.values else ""


def importance_figure(search: SearchSummary) -> Figure | None:
    """Bars, the most important on top."""
    bars_upwards = [p for p in reversed(search.parameters) if p.importance is not None]
    if not bars_upwards:
        return None
    shares = [parameter.importance or 0.0 for parameter in bars_upwards]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": shares,
        "y": [parameter.name for parameter in bars_upwards],
        "marker": {"color": "@tuned"},
        "text": [percent(share) for share in shares],
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
        + _reliability(len(search.complete), len(shares)),
        [bars],
        height=max(400, 60 + 30 * len(shares)),
        bargap=0.45,
        xaxis=axis("share of variance", tickformat=".0%", range=[0, max(shares) * 1.18 or 1]),
        yaxis={"automargin": True, "ticksuffix": "  "},
    )


def _reliability(trials: int, parameters: int) -> str:
    basis = f"From {quantity(trials, 'complete trial')}"
    if trials < 2 * parameters:
        return f"{basis} over {quantity(parameters, 'hyperparameter')}: a rough hint at best."
    return f"{basis}."


def slice_figure(search: SearchSummary) -> Figure | None:
    """Score against each parameter, small multiples side by side on one score axis."""
    trials = _scored_trials(search)
    parameters = [p for p in search.parameters if any(p.name in t.positions for t, _ in trials)]
    if len(trials) < 2 or not parameters:
        return None
    rows, columns = panel_grid(len(parameters))
    traces: list[dict[str, Any]] = []
    layout = panel_layout(rows, columns, gap=0.42, top=36, bottom=56)
    low, high = min(score for _, score in trials), max(score for _, score in trials)
    pad = (high - low) * 0.08 or 1.0
    for index, parameter in enumerate(parameters, start=1):
        suffix = "" if index == 1 else str(index)
        traces += _slice_traces(parameter, trials, suffix)
        positions, labels = ticks(parameter, in_a_row=True)
        layout[f"xaxis{suffix}"] = axis(
            parameter.name,
            tickvals=positions,
            ticktext=labels,
            range=[-0.04, 1.04],
            # Numbers fit; the options of a choice may be words, and lean where they would not.
            **({"autotickangles": [0, 30]} if isinstance(parameter.domain, Choice) else _UNTILTED),
        )
        title = "score" if (index - 1) % columns == 0 else ""
        layout[f"yaxis{suffix}"] = axis(title, range=[low - pad, high + pad])
    name_once(traces)
    order = ", the most important first" if search.has_importances else ""
    return figure(
        "slices",
        "Slices",
        f"Score of each complete trial against each hyperparameter{order}. The axes end "
        "where the search range ends and are spaced as the search sees them.",
        traces,
        height=64 + 250 * rows,
        wide=True,
        **layout,
    )


def _slice_traces(
    parameter: SearchedParameter, trials: Sequence[tuple[SearchTrial, float]], suffix: str
) -> list[dict[str, object]]:
    best, _ = max(trials, key=lambda item: item[1])
    looks = (
        ("trial", "@tuned", "circle", 0.55, 7),
        ("default", "@default", "diamond", 1.0, 11),
        ("best", "@tuned", "star", 1.0, 14),
    )
    groups: dict[str, list[tuple[SearchTrial, float]]] = {}
    for trial, score in trials:
        group = "default" if trial.number == 0 else "best" if trial is best else "trial"
        groups.setdefault(group, []).append((trial, score))
    name = parameter.name
    traces = []
    for group, color, symbol, opacity, size in looks:
        members = [(t, score) for t, score in groups.get(group, ()) if name in t.positions]
        if members:
            traces.append(
                points(
                    [trial.positions[name] for trial, _ in members],
                    [score for _, score in members],
                    group,
                    color,
                    xaxis=f"x{suffix}",
                    yaxis=f"y{suffix}",
                    legendgroup=group,
                    text=[f"trial {t.number}, {_value_text(t, name)}" for t, _ in members],
                    hovertemplate="%{text}: %{y:.4g}",
                    marker={"symbol": symbol, "opacity": opacity, "size": size},
                )
            )
    return traces


def contour_figure(search: SearchSummary) -> Figure | None:
    """A smooth surface of the score over the two most important numeric parameters."""
    numeric = [p for p in search.parameters if not isinstance(p.domain, Choice)]
    if len(numeric) < 2:
        return None
    first, second = numeric[:2]
    which = "two most important" if search.has_importances else "first two"
    trials = [
        (trial, score)
        for trial, score in _scored_trials(search)
        if first.name in trial.positions and second.name in trial.positions
    ]
    if len(trials) < 5:
        return None
    x = [trial.positions[first.name] for trial, _ in trials]
    y = [trial.positions[second.name] for trial, _ in trials]
    dots = points(
        x,
        y,
        "trials",
        "@text",
        text=[f"trial {trial.number}: {score:.4g}" for trial, score in trials],
        hovertemplate="%{text}",
        showlegend=False,
        marker={"size": 7, "line": {"width": 1, "color": "@surface"}},
    )
    x_positions, x_labels = ticks(first, in_a_row=True)
    y_positions, y_labels = ticks(second)
    return figure(
        "contour",
        f"{first.name} and {second.name}",
        f"Kernel-weighted mean score over the {which} numeric hyperparameters; blank where no "
        "trial is near. Dots are the trials it is drawn from.",
        [_surface(x, y, [score for _, score in trials]), dots],
        height=400,
        xaxis=axis(first.name, tickvals=x_positions, ticktext=x_labels, range=[-0.02, 1.02]),
        yaxis=axis(second.name, tickvals=y_positions, ticktext=y_labels, range=[-0.02, 1.02]),
    )


def _surface(x: Sequence[float], y: Sequence[float], scores: Sequence[float]) -> dict[str, object]:
    surface = stats.kernel_surface(x, y, scores)
    grid = [round(float(tick), 4) for tick in np.linspace(0, 1, len(surface))]
    return {
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


def parallel_figure(search: SearchSummary) -> Figure | None:
    """One line per trial across the axes of all parameters, shaded by score."""
    parameters = search.parameters[:_MOST]
    ranking = sorted(_scored_trials(search), key=lambda item: item[1])
    if len(ranking) < 2 or len(parameters) < 2:
        return None
    traces = [
        _trial_path(parameters, trial, score, rank / (len(ranking) - 1))
        for rank, (trial, score) in enumerate(ranking)
    ]
    # The best ones stand for their shade in the legend.
    name_once(traces[::-1])
    names = [parameter.name for parameter in parameters]
    return figure(
        "parallel",
        "Parallel coordinates",
        "Each line is one complete trial; the more it stands out, the better its score. "
        "A line is interrupted where a conditional hyperparameter is not active."
        + _left_out(search),
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
        annotations=_tick_labels(parameters),
    )


def _tick_labels(parameters: Sequence[SearchedParameter]) -> list[dict[str, object]]:
    """The values beside each axis."""
    return [
        {
            "x": index,
            "y": y,
            "text": label,
            "showarrow": False,
            "xanchor": "left",
            "xshift": 4,
            "font": {"size": 11},
            "bgcolor": "@surface",
            "borderpad": 1,
        }
        for index, parameter in enumerate(parameters)
        for y, label in zip(*ticks(parameter), strict=True)
    ]


def _left_out(search: SearchSummary) -> str:
    if len(search.parameters) <= _MOST:
        return ""
    which = "most important" if search.has_importances else "first"
    return f" The {which} {_MOST} of {len(search.parameters)} hyperparameters."


def _trial_path(
    parameters: Sequence[SearchedParameter], trial: SearchTrial, score: float, share: float
) -> dict[str, object]:
    shade = min(_SHADES - 1, int(share * _SHADES))
    names = ("worst sixth", "", "", "", "", "best sixth")
    name = "default" if trial.number == 0 else names[shade] or "between"
    color = "@default" if trial.number == 0 else f"@shade-{shade}"
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(range(len(parameters))),
        "y": [trial.positions.get(parameter.name) for parameter in parameters],
        "name": name,
        "line": {
            "color": color,
            "width": 1 + 2 * share,
            "dash": "dash" if trial.number == 0 else "solid",
        },
        "marker": {"color": color, "size": 4},
        "text": [_value_text(trial, parameter.name) for parameter in parameters],
        "hovertemplate": f"trial {trial.number}, score {score:.4g}: %{{text}}",
    }
