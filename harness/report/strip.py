"""Small drawings inside table cells, as plain coordinates; a template writes them as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from harness.analysis import Arm, Difference

__all__ = ["HEIGHT", "WIDTH", "Forest", "Scale", "Strip", "forest", "scale_of", "strip"]

WIDTH = 160
HEIGHT = 22
_MARGIN = 6.0


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
        zero, at, low, high: x of each; None where it does not exist.
        label: The drawing in words.
    """

    zero: float
    at: float
    low: float | None
    high: float | None
    label: str


def scale_of(scores: Iterable[float | None]) -> Scale:
    """The scale that holds all of these."""
    known = [score for score in scores if score is not None and math.isfinite(score)]
    return Scale(low=min(known, default=0.0), high=max(known, default=0.0))


def strip(arm: Arm, scale: Scale) -> Strip:
    """Draw an arm. Neighbouring seeds lie at three heights so that equal ones stay visible."""
    heights = (HEIGHT / 2, HEIGHT / 2 - 4, HEIGHT / 2 + 4)
    dots = tuple(
        (scale(score), heights[place % 3])
        for place, score in enumerate(arm.scores)
        if score is not None
    )
    shown = ", ".join(f"{score:.4g}" for score in arm.scores if score is not None)
    return Strip(
        dots=dots,
        mean=None if arm.mean is None else scale(arm.mean),
        low=None if arm.low is None else _inside(scale, arm.low),
        high=None if arm.high is None else _inside(scale, arm.high),
        label=f"{arm.variant}, one dot per seed: {shown}" if shown else f"{arm.variant}: no score",
    )


def forest(difference: Difference, reach: float) -> Forest:
    """Draw a difference on an axis from -reach to +reach."""
    scale = Scale(low=-reach, high=reach)
    low, high = difference.low, difference.high
    known = low is not None and high is not None
    within = f", 95 % interval {low:.4g} to {high:.4g}" if known else ""
    return Forest(
        zero=scale(0.0),
        at=_inside(scale, difference.difference),
        low=None if low is None else _inside(scale, low),
        high=None if high is None else _inside(scale, high),
        label=f"tuned minus default {difference.difference:.4g}{within}",
    )


def _inside(scale: Scale, score: float) -> float:
    return min(max(scale(score), 1.0), WIDTH - 1.0)
