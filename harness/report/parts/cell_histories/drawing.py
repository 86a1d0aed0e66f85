"""A cell's nights drawn: three panels that share the campaigns as their axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from harness.analysis import CellNight, CellSeries, Step
from harness.core.printable_text import slugs
from harness.report.figures import Figure, axis, band, figure, line, points
from harness.report.parts.cell_histories.data import HistoryDrawings

_COLORS: Final = {"default": "@default", "tuned": "@tuned"}
_PANELS: Final = (("", "score"), ("2", "spread"), ("3", "seconds"))


def draw(data: HistoryDrawings) -> tuple[Figure, ...]:
    """A figure for each cell."""
    names = slugs(data.cells)
    return tuple(_figure(data, cell, names[cell]) for cell in data.cells)


def _figure(data: HistoryDrawings, cell: str, name: str) -> Figure:
    series = data.cells[cell]
    traces = [trace for each in series for trace in _traces(each)]
    traces += _marks([step for step in data.steps if step.cell == cell])
    axes: dict[str, Any] = {}
    for number, title in _PANELS:
        axes[f"yaxis{number}"] = axis(title)
        axes[f"xaxis{number}"] = axis(
            "", type="category", categoryorder="array", categoryarray=list(data.campaigns),
            showticklabels=number == "3", **({"matches": "x"} if number else {}),
        )  # fmt: skip
    return figure(
        f"history-{name}",
        cell,
        f"{len(data.campaigns)} campaigns: score, spread over seeds and seconds of a run.",
        traces,
        height=520,
        wide=True,
        grid={"rows": 3, "columns": 1, "pattern": "independent", "ygap": 0.12},
        shapes=[_upright(campaign) for campaign in data.changes if campaign in data.campaigns],
        **axes,
    )


def _upright(campaign: str) -> dict[str, object]:
    line_style = {"color": "@muted", "width": 1, "dash": "dot"}
    ends = {"x0": campaign, "x1": campaign, "y0": 0, "y1": 1}
    return {"type": "line", "xref": "x", "yref": "paper", "line": line_style, **ends}


def _traces(series: CellSeries) -> Iterator[dict[str, object]]:
    color, variant = _COLORS.get(series.variant, "@muted"), series.variant
    dash = "dash" if variant == "default" else "solid"
    with_mean = [night for night in series.nights if night.mean is not None]
    with_interval = [night for night in with_mean if night.low is not None]
    if len(with_interval) > 1:
        yield band(
            _campaigns(with_interval),
            [night.low for night in with_interval],
            [night.high for night in with_interval],
            color,
            variant,
        )
    text = [f"{night.finished} seeds{', the same runs' * night.is_same}" for night in with_mean]
    style: dict[str, Any] = {"mode": "lines+markers", "legendgroup": variant, "dash": dash}
    yield line(
        _campaigns(with_mean),
        [night.mean for night in with_mean],
        variant,
        color,
        **style | {"text": text, "hovertemplate": "%{y:.4g} in %{x}, %{text}"},
    )
    for number, attribute in (("2", "sd"), ("3", "seconds")):
        nights = [night for night in series.nights if getattr(night, attribute) is not None]
        yield line(
            _campaigns(nights),
            [getattr(night, attribute) for night in nights],
            variant,
            color,
            xaxis=f"x{number}",
            yaxis=f"y{number}",
            hovertemplate="%{y:.4g} in %{x}",
            **style | {"showlegend": False},
        )


def _campaigns(nights: Sequence[CellNight]) -> list[str]:
    return [night.campaign for night in nights]


def _marks(steps: Sequence[Step]) -> Iterator[dict[str, object]]:
    for word, color, symbol in (
        ("improved", "@good", "triangle-up"),
        ("worse", "@bad", "triangle-down"),
    ):
        matches = [step for step in steps if step.word == word]
        if matches:
            yield points(
                [step.campaign for step in matches],
                [step.after for step in matches],
                word,
                color,
                text=[f"{step.variant} {step.difference:+.4g}" for step in matches],
                hovertemplate="%{text} in %{x}",
                marker={"symbol": symbol, "size": 14},
            )
