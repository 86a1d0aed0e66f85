"""The first objective over each other one: trials, and what held-out seeds gave."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from harness.analysis import IntervalEstimate, ParetoFront
from harness.core.run import DEFAULT
from harness.report.figures import Figure, axis, error_bars, figure, line, points

_TEXT_POSITIONS: Final = {
    "top right": (0, 1),
    "bottom right": (0, -1),
    "top left": (-1, 1),
    "bottom left": (-1, -1),
    "middle right": (0, 0),
    "middle left": (-1, 0),
}
"""Where a name may stand beside its point -> where its box begins, in widths and heights of it."""

_LETTER: Final = 0.009
_HEIGHT: Final = 0.06
"""Of a figure: width of a letter, and height of a name."""

_WIDE: Final = 8.0
"""Ratio of the largest to the smallest value from which an axis is logarithmic."""


def draw(data: ParetoFront) -> tuple[Figure, ...]:
    """One figure for every objective but the first; none where no run has reached its end."""
    if not (data.searched or any(point.finished for point in data.tested)):
        return ()
    return tuple(_figure(data, other) for other in range(1, len(data.axes)))


def _figure(data: ParetoFront, other: int) -> Figure:
    first, second = data.axes[0], data.axes[other]
    traces = [*_draw_trials(data, other), *_front_line(data, other), *_draw_variants(data, other)]
    better = " and ".join(
        f"{'more' if each.direction == 'max' else 'less'} {each.label}" for each in (first, second)
    )
    return figure(
        f"pareto-{other}",
        f"{first.label.capitalize()} against {second.label}",
        f"Better is {better}. Rings are single trials of the search; filled points are means over "
        "the held-out seeds with their 95 % intervals, joined where they are on the front: no "
        "other point is at least as good in everything and better in something. The star is "
        "shipped.",
        traces,
        height=420,
        wide=True,
        xaxis=axis(second.label, **_by_ratios(data, other)),
        yaxis=axis(first.label),
    )


def _draw_trials(data: ParetoFront, other: int) -> list[dict[str, object]]:
    if not data.searched:
        return []
    x = [point.values[other] for point in data.searched]
    y = [point.values[0] for point in data.searched]
    names = [f"trial {point.trial}" for point in data.searched]
    rings = {"symbol": "circle-open", "size": 7}
    hover = "%{text}: %{y:.4g} at %{x:.4g}"
    return [points(x, y, "trials", "@muted", marker=rings, text=names, hovertemplate=hover)]


def _front_line(data: ParetoFront, other: int) -> list[dict[str, object]]:
    """The front, where two objectives are all there are."""
    if len(data.axes) != 2:
        return []
    best = sorted(_position(point.means, other) for point in data.tested if point.on_front)
    if len(best) < 2:
        return []
    x, y = zip(*best, strict=True)
    return [line(x, y, "front on held-out seeds", "@tuned", width=2, dash="dot", hoverinfo="skip")]


def _position(means: Sequence[Any], other: int) -> tuple[float, float]:
    return means[other].value, means[0].value


def _draw_variants(data: ParetoFront, other: int) -> list[dict[str, object]]:
    traces = []
    variants = [point for point in data.tested if point.finished]
    positions = _text_positions(data, other, [(point.variant, point.means) for point in variants])
    for position, point in zip(positions, variants, strict=True):
        x, y = _position(point.means, other)
        name = point.variant
        color = "@default" if point.variant == DEFAULT else "@tuned"
        symbol = "star" if point.shipped else "circle" if point.on_front else "x"
        traces.append(
            points(
                [x],
                [y],
                name,
                color,
                marker={"symbol": symbol, "size": 15 if point.shipped else 10},
                error_x=_bar(point.means[other]),
                error_y=_bar(point.means[0]),
                hovertemplate=f"{name}: %{{y:.4g}} at %{{x:.4g}}",
                text=[name],
                mode="markers+text",
                textposition=position,
                showlegend=False,
            )
        )
    return traces


def _spread(data: ParetoFront, objective: int) -> list[float]:
    """Every value of an objective that is drawn, ends of intervals included."""
    values = [point.values[objective] for point in data.searched]
    for point in data.tested:
        mean = point.means[objective]
        values += [each for each in (mean.value, mean.low, mean.high) if each is not None]
    return values


def _has_ratios(data: ParetoFront, objective: int) -> bool:
    """Whether an objective is read more easily by ratios: times and sizes, e.g., often are."""
    values = _spread(data, objective)
    return bool(values) and min(values) > 0 and max(values) > _WIDE * min(values)


def _by_ratios(data: ParetoFront, objective: int) -> dict[str, object]:
    """A logarithmic axis, with whole numbers at its ticks, where it is read more easily so."""
    if not _has_ratios(data, objective):
        return {}
    values = _spread(data, objective)
    first, last = (math.floor(math.log10(end(values))) for end in (min, max))
    ticks = [each * 10.0**power for power in range(first, last + 1) for each in (1, 2, 5)]
    names = [f"{tick:,.10g}" for tick in ticks]
    return {"type": "log", "tickmode": "array", "tickvals": ticks, "ticktext": names}


def _text_positions(data: ParetoFront, other: int, labels: Sequence[tuple[str, Any]]) -> list[str]:
    """Where each name stands, such that it meets few points and none of the names before it."""
    scale_x, scale_y = (_scale(data, objective) for objective in (other, 0))
    centers = [(scale_x(m[other].value), scale_y(m[0].value)) for _, m in labels]
    centers *= 3  # a name over another variant's point is worse than one over a trial's
    centers += [(scale_x(p.values[other]), scale_y(p.values[0])) for p in data.searched]
    boxes: list[tuple[float, float, float, float]] = []
    positions = []
    for (name, _), (x, y) in zip(labels, centers, strict=False):
        width = _LETTER * (len(name) + 2)
        options = {
            position: (x + left * width, y + (up - 0.5) * _HEIGHT, width, _HEIGHT)
            for position, (left, up) in _TEXT_POSITIONS.items()
        }
        position = min(options, key=lambda each: _obstacles(options[each], boxes, centers))
        boxes.append(options[position])
        positions.append(position)
    return positions


def _scale(data: ParetoFront, objective: int) -> Callable[[float], float]:
    """Value of an objective -> its place on the axis, from 0 to 1."""
    by = math.log if _has_ratios(data, objective) and objective else float
    values = [by(value) for value in _spread(data, objective)]
    low, width = min(values), max(values) - min(values) or 1.0
    return lambda value: (by(value) - low) / width


def _obstacles(
    box: tuple[float, float, float, float],
    boxes: Sequence[tuple[float, float, float, float]],
    centers: Sequence[tuple[float, float]],
) -> int:
    """What stands in a name's way; another name counts more than a point."""
    x, y, width, height = box
    names = sum(
        abs(x + width / 2 - a - b / 2) < (width + b) / 2 and abs(y - c) < (height + d) / 2
        for a, c, b, d in boxes
    )
    points = sum(0 < a - x < width and abs(b - y - height / 2) < height / 2 for a, b in centers)
    return 5 * names + points + 5 * (x < 0) + 5 * (x + width > 1)


def _bar(mean: IntervalEstimate) -> dict[str, object]:
    """The interval around a mean; nothing where there is none."""
    if mean.low is None or mean.high is None:
        return {"visible": False}
    ends = (mean.value, mean.low, mean.high)
    return error_bars([ends], color="@muted", thickness=0.6, width=0)
