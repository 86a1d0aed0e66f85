"""Drawings in tables: small plots inside cells, and tables whose cells carry a shade.

Plots are plain coordinates that a template writes as SVG; a shaded table is readable as text and
quick to take in as a picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from harness.analysis import Difference, VariantScores

WIDTH = 160
HEIGHT = 22
_MARGIN = 6.0
_STEPS = 5
"""Shades between none and the strongest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A linear map from returns to 0 .. `WIDTH`; constant data lands in the middle."""

    low: float
    high: float

    def __call__(self, score: float) -> float:
        if self.high <= self.low:
            return WIDTH / 2
        share = (score - self.low) / (self.high - self.low)
        return round(_MARGIN + share * (WIDTH - 2 * _MARGIN), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Every seed as a dot, the mean and its interval.

    Attributes:
        dots: (x, y) of each score.
        mean, low, high: x of each; None where it does not exist.
        label: The drawing in words.
    """

    dots: tuple[tuple[float, float], ...]
    mean: float | None
    low: float | None
    high: float | None
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """A difference with its interval on an axis that has 0 in the middle.

    Attributes:
        zero, difference, low, high: x of each; None where it does not exist.
        label: The drawing in words.
    """

    zero: float
    difference: float
    low: float | None
    high: float | None
    label: str


def scale_of(scores: Iterable[float | None]) -> Scale:
    """The scale that holds all of these."""
    finite = [score for score in scores if score is not None and math.isfinite(score)]
    return Scale(low=min(finite, default=0.0), high=max(finite, default=0.0))


def seed_strip(variant: VariantScores, scale: Scale) -> Strip:
    """Draw a variant. Neighbouring seeds lie at three heights so that equal ones stay visible."""
    heights = (HEIGHT / 2, HEIGHT / 2 - 4, HEIGHT / 2 + 4)
    dots = tuple(
        (scale(score), heights[index % 3])
        for index, score in enumerate(variant.scores)
        if score is not None
    )
    scores = ", ".join(f"{score:.4g}" for score in variant.scores if score is not None)
    text = f", one dot per seed: {scores}" if scores else ": no score"
    return Strip(
        dots=dots,
        mean=None if variant.mean is None else scale(variant.mean),
        low=None if variant.low is None else _inside(scale, variant.low),
        high=None if variant.high is None else _inside(scale, variant.high),
        label=f"{variant.variant}{text}",
    )


def forest(difference: Difference, reach: float) -> Forest:
    """Draw a difference on an axis from -reach to +reach."""
    scale = Scale(low=-reach, high=reach)
    low, high = difference.low, difference.high
    has_interval = low is not None and high is not None
    interval = f", 95 % interval {low:.4g} to {high:.4g}" if has_interval else ""
    return Forest(
        zero=scale(0.0),
        difference=_inside(scale, difference.difference),
        low=None if low is None else _inside(scale, low),
        high=None if high is None else _inside(scale, high),
        label=f"tuned minus default {difference.difference:.4g}{interval}",
    )


def _inside(scale: Scale, score: float) -> float:
    return min(max(scale(score), 1.0), WIDTH - 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatCell:
    """One cell.

    Attributes:
        text: Text of the cell.
        sub: A smaller second line.
        shade: Name of its colour, e.g. ``up-3``; empty for none.
        page: Page that the cell links to; empty without a link.
        exact: The number behind it; None if there is none.
    """

    text: str
    sub: str = ""
    shade: str = ""
    page: str = ""
    exact: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatRow:
    """A row with its heading, and where that leads."""

    name: str
    cells: tuple[HeatCell, ...]
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatTable:
    """The table.

    Attributes:
        id: Unique in the page.
        title: Heading.
        explain: How to read it.
        corner: Heading of the first column.
        columns: Headings of the others.
        rows: Each with one cell per column.
        mono: Whether the rows are names of code.
    """

    id: str
    title: str
    explain: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    mono: bool = False


def rising(share: float | None) -> str:
    """Shade of a number in 0 .. 1, the larger the stronger; beyond that the end's."""
    if share is None:
        return ""
    step = round(min(max(share, 0.0), 1.0) * _STEPS)
    return f"level-{step}" if step else ""


def around(chance: float | None) -> str:
    """Shade of a probability: one colour above a half, another below, none at it."""
    if chance is None:
        return ""
    step = round(abs(chance - 0.5) * 2 * _STEPS)
    return f"{'up' if chance > 0.5 else 'down'}-{step}" if step else ""
