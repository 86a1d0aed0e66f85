"""Traces and axes of a page's figure, drawn on axes of matplotlib."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from harness.core.printable_text import visible
from harness.report.number_format import steps
from harness.report.paper.figure_panels import Panel

_COLORS: Final = {
    "@tuned": "#0b4f9e",
    "@default": "#e08214",
    "@extra-1": "#1b7f5f",
    "@extra-2": "#9e7fc9",
    "@extra-3": "#7a1f4c",
    "@muted": "#7d8794",
    "@bad": "#c0392b",
}
"""The hues of the pages; their lightness is such that no two variants are one grey."""

_DASHES: Final[Mapping[str, Any]] = {
    "solid": "-",
    "dash": (0, (4, 1.6)),
    "dot": (0, (1, 1.5)),
    "dashdot": (0, (4, 1.5, 1, 1.5)),
    "longdash": (0, (8, 2)),
}
_MARKERS: Final = {"circle": "o", "diamond": "D", "x": "x", "star": "*", "line-ew": "_"}
_OTHER_DASHES: Final = {"@extra-1": "dashdot", "@extra-2": "dot", "@extra-3": "longdash"}
"""Of variants that differ in hue alone on a page."""
_TICKS: Final = 4
"""Of an axis: more of them would meet."""
_PIXEL: Final = 0.5
"""Points of a paper for a pixel of a page."""


def color_of(token: str) -> str:
    """The color that a page's name for it has on paper.

    >>> color_of("@tuned-band") == color_of("@tuned")
    True
    """
    return _COLORS[token.removesuffix("-band")]


def axis_title(settings: Mapping[str, Any]) -> str:
    """Title of an axis of a page; may be empty."""
    return str(settings.get("title", {}).get("text", ""))


def draw_panel(axes: Any, panel: Panel) -> None:
    """Everything of a panel but its heading and the titles of its axes."""
    for trace in panel.traces:
        if trace["type"] == "bar":
            _draw_bars(axes, trace)
        elif trace["type"] == "scatter":
            _draw_scatter(axes, trace)
        else:
            raise ValueError(f"a paper has no drawing for traces of type {trace['type']}")
    for shape in panel.shapes:
        look = shape["line"]
        axes.axvline(
            shape["x0"], color=color_of(look["color"]), linewidth=0.7, linestyle=_dash(look)
        )
    for note in panel.notes:
        axes.annotate(
            visible(html.unescape(note["text"])),
            (note["x"], note["y"]),
            xycoords=("data", "axes fraction"),
            rotation=90,
            ha="right",
            va="bottom",
            fontsize=6,
            color=color_of(note["font"]["color"]),
        )
    _set_axis(axes.xaxis, axes.set_xlim, panel.x_axis)
    _set_axis(axes.yaxis, axes.set_ylim, panel.y_axis)
    if panel.x_axis.get("zeroline"):
        axes.axvline(0, color=color_of("@muted"), linewidth=0.7, zorder=0.5)
    if "ticktext" in panel.y_axis:
        axes.grid(visible=False, axis="y")


def _draw_bars(axes: Any, trace: Mapping[str, Any]) -> None:
    color = color_of(trace["marker"]["color"])
    names = [visible(name) for name in trace["y"]]
    axes.barh(names, trace["x"], height=0.55, color=color)
    for index, (length, text) in enumerate(zip(trace["x"], trace["text"], strict=True)):
        axes.annotate(
            text, (length, index), (2, 0), textcoords="offset points", va="center", fontsize=7
        )
    axes.grid(visible=False, axis="y")


def _draw_scatter(axes: Any, trace: Mapping[str, Any]) -> None:
    x, y = _numbers(trace["x"]), _numbers(trace["y"])
    name = visible(trace.get("name", "")) if trace.get("showlegend") else None
    if trace.get("fill") == "toself":
        axes.fill(x, y, color=color_of(trace["fillcolor"]), alpha=0.2, linewidth=0)
        return
    look: dict[str, Any] = {"label": name, "alpha": trace.get("opacity")}
    if "lines" in trace["mode"]:
        settings = trace["line"]
        look |= {
            "color": color_of(settings["color"]),
            "linewidth": _PIXEL * settings["width"],
            "linestyle": _dash(settings),
            # Of two equal curves the dashes show both.
            "zorder": 2.2 if settings.get("dash", "solid") != "solid" else 2,
            "drawstyle": "steps-post" if settings.get("shape") == "hv" else "default",
        }
    else:
        look |= {"color": color_of(trace["marker"]["color"]), "linestyle": "none"}
    if "markers" in trace["mode"]:
        look |= _marker(trace["marker"], look["alpha"])
    bars = {f"{way[-1]}err": _reach(trace[way]) for way in ("error_x", "error_y") if way in trace}
    if any(reach is not None for reach in bars.values()):
        axes.errorbar(x, y, **bars, **look, elinewidth=0.9, capsize=1.5, capthick=0.9)
    else:
        axes.plot(x, y, **look)
    if "text" in trace["mode"]:
        _name_points(axes, x, y, trace)


def _marker(marker: Mapping[str, Any], alpha: float | None) -> dict[str, object]:
    symbol, is_open, _ = marker.get("symbol", "circle").partition("-open")
    look: dict[str, Any] = {
        "marker": _MARKERS[symbol],
        "markersize": _PIXEL * marker["size"],
        "alpha": marker.get("opacity", alpha),
        "markeredgewidth": 1.5 if symbol == "line-ew" else 0.7,
    }
    return look | ({"markerfacecolor": "none"} if is_open else {})


def _reach(bars: Mapping[str, Any]) -> object:
    """Lengths of error bars below and above; None where no point has one."""
    above = _numbers(bars["array"])
    below = _numbers(bars["arrayminus"]) if "arrayminus" in bars else above
    if all(math.isnan(length) for length in above):
        return None
    return [below, above]


def _name_points(axes: Any, x: list[float], y: list[float], trace: Mapping[str, Any]) -> None:
    up, _, side = trace["textposition"].partition(" ")
    for across, along, text in zip(x, y, trace["text"], strict=True):
        axes.annotate(
            visible(text),
            (across, along),
            (4 if side == "right" else -4, {"top": 4, "bottom": -4}.get(up, 0)),
            textcoords="offset points",
            ha="left" if side == "right" else "right",
            va={"top": "bottom", "bottom": "top"}.get(up, "center"),
            fontsize=7,
        )


def _numbers(values: Sequence[Any]) -> list[float]:
    return [math.nan if value is None else float(value) for value in values]


def _dash(line: Mapping[str, Any]) -> Any:
    dash = line.get("dash", "solid")
    # Of many thin lines each stays a line.
    other = _OTHER_DASHES.get(line["color"], dash) if line["width"] > 1 else dash
    return _DASHES[other if dash == "solid" else dash]


def _set_axis(axis: Any, set_limits: Any, settings: Mapping[str, Any]) -> None:
    from matplotlib import ticker

    if settings.get("type") == "log":
        (axis.axes.set_xscale if axis.axis_name == "x" else axis.axes.set_yscale)("log")
        axis.set_minor_locator(ticker.NullLocator())
    if "tickvals" in settings and settings.get("type") != "log":
        axis.set_ticks(settings["tickvals"], [visible(name) for name in settings["ticktext"]])
    elif settings.get("type") == "log":
        low, high = axis.get_view_interval()
        ticks = [tick for tick in settings["tickvals"] if low <= tick <= high]
        if len(ticks) > _TICKS:
            ticks = [tick for tick in ticks if math.log10(tick).is_integer()]
        axis.set_ticks(ticks, [f"{tick:,.10g}" for tick in ticks])
    elif not isinstance(axis.get_major_locator(), ticker.FixedLocator):
        _set_ticks(axis, settings)
    if settings.get("range") is not None:
        set_limits(*settings["range"])
    elif settings.get("rangemode") == "tozero":
        set_limits(0)


def _set_ticks(axis: Any, settings: Mapping[str, object]) -> None:
    from matplotlib import ticker

    if axis.units is not None:
        return
    axis.set_major_locator(
        ticker.MaxNLocator(
            nbins=_TICKS, steps=[1, 2, 2.5, 5, 10], integer=settings.get("dtick") == 1
        )
    )
    if settings.get("tickformat") == ".0%":
        axis.set_major_formatter(ticker.PercentFormatter(1, decimals=0, symbol=" %"))
    elif axis_title(settings) == "environment steps":
        axis.set_major_formatter(ticker.FuncFormatter(lambda at, _: steps(round(at))))
