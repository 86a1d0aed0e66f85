"""The picture that a link to a report is shown with elsewhere: the answer and its intervals.

Pillow draws it, with the font that it brings: the same text gives the same pixels on any machine.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.analysis import LeaderboardRow
from harness.core.printable_text import quantity, visible
from harness.report.campaign_views import CampaignView
from harness.report.html_pages import tone
from harness.report.outcomes import outcome
from harness.report.published_reports import PublishedReport
from harness.report.table_drawings import WIDTH, Forest, forest

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

SIZE: Final = (1200, 630)
"""Pixels, as networks show them."""

_MARGIN: Final = 60
_STEP: Final = 52
"""From one row to the next."""
_FOOT: Final = 562
_INK, _PALE, _LINE = "#16202c", "#4a5665", "#c3cad3"
_COLORS: Final = {"up": "#1f66c1", "down": "#b3261e", "warn": "#8a5a00", "bad": "#b3261e"}
_AXIS: Final = 680
"""Where the drawings of differences begin."""


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A line of the picture.

    Attributes:
        name: What it is about.
        word: What came of it.
        drawing: Its difference; None where there is none.
    """

    name: str
    word: str
    drawing: Forest | None = None


def campaign_picture(view: CampaignView) -> bytes:
    """A campaign: its headline, and the differences of its first cells."""
    rows = [PreviewRow(row.cell, outcome(row), _drawing(view, row)) for row in view.rows]
    return draw_picture(view.record.name, view.headline, rows, noun="cell")


def site_picture(title: str, reports: Sequence[PublishedReport]) -> bytes:
    """All campaigns, each with how many of its cells came out how."""
    rows = [
        PreviewRow(each.name, ", ".join(f"{cells} {word}" for word, cells in each.outcomes))
        for each in reports
    ]
    return draw_picture("rl-harness", title, rows, noun="campaign")


def _drawing(view: CampaignView, row: LeaderboardRow) -> Forest | None:
    part = row.difference
    if part is None:
        return None
    peers = [each.difference for each in view.rows if each.scenario == row.scenario]
    ends = [
        abs(end)
        for each in peers
        if each is not None
        for end in (each.difference, each.low, each.high)
        if end is not None
    ]
    return forest(part, max(ends) or 1.0)


def draw_picture(name: str, headline: str, rows: Sequence[PreviewRow], *, noun: str) -> bytes:
    """The picture as PNG.

    Args:
        name: Stands small above everything.
        headline: Stands large; what does not fit into three lines is cut.
        rows: Lines below; those that do not fit are counted.
        noun: What a row is, e.g. ``cell``.
    """
    from PIL import Image, ImageDraw

    image = Image.new("RGB", SIZE, "#ffffff")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 14, SIZE[1]), fill=_COLORS["up"])
    _write(draw, (_MARGIN, 48), name, 28, _PALE)
    y = 92
    for line in _lines(draw, headline, 44, SIZE[0] - 2 * _MARGIN, most=3):
        _write(draw, (_MARGIN, y), line, 44, _INK)
        y += 56
    y = max(y + 24, 220)
    fit = (_FOOT - y) // _STEP
    visible_rows = rows if len(rows) <= fit else rows[: fit - 1]
    for row in visible_rows:
        _draw_row(draw, y, row)
        y += _STEP
    if len(rows) > len(visible_rows):
        _write(
            draw,
            (_MARGIN, y),
            f"and {quantity(len(rows) - len(visible_rows), noun)} more",
            26,
            _PALE,
        )
    _write(draw, (_MARGIN, _FOOT + 16), "tuned against default, on held-out seeds", 24, _PALE)
    file = io.BytesIO()
    image.quantize(64).save(file, format="PNG", optimize=True)
    return file.getvalue()


def _draw_row(draw: ImageDraw, y: int, row: PreviewRow) -> None:
    color = _COLORS.get(tone(row.word), _PALE)
    name = next(_lines(draw, row.name, 26, 340, most=1))
    _write(draw, (_MARGIN, y), name, 26, _INK)
    if row.drawing is None:
        space = SIZE[0] - _MARGIN - 420
        _write(draw, (420, y), next(_lines(draw, row.word, 26, space, most=1)), 26, color)
        return
    _write(draw, (420, y), next(_lines(draw, row.word, 26, 250, most=1)), 26, color)
    factor = (SIZE[0] - _MARGIN - _AXIS) / WIDTH
    drawing, middle = row.drawing, y + 16
    zero = _AXIS + drawing.zero * factor
    draw.line((zero, y - 10, zero, y + 42), fill=_LINE, width=2)
    if drawing.low is not None and drawing.high is not None:
        ends = (_AXIS + drawing.low * factor, middle, _AXIS + drawing.high * factor, middle)
        draw.line(ends, fill=color, width=5)
    x = _AXIS + drawing.difference * factor
    draw.ellipse((x - 9, middle - 9, x + 9, middle + 9), fill=color)


def _write(draw: ImageDraw, at: tuple[int, int], text: str, size: int, color: str) -> None:
    from PIL import ImageFont

    draw.text(at, text, font=ImageFont.load_default(size), fill=color)


def _lines(draw: ImageDraw, text: str, size: int, width: int, *, most: int) -> Iterator[str]:
    """The text in lines that fit, at least one; the last of too many ends with dots."""
    from PIL import ImageFont

    font = ImageFont.load_default(size)
    words, number = visible(text).split(), 1
    while words or number == 1:
        fit = len(words)
        while fit > 1 and draw.textlength(" ".join(words[:fit]), font=font) > width:
            fit -= 1
        line, words = " ".join(words[:fit]), words[fit:]
        is_cut = number == most and bool(words)
        while draw.textlength(f"{line}..." if is_cut else line, font=font) > width:
            line, is_cut = line.rpartition(" ")[0] or line[:-1], True
        yield f"{line}..." if is_cut else line
        number += 1
        if number > most:
            return
