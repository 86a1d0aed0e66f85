"""Over all scenarios, drawn: aggregates with intervals, and performance profiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.analysis import AggregateRow, ProfileCurve
from harness.report.figures import (
    Figure,
    axis,
    band,
    error_bars,
    figure,
    line,
    name_once,
    panel_grid,
    panel_layout,
    points,
    short,
)
from harness.report.parts.overall.data import Overall

_MEASURES = (
    ("iqm", "IQM"),
    ("mean", "mean"),
    ("median", "median"),
    ("optimality_gap", "optimality gap"),
)
_VARIANTS = {"tuned": ("@tuned", "circle"), "default": ("@default", "diamond")}


def draw(data: Overall) -> tuple[Figure, ...]:
    """Aggregates and profiles, as far as there are any."""
    figures = (aggregate_figure(data.aggregates.rows), profile_figure(data.profiles))
    return tuple(figure for figure in figures if figure is not None)


def aggregate_figure(rows: Sequence[AggregateRow]) -> Figure | None:
    """The four figures side by side, one line per algorithm, tuned above default."""
    rows = [row for row in rows if row.variant in _VARIANTS]
    names = list(dict.fromkeys(_name(row.algorithm, row.title) for row in rows))
    if not names:
        return None
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {
        "grid": {"rows": 1, "columns": len(_MEASURES), "pattern": "independent", "xgap": 0.1},
        "margin": {"l": 90, "r": 16, "t": 12, "b": 44},
    }
    for index, (field, title) in enumerate(_MEASURES, start=1):
        suffix = "" if index == 1 else str(index)
        for variant, (color, symbol) in _VARIANTS.items():
            members = [row for row in rows if row.variant == variant]
            traces.append(_marks(members, field, variant, color, symbol, names, suffix))
        layout[f"xaxis{suffix}"] = axis(title, range=_range(rows, field), nticks=4, tickangle=0)
        layout[f"yaxis{suffix}"] = axis(
            "",
            tickvals=list(range(len(names))),
            ticktext=[short(name) for name in names],
            showticklabels=index == 1,
            range=[len(names) - 0.5, -0.5],
        )
    return figure(
        "aggregates",
        "Aggregates with intervals",
        "Normalised scores over all scenarios of an algorithm: 0 is a random policy, 1 the "
        "reference. Bars are 95 % intervals of a bootstrap within scenarios. Only the optimality "
        "gap is better when lower.",
        traces,
        height=110 + 46 * len(names),
        wide=True,
        **layout,
    )


def _marks(
    rows: Sequence[AggregateRow],
    field: str,
    variant: str,
    color: str,
    symbol: str,
    names: Sequence[str],
    suffix: str,
) -> dict[str, object]:
    shift = -0.14 if variant == "tuned" else 0.14
    estimates = [getattr(row, field) for row in rows]
    return points(
        [estimate.value for estimate in estimates],
        [names.index(_name(row.algorithm, row.title)) + shift for row in rows],
        variant,
        color,
        xaxis=f"x{suffix}",
        yaxis=f"y{suffix}",
        legendgroup=variant,
        showlegend=suffix == "",
        text=[_name(row.algorithm, row.title) for row in rows],
        hovertemplate=f"%{{text}}, {variant}: %{{x:.3f}}",
        marker={"symbol": symbol, "size": 9},
        error_x=error_bars(
            [(e.value, e.low, e.high) for e in estimates], thickness=2, width=4, color=color
        ),
    )


def _range(rows: Sequence[AggregateRow], field: str) -> list[float] | None:
    """Ends of the axis; where all is equal it must not show the last digit's rounding."""
    estimates = [getattr(row, field) for row in rows]
    values = [v for e in estimates for v in (e.value, e.low, e.high) if v is not None]
    if not values:
        return None
    middle, half = (max(values) + min(values)) / 2, (max(values) - min(values)) / 2
    reach = max(1.1 * half, 0.05)
    return [middle - reach, middle + reach]


def _name(algorithm: str | None, title: str) -> str:
    return "all cells" if algorithm is None else title


def profile_figure(curves: Sequence[ProfileCurve]) -> Figure | None:
    """Share of runs above each normalised score: a panel for all cells and for each algorithm."""
    profiles = [curve for curve in curves if curve.variant in _VARIANTS]
    names = list(dict.fromkeys(_name(curve.algorithm, curve.title) for curve in profiles))
    if not names:
        return None
    # One algorithm is all there is: its own curves say it.
    if len(names) == 2:
        profiles = [curve for curve in profiles if curve.algorithm is not None]
        names = names[1:]
    rows, columns = panel_grid(len(names))
    low, high = min(c.thresholds[0] for c in profiles), max(c.thresholds[-1] for c in profiles)
    traces: list[dict[str, Any]] = []
    layout = panel_layout(rows, columns, gap=0.4, top=48, bottom=44) | {"annotations": []}
    for index, name in enumerate(names, start=1):
        suffix = "" if index == 1 else str(index)
        members = [curve for curve in profiles if _name(curve.algorithm, curve.title) == name]
        for curve in sorted(members, key=lambda curve: curve.variant):
            traces += _profile(curve, suffix)
        layout[f"xaxis{suffix}"] = axis("normalised score", range=[low, high])
        layout[f"yaxis{suffix}"] = axis(
            "share of runs above" if (index - 1) % columns == 0 else "",
            range=[-0.03, 1.05],
            tickformat=".0%",
        )
        layout["annotations"].append(_panel_title(name, suffix))
    name_once([trace for trace in traces if trace["name"]])
    return figure(
        "profiles",
        "Performance profiles",
        "Share of runs that score above each normalised score, with a pointwise 95 % band. "
        "Higher everywhere is better.",
        traces,
        height=90 + (270 if rows == 1 else 240 * rows),
        wide=True,
        **layout,
    )


def _panel_title(name: str, suffix: str) -> dict[str, object]:
    return {
        "text": short(name),
        "font": {"weight": 700},
        "x": 0.99,
        "y": 1,
        "xref": f"x{suffix} domain",
        "yref": f"y{suffix} domain",
        "xanchor": "right",
        "yanchor": "bottom",
        "showarrow": False,
    }


def _profile(curve: ProfileCurve, suffix: str) -> list[dict[str, object]]:
    color = _VARIANTS[curve.variant][0]
    axes: dict[str, Any] = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
    traces = []
    if None not in curve.low:
        area = band(curve.thresholds, curve.low, curve.high, color, curve.variant, **axes)
        traces.append(area | {"name": ""})
    traces.append(
        line(
            curve.thresholds,
            curve.share,
            curve.variant,
            color,
            dash="dash" if curve.variant == "default" else "solid",
            legendgroup=curve.variant,
            hovertemplate="%{y:.0%} above %{x:.2f}",
            **axes,
        )
    )
    return traces
