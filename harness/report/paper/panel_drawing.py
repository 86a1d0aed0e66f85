"""The matplotlib door: panels as SVG, PDF and PNG, the same bytes each time.

Letters are outlines in SVG and TrueType in PDF, so that they look alike everywhere; the font comes
with matplotlib. Two variants differ in lightness, dash and marker, never in hue alone.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from harness.core.printable_text import visible
from harness.core.run import DEFAULT, TUNED
from harness.errors import MissingExtraError
from harness.report.paper.figure_panels import Panel, PaperFigure, names_beside
from harness.report.paper.trace_drawing import axis_title, draw_panel

WIDTHS: Final = (3.25, 6.75)
"""Inches: of a column, and of two with the gap between them."""

FORMATS: Final = ("pdf", "png", "svg")

_DOTS: Final = 300
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
_ORDER: Final[Mapping[str, int]] = {TUNED: 0, DEFAULT: 1}
_WORD: Final = re.compile(r"[^\s/_-]*[\s/_-]|[^\s/_-]+$")
_LINES: Final = 4
"""Of a title, at most."""
_LETTER: Final = 0.05
"""Inches: of a letter of the size of a tick's name."""


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


def figure_files(figure: PaperFigure) -> Iterator[tuple[str, bytes]]:
    """Name of each file, and what it holds: every width in every format."""
    for index, width in enumerate(WIDTHS):
        canvas = canvas_of(figure, width, figure.columns[index])
        for form in FORMATS:
            yield f"{figure.name}-{index + 1}col.{form}", _encode(canvas, form)


def canvas_of(figure: PaperFigure, width: float, columns: int) -> Any:
    """The figure of matplotlib, laid out once for all formats.

    Args:
        width: Inches.
        columns: Panels side by side.
    """
    from matplotlib.figure import Figure as Canvas

    with _style():
        canvas: Any = Canvas(layout="constrained")
        canvas.get_layout_engine().set(w_pad=0.03, h_pad=0.03, hspace=0.02, wspace=0.02)
        entries, height = _draw_panels(canvas, figure, width, columns)
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


def _encode(canvas: Any, form: str) -> bytes:
    dates = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {"Software": None}}
    data = io.BytesIO()
    with _style():
        canvas.savefig(data, format=form, dpi=_DOTS, metadata=dates[form])
    return data.getvalue()


def _draw_panels(
    canvas: Any, figure: PaperFigure, width: float, columns: int
) -> tuple[dict[str, object], float]:
    """Draw all panels; returns the legend's entries and the height that the panels take."""
    rows = -(-len(figure.panels) // columns)
    grid = canvas.subplots(rows, columns, squeeze=False).flat
    beside = max(len(name) for panel in figure.panels for name in ("", *names_beside(panel)))
    letters = max(8, int((width / columns - 0.4 - _LETTER * beside) * 17))
    lines = 0
    for index, axes in enumerate(grid):
        if index >= len(figure.panels):
            axes.remove()
            continue
        panel = figure.panels[index]
        draw_panel(axes, panel)
        title = _wrap_name(visible(panel.title), letters)
        lines = max(lines, len(title))
        axes.set_title("\n".join(title), fontweight="bold")
        is_last = index + columns >= len(figure.panels)
        _label(axes, panel, figure.panels, is_first=index % columns == 0, is_last=is_last)
    return _legend(canvas.axes), rows * (figure.height + 0.14 * lines) + 0.4


def _wrap_name(text: str, letters: int) -> list[str]:
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


def _per_row(entries: Mapping[str, object], width: float) -> int:
    longest = max(len(name) for name in entries)
    return max(1, min(len(entries), int(width / (0.42 + _LETTER * longest))))


def _legend(all_axes: Sequence[Any]) -> dict[str, object]:
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
    x_titles = {axis_title(each.x_axis) for each in panels}
    y_titles = {axis_title(each.y_axis) for each in panels} - {""}
    if is_last or len(x_titles) > 1:
        axes.set_xlabel(axis_title(panel.x_axis))
    if is_first or len(y_titles) > 1:
        axes.set_ylabel(axis_title(panel.y_axis) or (min(y_titles) if len(y_titles) == 1 else ""))
    names = panel.y_axis.get("ticktext")
    if names is not None and not is_first and _same_names(panels):
        axes.tick_params(labelleft=False)


def _same_names(panels: Sequence[Panel]) -> bool:
    return len({tuple(panel.y_axis.get("ticktext", ())) for panel in panels}) == 1
