"""Trials of a search drawn: their scores, how they trained, when, and what early scores predict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from harness.analysis import PrunerRegret
from harness.analysis.searches.pruner_regret import EvaluationForesight
from harness.core.run_result import Status
from harness.report.figures import Figure, axis, figure, line, name_once, points, whole
from harness.report.number_format import duration
from harness.report.parts.search.data import SearchSummary, SearchTrial
from harness.report.parts.search.space_figures import (
    contour_figure,
    importance_figure,
    parallel_figure,
    slice_figure,
)

_COLORS = {
    Status.COMPLETE: "@tuned",
    Status.PRUNED: "@muted",
    Status.FAILED: "@bad",
}


def draw(search: SearchSummary) -> tuple[Figure, ...]:
    """Every figure for which there are enough trials."""
    figures = (
        history_figure(search),
        intermediate_figure(search),
        importance_figure(search),
        contour_figure(search),
        foresight_figure(search.foresight),
        timeline_figure(search),
        slice_figure(search),
        parallel_figure(search),
    )
    return tuple(figure for figure in figures if figure is not None)


def history_figure(search: SearchSummary) -> Figure | None:
    """Score over trial number; failed trials stand as crosses at the bottom."""
    if not search.trials:
        return None
    complete = _scores(search.complete)
    pruned_scores = _scores(trial for trial in search.trials if trial.status is Status.PRUNED)
    failures = sorted(
        {trial.number for trial in search.trials} - {n for n, _ in complete + pruned_scores}
    )
    scores = [score for _, score in complete + pruned_scores]
    hover = "trial %{x}: %{y:.4g}"
    traces = [_best_so_far(complete, hover)] if complete else []
    default = dict(complete).get(0)
    if default is not None:
        ends = [0, search.trials[-1].number]
        level = [default, default]
        traces.append(line(ends, level, "default", "@default", dash="dash", hoverinfo="skip"))
    for name, pairs, marker in (
        ("complete", complete, {"opacity": 0.7}),
        ("pruned", pruned_scores, {"symbol": "circle-open", "color": "@muted"}),
    ):
        if pairs:
            x, y = zip(*pairs, strict=True)
            traces.append(points(x, y, name, "@tuned", marker=marker, hovertemplate=hover))
    if failures:
        traces.append(_failure_marks(failures, scores))
    return figure(
        "history",
        "Optimisation history",
        f"Score of each trial: {search.score}. Pruned trials were given up early; failed "
        "ones have no score and are marked at the bottom. Trial 0 is the library's default.",
        traces,
        height=340,
        xaxis=axis("trial", **whole(len(search.trials))),
        yaxis=axis("score in the search"),
    )


def _best_so_far(scores: Sequence[tuple[int, float]], hover: str) -> dict[str, Any]:
    """A line that rises at each trial that is better than all before."""
    numbers = [number for number, _ in scores]
    record = list(accumulate((score for _, score in scores), max))
    best = line(numbers, record, "best so far", "@tuned", hovertemplate=hover)
    best["line"]["shape"] = "hv"
    return best


def _failure_marks(failures: Sequence[int], scores: Sequence[float]) -> dict[str, object]:
    """Trials without a score, below all others."""
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    floor = low - (0.08 * (high - low) or 0.05 * abs(low) or 1.0)
    return points(
        failures,
        [floor] * len(failures),
        "failed (no score)",
        "@bad",
        marker={"symbol": "x", "size": 8},
        hovertemplate="trial %{x} failed",
    )


def _scores(trials: Iterable[SearchTrial]) -> list[tuple[int, float]]:
    return [(trial.number, trial.score) for trial in trials if trial.score is not None]


def intermediate_figure(search: SearchSummary) -> Figure | None:
    """The evaluations of every trial while it trained."""
    trials = [trial for trial in search.trials if trial.steps]
    if not trials:
        return None
    complete = [trial for trial in trials if trial.status is Status.COMPLETE]
    best = max(complete, key=_score, default=None)
    traces = [_trial_line(trial, best) for trial in trials]
    name_once(traces)
    # What matters most is drawn last, on top.
    order = ("pruned", "failed", "complete", "default", "best")
    traces.sort(key=lambda trace: order.index(trace["name"]))
    return figure(
        "intermediate",
        "Trials while they trained",
        "Mean return of every evaluation of every trial; pruned ones end where they were given up.",
        traces,
        height=340,
        xaxis=axis("environment steps", rangemode="tozero"),
        yaxis=axis("mean return"),
    )


def _score(trial: SearchTrial) -> float:
    return float("-inf") if trial.score is None else trial.score


def _trial_line(trial: SearchTrial, best: SearchTrial | None) -> dict[str, object]:
    if trial.number == 0:
        name, color, width, opacity = "default", "@default", 2.5, 1.0
    elif trial is best:
        name, color, width, opacity = "best", "@tuned", 2.5, 1.0
    elif trial.status is Status.COMPLETE:
        name, color, width, opacity = "complete", "@tuned", 1.0, 0.35
    elif trial.status is Status.PRUNED:
        name, color, width, opacity = "pruned", "@muted", 1.0, 0.5
    else:
        name, color, width, opacity = "failed", "@bad", 1.0, 0.6
    trace = line(
        trial.steps,
        trial.means,
        name,
        color,
        width=width,
        opacity=opacity,
        hovertemplate=f"trial {trial.number}: %{{y:.4g}}",
    )
    if len(trial.steps) == 1 or name == "pruned":
        trace |= {"mode": "lines+markers", "marker": {"size": 4, "color": color}}
    return trace


def timeline_figure(search: SearchSummary) -> Figure | None:
    """One bar per trial from its start to its end."""
    starts = [(trial, _start(trial)) for trial in search.trials]
    spans = [(trial, start) for trial, start in starts if start is not None]
    if len(spans) < 2:
        return None
    first = min(start for _, start in spans)
    longest = max((start - first).total_seconds() + trial.wall for trial, start in spans)
    size, unit = _unit(longest)
    traces = [_bar(trial, (start - first).total_seconds(), size) for trial, start in spans]
    name_once(traces)
    return figure(
        "timeline",
        "Timeline",
        "When each trial trained, by how it ended. Gaps are time in which the workers did other "
        "cells' runs; trials side by side trained at the same time.",
        traces,
        height=340,
        barmode="overlay",
        xaxis=axis(f"{unit} since the first trial", rangemode="tozero"),
        yaxis=axis("trial", **whole(len(spans))),
    )


def _start(trial: SearchTrial) -> datetime | None:
    if not trial.started:
        return None
    try:
        return datetime.fromisoformat(trial.started)
    except ValueError:
        return None


def _unit(seconds: float) -> tuple[float, str]:
    if seconds >= 3 * 3600:
        return 3600.0, "hours"
    return (60.0, "minutes") if seconds >= 180 else (1.0, "seconds")


def _bar(trial: SearchTrial, start: float, size: float) -> dict[str, object]:
    host = f" on {trial.host}" if trial.host else ""
    return {
        "type": "bar",
        "orientation": "h",
        "x": [round(trial.wall / size, 4)],
        "base": [round(start / size, 4)],
        "y": [trial.number],
        "name": trial.status.value,
        "marker": {"color": _COLORS[trial.status]},
        "showlegend": True,
        "legendgroup": trial.status.value,
        "text": [f"trial {trial.number}, {duration(trial.wall)}{host}"],
        "textposition": "none",
        "hovertemplate": "%{text}",
    }


def foresight_figure(foresight: PrunerRegret | None) -> Figure | None:
    """Rank correlation of each evaluation with the final score."""
    if foresight is None:
        return None
    evaluations = [e for e in foresight.evaluations if e.correlation.value is not None]
    if len(evaluations) < 2:
        return None
    steps = [e.step for e in evaluations]
    traces: list[dict[str, Any]] = []
    with_intervals = [e for e in evaluations if e.correlation.low is not None]
    if len(with_intervals) > 1:
        traces.append(_interval_band(with_intervals))
    hover = "%{y:.2f} at %{x:,.0f} steps"
    values = [e.correlation.value for e in evaluations]
    traces.append(line(steps, values, "complete trials", "@tuned", hovertemplate=hover))
    for field, name, dash in (
        ("if_pruner_right", "if every pruned trial was a bad one", "dot"),
        ("if_pruner_wrong", "if every pruned trial was a good one", "dash"),
    ):
        points = [e for e in evaluations if getattr(e, field) is not None and e.pruned]
        if len(points) > 1:
            y = [getattr(e, field) for e in points]
            x = [e.step for e in points]
            traces.append(line(x, y, name, "@muted", dash=dash, width=1.5, hovertemplate=hover))
    return figure(
        "foresight",
        "What early scores tell",
        "Rank correlation of each evaluation with the final score over complete trials, with its "
        f"95 % interval; the pruner is {foresight.pruner}. Near 0, giving up there is a lottery.",
        traces,
        height=340,
        xaxis=axis("environment steps", rangemode="tozero"),
        yaxis=axis("rank correlation", range=[-1.05, 1.05]),
    )


def _interval_band(evaluations: Sequence[EvaluationForesight]) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [e.step for e in (*evaluations, *reversed(evaluations))],
        "y": [
            *(e.correlation.high for e in evaluations),
            *(e.correlation.low for e in reversed(evaluations)),
        ],
        "fill": "toself",
        "fillcolor": "@tuned-band",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }
