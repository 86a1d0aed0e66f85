"""The first objective over each other one: trials, and what held-out seeds gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from harness.analysis import ParetoFront
from harness.core.run import DEFAULT
from harness.report.figures import Figure, axis, figure, line, points

__all__ = ["draw"]

_PLACES: Final = ("top right", "bottom right", "top left", "bottom left")
"""Where names stand beside their points, so that those of neighbours do not meet."""


def draw(data: ParetoFront) -> tuple[Figure, ...]:
    """One figure for every objective but the first."""
    return tuple(_figure(data, other) for other in range(1, len(data.axes)))


def _figure(data: ParetoFront, other: int) -> Figure:
    first, second = data.axes[0], data.axes[other]
    traces = [*_searched(data, other), *_front_line(data, other), *_tested(data, other)]
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
        xaxis=axis(second.label),
        yaxis=axis(first.label),
    )


def _searched(data: ParetoFront, other: int) -> list[dict[str, Any]]:
    if not data.searched:
        return []
    x = [point.values[other] for point in data.searched]
    y = [point.values[0] for point in data.searched]
    names = [f"trial {point.trial}" for point in data.searched]
    rings = {"symbol": "circle-open", "size": 7}
    hover = "%{text}: %{y:.4g} at %{x:.4g}"
    return [points(x, y, "trials", "@muted", marker=rings, text=names, hovertemplate=hover)]


def _front_line(data: ParetoFront, other: int) -> list[dict[str, Any]]:
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


def _tested(data: ParetoFront, other: int) -> list[dict[str, Any]]:
    traces = []
    finished = [point for point in data.tested if point.finished]
    finished.sort(key=lambda point: _position(point.means, other))
    for index, point in enumerate(finished):
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
                textposition=_PLACES[index % len(_PLACES)],
                showlegend=False,
            )
        )
    return traces


def _bar(mean: Any) -> dict[str, Any]:
    """The interval around a mean; nothing where there is none."""
    if mean.low is None or mean.high is None:
        return {"visible": False}
    return {
        "type": "data",
        "symmetric": False,
        "array": [mean.high - mean.value],
        "arrayminus": [mean.value - mean.low],
        "color": "@muted",
        "thickness": 0.6,
        "width": 0,
    }
