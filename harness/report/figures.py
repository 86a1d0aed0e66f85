"""Figure: what the drawing library gets, as JSON data, and how a page introduces it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.core.printable_text import visible

_FEW = 8
_LONG = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One chart.

    Attributes:
        id: Unique in the page; letters, digits and dashes.
        title: Heading.
        caption: What is drawn and how to read it, for people with and without the picture.
        height: Pixels.
        traces, layout: As plotly.js takes them.
        wide: Whether it takes the page's whole width.
    """

    id: str
    title: str
    caption: str
    height: int
    traces: tuple[dict[str, Any], ...]
    layout: Mapping[str, Any]
    wide: bool = False

    def spec(self) -> dict[str, Any]:
        return {"data": _plain(list(self.traces)), "layout": _plain(dict(self.layout))}


def _plain(node: object) -> Any:
    """Names as they are written: the drawing library would take tags in them for its own."""
    if isinstance(node, str):
        return visible(node).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        numbers = node and not isinstance(node[0], str | dict | list | tuple)
        return list(node) if numbers else [_plain(value) for value in node]
    return node


def figure(
    id: str,
    title: str,
    caption: str,
    traces: Sequence[dict[str, Any]],
    *,
    height: int = 320,
    wide: bool = False,
    **layout: Any,
) -> Figure:
    """A figure with the margins and the legend that all share."""
    base: dict[str, Any] = {
        "margin": {"l": 56, "r": 16, "t": 12, "b": 44},
        "hovermode": "closest",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "showlegend": any(trace.get("showlegend") for trace in traces),
    }
    return Figure(
        id=id,
        title=title,
        caption=caption,
        height=height,
        traces=tuple(traces),
        layout=base | layout,
        wide=wide,
    )


def axis(title: str, **more: object) -> dict[str, Any]:
    """A labelled axis."""
    return {"title": {"text": title}, "automargin": True, "zeroline": False} | more


def panel_grid(panels: int) -> tuple[int, int]:
    """Rows and columns of panels, at most three side by side."""
    columns = min(3, panels)
    return -(-panels // columns), columns


def panel_layout(rows: int, columns: int, *, gap: float, top: int, bottom: int) -> dict[str, Any]:
    """Panels with axes of their own, and the legend above the titles of them all."""
    return {
        "grid": {"rows": rows, "columns": columns, "pattern": "independent", "ygap": gap},
        "margin": {"l": 56, "r": 16, "t": top, "b": bottom},
        # However high they are drawn.
        "legend": {"orientation": "h", "x": 0, "y": 1, "yref": "container", "yanchor": "top"},
    }


def whole(numbers: int) -> dict[str, object]:
    """For an axis that counts: no halves between the first few."""
    return {"dtick": 1} if numbers <= _FEW else {}


def short(name: str) -> str:
    """A name that leaves room for the drawing beside it."""
    return name if len(name) <= _LONG else f"{name[: _LONG - 1]}\N{HORIZONTAL ELLIPSIS}"


def line(
    x: Sequence[Any], y: Sequence[Any], name: str, color: str, *, width: float = 2, **more: Any
) -> dict[str, Any]:
    """A line; it appears in the legend unless told otherwise."""
    dash = more.pop("dash", "solid")
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(x),
        "y": list(y),
        "name": name,
        "line": {"color": color, "width": width, "dash": dash},
        "showlegend": True,
    } | more


def band(
    x: Sequence[Any], low: Sequence[Any], high: Sequence[Any], color: str, group: str, **more: Any
) -> dict[str, object]:
    """The area between two curves; hidden and shown with its group, in no legend."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*x, *reversed(x)],
        "y": [*high, *reversed(low)],
        "fill": "toself",
        "fillcolor": f"{color}-band",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
        "legendgroup": group,
    } | more


def points(
    x: Sequence[object], y: Sequence[object], name: str, color: str, **more: Any
) -> dict[str, Any]:
    """Markers; they appear in the legend unless told otherwise."""
    marker = {"color": color, "size": 7} | more.pop("marker", {})
    return {
        "type": "scatter",
        "mode": "markers",
        "x": list(x),
        "y": list(y),
        "name": name,
        "marker": marker,
        "showlegend": True,
    } | more


def error_bars(
    estimates: Sequence[tuple[float | None, float | None, float | None]], **more: object
) -> dict[str, object]:
    """Bars from the lower to the upper end around each value, which need not be its middle.

    Args:
        estimates: Value, lower end, upper end; None where there is no interval.
    """
    return {
        "type": "data",
        "symmetric": False,
        "array": [_reach(value, high) for value, _, high in estimates],
        "arrayminus": [_reach(low, value) for value, low, _ in estimates],
    } | more


def _reach(low: float | None, high: float | None) -> float | None:
    return None if low is None or high is None else high - low


def name_once(traces: Sequence[dict[str, Any]]) -> None:
    """Let only the first trace of each name stand in the legend."""
    names: set[str] = set()
    for trace in traces:
        trace["showlegend"] = trace["name"] not in names
        names.add(trace["name"])
