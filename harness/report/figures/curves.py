"""Learning curves on held-out seeds, and every seed's score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness import stats
from harness.analysis import LeaderboardRow
from harness.core.record import CellRecord, RunRecord
from harness.report.figures.figure import Figure, axis, band, figure, line, points
from harness.report.figures.levels import Reached, level_marks

__all__ = ["VariantCurve", "curve_figure", "curve_info", "score_figure"]

_COLORS = {"tuned": "@tuned", "default": "@default"}
_OTHERS = ("@extra-1", "@extra-2", "@extra-3")


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantCurve:
    """Learning curves of one variant.

    Attributes:
        variant: Name.
        seeds: One (steps, means) pair per seed.
        steps: Mean environment step of each evaluation, shape (n_evaluations,).
        mean, low, high: Mean over seeds with its 95 % t interval, same shape; bounds are None
            with fewer than two seeds.
    """

    variant: str
    seeds: tuple[tuple[tuple[int, ...], tuple[float, ...]], ...]
    steps: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


def curve_info(cell: CellRecord, names: Sequence[str]) -> tuple[VariantCurve, ...]:
    """Curves of these variants in the test; variants without any evaluation are left out."""
    found = []
    for name in names:
        runs = [run for run in cell.runs if run.rung == "test" and run.variant == name]
        curve = _variant(name, runs)
        if curve is not None:
            found.append(curve)
    return tuple(found)


def _variant(name: str, runs: Sequence[RunRecord]) -> VariantCurve | None:
    results = [run.result for run in runs if run.result is not None and run.result.evaluations]
    if not results:
        return None
    count = max(len(result.evaluations) for result in results)
    steps, intervals = [], []
    for place in range(count):
        there = [r.evaluations[place] for r in results if place < len(r.evaluations)]
        steps.append(sum(evaluation.step for evaluation in there) / len(there))
        intervals.append(stats.mean_interval([evaluation.mean for evaluation in there]))
    return VariantCurve(
        variant=name,
        seeds=tuple(
            (tuple(e.step for e in r.evaluations), tuple(e.mean for e in r.evaluations))
            for r in results
        ),
        steps=tuple(steps),
        mean=tuple(interval.mean for interval in intervals),
        low=tuple(interval.low if interval.n > 1 else None for interval in intervals),
        high=tuple(interval.high if interval.n > 1 else None for interval in intervals),
    )


def curve_figure(
    curves: Sequence[VariantCurve], row: LeaderboardRow, levels: Sequence[Reached] = ()
) -> Figure | None:
    """Mean with band, every seed thin, fixed scores as lines, a curriculum's levels as marks."""
    if not curves:
        return None
    traces: list[dict[str, Any]] = []
    for curve, color in zip(curves, _colors([c.variant for c in curves]), strict=True):
        traces += _curve_traces(curve, color)
    end = max(curve.steps[-1] for curve in curves)
    traces += list(_fixed_lines(row, end))
    caption = (
        "Mean return per evaluation on held-out seeds: the thick line is the mean over seeds, the "
        "band its 95 % interval, each thin line one seed."
    )
    marks = level_marks(levels)
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


def _curve_traces(curve: VariantCurve, color: str) -> Iterator[dict[str, Any]]:
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


def _fixed_lines(row: LeaderboardRow, end: float) -> Iterator[dict[str, Any]]:
    fixed = {
        "solved": row.threshold,
        "reference": row.reference,
        "random policy": row.random,
        "baseline": row.baseline,
    }
    dashes = {
        "solved": "dashdot",
        "reference": "dot",
        "random policy": "longdash",
        "baseline": "dash",
    }
    for name, score in fixed.items():
        if score is not None:
            yield line(
                [0, end],
                [score, score],
                name,
                "@muted",
                width=1.5,
                dash=dashes[name],
                hovertemplate=f"{name}: %{{y:.4g}}",
            )


def score_figure(row: LeaderboardRow) -> Figure | None:
    """The score of every seed, variant by variant, with mean and interval."""
    arms = [arm for arm in (row.tuned, row.default, *row.variants) if arm and arm.finished]
    if not arms:
        return None
    traces: list[dict[str, Any]] = []
    for place, (arm, color) in enumerate(
        zip(arms, _colors([arm.variant for arm in arms]), strict=True)
    ):
        scores = [score for score in arm.scores if score is not None]
        seeds = [s for s, score in zip(arm.seeds, arm.scores, strict=True) if score is not None]
        shifts = [place + 0.12 * ((index % 5) - 2) for index in range(len(scores))]
        traces.append(
            points(
                shifts,
                scores,
                arm.variant,
                color,
                text=[f"seed {seed}" for seed in seeds],
                hovertemplate="%{y:.4g}, %{text}",
                showlegend=False,
                marker={"opacity": 0.6, "size": 8},
            )
        )
        half = None if arm.high is None or arm.mean is None else arm.high - arm.mean
        error = {"error_y": {"type": "data", "array": [half], "thickness": 2, "width": 8}}
        traces.append(
            points(
                [place],
                [arm.mean],
                "mean",
                color,
                showlegend=False,
                hovertemplate="mean %{y:.4g}",
                marker={"symbol": "line-ew", "size": 26, "line": {"width": 3, "color": color}},
                **({} if half is None else error),
            )
        )
    names = [arm.variant for arm in arms]
    return figure(
        "scores",
        "Every seed",
        "Each dot is the score of one training run, the mean of its late evaluations; the bar "
        "is the mean with its 95 % interval.",
        traces,
        height=400,
        xaxis=axis(
            "", tickvals=list(range(len(names))), ticktext=names, range=[-0.6, len(names) - 0.4]
        ),
        yaxis=axis("score"),
    )
