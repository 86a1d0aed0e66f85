"""Best values of an algorithm over its scenarios, on the ranges they were searched in."""

from __future__ import annotations

from typing import Any

from harness.analysis import AlgorithmDrift, BestValue, ParameterDrift
from harness.report.figures.figure import Figure, axis, figure, points
from harness.report.format import value

__all__ = ["drift_figure"]


def drift_figure(drift: AlgorithmDrift) -> Figure | None:
    """One line per parameter from the low end of its range to the high one."""
    ordered = [p for p in drift.parameters if any(best.at is not None for best in p.best)]
    ordered.sort(key=lambda p: 1.0 if p.importance is None else -p.importance)
    if not ordered:
        return None
    names = [parameter.name for parameter in ordered]
    traces = [
        _marks(ordered, "tuned and shipped", "@tuned", "circle", shipped=True),
        _marks(ordered, "best of a search, not shipped", "@tuned", "circle-open", shipped=False),
        _defaults(ordered),
    ]
    return figure(
        "places",
        "Where the best values lie",
        "Each line is a search range from its low to its high end, spaced as the search sees it; "
        "each circle the best value of one scenario, the diamond the library's default.",
        [trace for trace in traces if trace["x"]],
        height=90 + 34 * len(names),
        wide=True,
        margin={"l": 150, "r": 24, "t": 12, "b": 44},
        xaxis=axis(
            "place in the range", range=[-0.04, 1.04], tickvals=[0, 0.5, 1],
            ticktext=["low end", "middle", "high end"],
        ),
        yaxis=axis(
            "", tickvals=list(range(len(names))), ticktext=names, range=[len(names) - 0.4, -0.6]
        ),
    )  # fmt: skip


def _marks(
    parameters: list[ParameterDrift], name: str, color: str, symbol: str, *, shipped: bool
) -> dict[str, Any]:
    found: list[tuple[float, float, BestValue]] = []
    for line, parameter in enumerate(parameters):
        here = [best for best in parameter.best if best.shipped == shipped]
        # Scenarios share a line: a little apart, so that equal values stay visible.
        found += [
            (best.at, line + 0.18 * ((place % 3) - 1), best)
            for place, best in enumerate(here)
            if best.at is not None
        ]
    return points(
        [at for at, _, _ in found],
        [line for _, line, _ in found],
        name,
        color,
        text=[f"{best.scenario}: {value(best.value)}" for _, _, best in found],
        hovertemplate="%{text}",
        marker={"symbol": symbol, "size": 9, "opacity": 0.75},
    )


def _defaults(parameters: list[ParameterDrift]) -> dict[str, Any]:
    found = {
        (line, best.default_at, value(best.default)): None
        for line, parameter in enumerate(parameters)
        for best in parameter.best
        if best.default_at is not None
    }
    return points(
        [at for _, at, _ in found],
        [line for line, _, _ in found],
        "default",
        "@default",
        text=[f"default {text}" for _, _, text in found],
        hovertemplate="%{text}",
        marker={"symbol": "diamond", "size": 10},
    )
