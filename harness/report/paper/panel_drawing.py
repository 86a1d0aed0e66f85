"""The matplotlib door: panels as SVG, PDF and PNG, the same bytes each time.

Letters are outlines in SVG and TrueType in PDF, so that they look alike everywhere; the font comes
with matplotlib. Two variants differ in lightness, dash and marker, never in hue alone.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from harness.core.plan import DEFAULT, TUNED
from harness.core.printable_text import visible
from harness.errors import MissingExtraError
from harness.report.number_format import steps
from harness.report.paper.figure_panels import Panel, PaperFigure, names_beside

__all__ = ["FORMATS", "WIDTHS", "canvas_of", "check_matplotlib", "color_of", "figure_files"]

WIDTHS: Final = (3.25, 6.75)
"""Inches: of a column, and of two with the gap between them."""

FORMATS: Final = ("pdf", "png", "svg")

_DOTS: Final = 300
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

_STYLE: Final = {
    "font.family": ["STIXGeneral", "DejaVu Sans"],
    "font.size": 8,
    "axes.titlesize": 7.5,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 8,
    "text.parse_math": False,
    "axes.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e6ea",
    "grid.linewidth": 0.4,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "harness",
}
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
_ORDER: Final[Mapping[str, int]] = {TUNED: 0, DEFAULT: 1}
_WORD: Final = re.compile(r"[^\s/_-]*[\s/_-]|[^\s/_-]+$")
_LINES: Final = 4
"""Of a title, at most."""
_LETTER: Final = 0.05
"""Inches: of a letter of the size of a tick's name."""
_PIXEL: Final = 0.5
"""Points of a paper for a pixel of a page."""


