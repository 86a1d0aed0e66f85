"""Over all scenarios: aggregates with intervals, and performance profiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.analysis import AggregateRow, ProfileCurve
from harness.report.figures.figure import Figure, axis, band, figure, line, points

__all__ = ["aggregate_figure", "profile_figure"]

_MEASURES = (
    ("iqm", "IQM"),
    ("mean", "mean"),
    ("median", "median"),
    ("optimality_gap", "optimality gap"),
)
_HUES = ("@tuned", "@extra-1", "@extra-2", "@extra-3", "@default", "@muted")
_VARIANTS = {"tuned": ("@tuned", "circle"), "default": ("@default", "diamond")}


def aggregate_figure(rows: Sequence[AggregateRow]) -> Figure | None:
    """The four figures side by side, one line per algorithm, tuned above default."""
    shown = [row for row in rows if row.variant in _VARIANTS]
    names = list(dict.fromkeys(_name(row.algorithm, row.title) for row in shown))
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
            here = [row for row in shown if row.variant == variant]
            traces.append(_marks(here, field, variant, color, symbol, names, suffix))
        layout[f"xaxis{suffix}"] = axis(title)
        layout[f"yaxis{suffix}"] = axis(
            "",
            tickvals=list(range(len(names))),
            ticktext=names if index == 1 else [""] * len(names),
            range=[len(names) - 0.5, -0.5],
            automargin=index == 1,
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
) -> dict[str, Any]:
    shift = -0.14 if variant == "tuned" else 0.14
    found = [getattr(row, field) for row in rows]
    values = [estimate.value for estimate in found]
    return points(
        values,
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
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [_reach(e.value, e.high) for e in found],
            "arrayminus": [_reach(e.low, e.value) for e in found],
            "thickness": 2,
            "width": 4,
            "color": color,
        },
    )


def _reach(low: float | None, high: float | None) -> float | None:
    return None if low is None or high is None else high - low


def _name(algorithm: str | None, title: str) -> str:
    return "all cells" if algorithm is None else title


def profile_figure(curves: Sequence[ProfileCurve]) -> Figure | None:
    """Share of runs above each normalised score; tuned solid, default dashed."""
    shown = [curve for curve in curves if curve.variant in _VARIANTS]
    names = list(dict.fromkeys(_name(curve.algorithm, curve.title) for curve in shown))
    if not names:
        return None
    # One algorithm is all there is: its own curves say it.
    if len(names) == 2:
        shown = [curve for curve in shown if curve.algorithm is not None]
        names = names[1:]
    traces: list[dict[str, Any]] = []
    for curve in shown:
        name = _name(curve.algorithm, curve.title)
        place = names.index(name)
        color = _HUES[place % len(_HUES)]
        if len(names) == 1:
            color = _VARIANTS[curve.variant][0]
        traces += _profile(curve, f"{name}, {curve.variant}", color, shown=place < 4)
    return figure(
        "profiles",
        "Performance profiles",
        "Share of runs that score above each normalised score; solid is tuned, dashed default, "
        "the band is pointwise 95 %. Higher everywhere is better. Click a name to show or hide it.",
        traces,
        height=380,
        wide=True,
        xaxis=axis("normalised score"),
        yaxis=axis("share of runs above", range=[-0.02, 1.04], tickformat=".0%"),
    )


def _profile(curve: ProfileCurve, name: str, color: str, *, shown: bool) -> list[dict[str, Any]]:
    visible = True if shown else "legendonly"
    traces = []
    if None not in curve.low:
        traces.append(band(curve.thresholds, curve.low, curve.high, color, name, visible=visible))
    traces.append(
        line(
            curve.thresholds,
            curve.share,
            name,
            color,
            dash="dash" if curve.variant == "default" else "solid",
            legendgroup=name,
            visible=visible,
            hovertemplate="%{y:.0%} above %{x:.2f}",
        )
    )
    return traces
