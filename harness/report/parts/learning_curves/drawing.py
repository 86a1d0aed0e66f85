"""Learning curves on held-out seeds drawn, with a curriculum's levels, and every seed's score."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.analysis import VariantScores
from harness.report.figures import Figure, axis, band, error_bars, figure, line, points
from harness.report.parts.curriculum.data import VariantLevelStart
from harness.report.parts.learning_curves.data import LearningCurves, VariantCurve

_COLORS = {"tuned": "@tuned", "default": "@default"}
_DASHES = {
    "solved": "dashdot",
    "reference": "dot",
    "random policy": "longdash",
    "baseline": "dash",
}
_OTHERS = ("@extra-1", "@extra-2", "@extra-3")


def draw(data: LearningCurves) -> tuple[Figure, ...]:
    """The curves and the scores, as far as there are any."""
    figures = (curve_figure(data), score_figure(data.scores))
    return tuple(figure for figure in figures if figure is not None)


def curve_figure(data: LearningCurves) -> Figure | None:
    """Mean with band, every seed thin, fixed scores as lines, a curriculum's levels as marks."""
    curves = data.curves
    if not curves:
        return None
    traces: list[dict[str, Any]] = []
    for curve, color in zip(curves, _colors([c.variant for c in curves]), strict=True):
        traces += _curve_traces(curve, color)
    end = max(curve.steps[-1] for curve in curves)
    traces += list(_fixed_lines(data.fixed_scores, end))
    caption = (
        "Mean return per evaluation on held-out seeds: the thick line is the mean over seeds, the "
        "band its 95 % interval, each thin line one seed."
    )
    marks = level_marks(data.levels)
    if marks:
        caption += " Dotted uprights: a level of the curriculum began, on average over seeds."
    return figure(
        "curves",
        "Learning curves",
        caption,
        traces,
        height=400,
        xaxis=axis("environment steps", rangemode="tozero"),
        yaxis=axis("mean return"),
        **marks,
    )


def _colors(names: Sequence[str]) -> list[str]:
    others = iter(_OTHERS)
    return [_COLORS.get(name) or next(others, "@muted") for name in names]


def _curve_traces(curve: VariantCurve, color: str) -> Iterator[dict[str, object]]:
    dash = "dash" if curve.variant == "default" else "solid"
    for steps, means in curve.seeds:
        yield line(
            steps,
            means,
            curve.variant,
            color,
            width=1,
            opacity=0.3,
            showlegend=False,
            hoverinfo="skip",
            legendgroup=curve.variant,
        )
    if None not in curve.low:
        yield band(curve.steps, curve.low, curve.high, color, curve.variant)
    yield line(
        curve.steps,
        curve.mean,
        curve.variant,
        color,
        width=3,
        dash=dash,
        legendgroup=curve.variant,
        hovertemplate="%{y:.4g} at %{x:,.0f} steps",
    )


def _fixed_lines(scores: Mapping[str, float], end: float) -> Iterator[dict[str, object]]:
    for name, score in scores.items():
        yield line(
            [0, end],
            [score, score],
            name,
            "@muted",
            width=1.5,
            dash=_DASHES[name],
            hovertemplate=f"{name}: %{{y:.4g}}",
        )


def score_figure(variants: Sequence[VariantScores]) -> Figure | None:
    """The score of every seed, variant by variant, with mean and interval."""
    if not variants:
        return None
    traces: list[dict[str, Any]] = []
    names = [variant.variant for variant in variants]
    for position, (variant, color) in enumerate(zip(variants, _colors(names), strict=True)):
        runs = zip(variant.seeds, variant.scores, strict=True)
        dots = [(seed, score) for seed, score in runs if score is not None]
        shifts = [position + 0.12 * ((index % 5) - 2) for index in range(len(dots))]
        seeds = points(
            shifts,
            [score for _, score in dots],
            variant.variant,
            color,
            text=[f"seed {seed}" for seed, _ in dots],
            hovertemplate="%{y:.4g}, %{text}",
            showlegend=False,
            marker={"opacity": 0.6, "size": 8},
        )
        traces += [seeds, _mean_mark(variant, position, color)]
    return figure(
        "scores",
        "Every seed",
        "Each dot is the score of one run, the mean of its late evaluations; the bar "
        "is the mean with its 95 % interval.",
        traces,
        height=400,
        xaxis=axis(
            "", tickvals=list(range(len(names))), ticktext=names, range=[-0.6, len(names) - 0.4]
        ),
        yaxis=axis("score"),
    )


def _mean_mark(variant: VariantScores, position: int, color: str) -> dict[str, object]:
    ends = (variant.mean, variant.low, variant.high)
    error = {} if None in ends else {"error_y": error_bars([ends], thickness=2, width=8)}
    return points(
        [position],
        [variant.mean],
        "mean",
        color,
        showlegend=False,
        hovertemplate="mean %{y:.4g}",
        marker={"symbol": "line-ew", "size": 26, "line": {"width": 3, "color": color}},
        **error,
    )


def level_marks(levels: Sequence[VariantLevelStart]) -> dict[str, Any]:
    """Shapes and annotations of a layout: where each level began, on average over the seeds.

    One line stands for all variants where they changed at the same step.
    """
    shapes: list[dict[str, object]] = []
    notes: list[dict[str, object]] = []
    for level in dict.fromkeys(each.level for each in levels):
        runs = [each for each in levels if each.level == level and each.steps]
        for position, color in _mark_positions(runs):
            shapes.append(
                {
                    "type": "line",
                    "x0": position,
                    "x1": position,
                    "y0": 0,
                    "y1": 1,
                    "yref": "paper",
                    "layer": "below",
                    "line": {"color": color, "width": 1.5, "dash": "dot"},
                }
            )
            notes.append(
                {
                    "x": position,
                    "y": 0.02,
                    "yref": "paper",
                    "text": html.escape(level, quote=False),
                    "textangle": -90,
                    "xanchor": "right",
                    "yanchor": "bottom",
                    "showarrow": False,
                    "font": {"size": 11, "color": color},
                }
            )
    return {"shapes": shapes, "annotations": notes} if shapes else {}


def _mark_positions(runs: Sequence[VariantLevelStart]) -> Iterator[tuple[float, str]]:
    if len({each.steps for each in runs}) == 1 or len({each.mean for each in runs}) == 1:
        yield runs[0].mean, "@muted"
        return
    for each in runs:
        yield each.mean, _COLORS.get(each.variant, "@muted")