def check_matplotlib() -> None:
    """Find out before anything else is done.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        import matplotlib as _  # noqa: F401, ICN001
    except ImportError as error:
        raise MissingExtraError(
            "figures for papers are drawn by matplotlib, which is not installed",
            help="pip install 'rl-harness[paper]'",
        ) from error


def color_of(token: str) -> str:
    """The color that a page's name for it has on paper.

    >>> color_of("@tuned-band") == color_of("@tuned")
    True
    """
    return _COLORS[token.removesuffix("-band")]


def figure_files(drawn: PaperFigure) -> Iterator[tuple[str, bytes]]:
    """Name of each file, and what it holds: every width in every format."""
    for place, width in enumerate(WIDTHS):
        canvas = canvas_of(drawn, width, drawn.columns[place])
        for form in FORMATS:
            yield f"{drawn.name}-{place + 1}col.{form}", _saved(canvas, form)


def canvas_of(drawn: PaperFigure, width: float, columns: int) -> Any:
    """The figure of matplotlib, laid out once for all formats.

    Args:
        drawn: What it shows.
        width: Inches.
        columns: Panels side by side.
    """
    from matplotlib.figure import Figure as Canvas

    with _style():
        canvas: Any = Canvas(layout="constrained")
        canvas.get_layout_engine().set(w_pad=0.03, h_pad=0.03, hspace=0.02, wspace=0.02)
        entries, height = _draw_panels(canvas, drawn, width, columns)
        if entries:
            per_row = _per_row(entries, width)
            height += 0.17 * -(-len(entries) // per_row)
            canvas.legend(
                entries.values(),
                entries.keys(),
                loc="outside upper center",
                ncols=per_row,
                handlelength=2.2,
                columnspacing=1.2,
                borderaxespad=0.1,
            )
        canvas.set_size_inches(width, height)
        canvas.draw_without_rendering()
        canvas.set_layout_engine("none")
    return canvas


@contextmanager
def _style() -> Iterator[None]:
    """Settings of ours alone, whichever the user has."""
    import matplotlib as mpl

    with mpl.rc_context(), warnings.catch_warnings():
        # A sign that no font has is drawn as a box.
        warnings.simplefilter("ignore", UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def _saved(canvas: Any, form: str) -> bytes:
    dates = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {"Software": None}}
    data = io.BytesIO()
    with _style():
        canvas.savefig(data, format=form, dpi=_DOTS, metadata=dates[form])
    return data.getvalue()


def _draw_panels(
    canvas: Any, drawn: PaperFigure, width: float, columns: int
) -> tuple[dict[str, Any], float]:
    """Draw all panels; returns the legend's entries and the height that the panels take."""
    rows = -(-len(drawn.panels) // columns)
    grid = canvas.subplots(rows, columns, squeeze=False).flat
    beside = max(len(name) for panel in drawn.panels for name in ("", *names_beside(panel)))
    letters = max(8, int((width / columns - 0.4 - _LETTER * beside) * 17))
    lines = 0
    for index, axes in enumerate(grid):
        if index >= len(drawn.panels):
            axes.remove()
            continue
        panel = drawn.panels[index]
        _draw_panel(axes, panel)
        title = _wrapped(visible(panel.title), letters)
        lines = max(lines, len(title))
        axes.set_title("\n".join(title), fontweight="bold")
        is_last = index + columns >= len(drawn.panels)
        _label(axes, panel, drawn.panels, is_first=index % columns == 0, is_last=is_last)
    return _legend(canvas.axes), rows * (drawn.height + 0.14 * lines) + 0.4


def _wrapped(text: str, letters: int) -> list[str]:
    """Lines of a name; it ends a line after a blank or a sign that parts words in names."""
    if not text:
        return []
    lines = [""]
    for word in _WORD.findall(text):
        piece = word
        if lines[-1] and len(lines[-1]) + len(piece.rstrip()) > letters:
            lines.append("")
        while len(piece) > letters:
            lines[-1] += piece[:letters]
            lines.append("")
            piece = piece[letters:]
        lines[-1] += piece
    if len(lines) > _LINES:
        lines[_LINES - 1] = f"{lines[_LINES - 1].rstrip()[: letters - 1]}\N{HORIZONTAL ELLIPSIS}"
    return lines[:_LINES]


def _per_row(entries: Mapping[str, Any], width: float) -> int:
    longest = max(len(name) for name in entries)
    return max(1, min(len(entries), int(width / (0.42 + _LETTER * longest))))


def _legend(all_axes: Sequence[Any]) -> dict[str, Any]:
    """Name -> what stands for it; each name once, whatever panel it is in."""
    entries: dict[str, Any] = {}
    for axes in all_axes:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(name, handle)
    return dict(sorted(entries.items(), key=lambda entry: _ORDER.get(entry[0], len(_ORDER))))


def _label(
    axes: Any, panel: Panel, panels: Sequence[Panel], *, is_first: bool, is_last: bool
) -> None:
    """Titles of axes: once for a row and a column where they are the same."""
    x_titles = {_title(each.x_axis) for each in panels}
    y_titles = {_title(each.y_axis) for each in panels} - {""}
    if is_last or len(x_titles) > 1:
        axes.set_xlabel(_title(panel.x_axis))
    if is_first or len(y_titles) > 1:
        axes.set_ylabel(_title(panel.y_axis) or (min(y_titles) if len(y_titles) == 1 else ""))
    names = panel.y_axis.get("ticktext")
    if names is not None and not is_first and _same_names(panels):
        axes.tick_params(labelleft=False)


def _same_names(panels: Sequence[Panel]) -> bool:
    return len({tuple(panel.y_axis.get("ticktext", ())) for panel in panels}) == 1


def _title(settings: Mapping[str, Any]) -> str:
    return str(settings.get("title", {}).get("text", ""))


def _draw_panel(axes: Any, panel: Panel) -> None:
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
    for place, (length, text) in enumerate(zip(trace["x"], trace["text"], strict=True)):
        axes.annotate(
            text, (length, place), (2, 0), textcoords="offset points", va="center", fontsize=7
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


def _marker(marker: Mapping[str, Any], alpha: float | None) -> dict[str, Any]:
    symbol, is_open, _ = marker.get("symbol", "circle").partition("-open")
    look: dict[str, Any] = {
        "marker": _MARKERS[symbol],
        "markersize": _PIXEL * marker["size"],
        "alpha": marker.get("opacity", alpha),
        "markeredgewidth": 1.5 if symbol == "line-ew" else 0.7,
    }
    return look | ({"markerfacecolor": "none"} if is_open else {})


def _reach(bars: Mapping[str, Any]) -> Any:
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
        axis.set_ticks(ticks, [f"{tick:,.10g}" for tick in ticks])
    elif not isinstance(axis.get_major_locator(), ticker.FixedLocator):
        _set_ticks(axis, settings)
    if settings.get("range") is not None:
        set_limits(*settings["range"])
    elif settings.get("rangemode") == "tozero":
        set_limits(0)


def _set_ticks(axis: Any, settings: Mapping[str, Any]) -> None:
    from matplotlib import ticker

    if axis.units is not None:
        return
    axis.set_major_locator(
        ticker.MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10], integer=settings.get("dtick") == 1)
    )
    if settings.get("tickformat") == ".0%":
        axis.set_major_formatter(ticker.PercentFormatter(1, decimals=0, symbol=" %"))
    elif _title(settings) == "environment steps":
        axis.set_major_formatter(ticker.FuncFormatter(lambda at, _: steps(round(at))))
