"""How the search went: its history and the trials' learning curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.core.record import CellRecord, Status, TrialRecord
from harness.report.figures.figure import Figure, axis, figure, line, name_once, points, whole

__all__ = ["History", "history_figure", "history_info", "intermediate_figure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The search, trial by trial.

    Attributes:
        complete, pruned: (trial number, score) pairs.
        failed: Numbers of failed trials.
        best: (trial number, best complete score so far) pairs.
        default: Score of trial 0; None if it has none.
    """

    complete: tuple[tuple[int, float], ...]
    pruned: tuple[tuple[int, float], ...]
    failed: tuple[int, ...]
    best: tuple[tuple[int, float], ...]
    default: float | None


def history_info(cell: CellRecord) -> History:
    """Read the trials of a cell."""
    complete: list[tuple[int, float]] = []
    pruned: list[tuple[int, float]] = []
    failed: list[int] = []
    best: list[tuple[int, float]] = []
    for trial in cell.trials:
        result = trial.result
        if result is None:
            continue
        if result.status is Status.FAILED or result.score is None:
            failed.append(trial.number)
        elif result.status is Status.PRUNED:
            pruned.append((trial.number, result.score))
        else:
            complete.append((trial.number, result.score))
            best.append((trial.number, max(result.score, best[-1][1]) if best else result.score))
    default = next((score for number, score in complete if number == 0), None)
    return History(
        complete=tuple(complete),
        pruned=tuple(pruned),
        failed=tuple(failed),
        best=tuple(best),
        default=default,
    )


def history_figure(history: History) -> Figure | None:
    """Score over trial number; failed trials stand as crosses at the bottom."""
    if not (history.complete or history.pruned or history.failed):
        return None
    traces: list[dict[str, Any]] = []
    hover = "trial %{x}: %{y:.4g}"
    if history.best:
        x, y = zip(*history.best, strict=True)
        best = line(x, y, "best so far", "@tuned", hovertemplate=hover)
        best["line"]["shape"] = "hv"
        traces.append(best)
    if history.default is not None:
        last = max([n for n, _ in history.complete + history.pruned] + list(history.failed))
        level = [history.default, history.default]
        traces.append(line([0, last], level, "default", "@default", dash="dash", hoverinfo="skip"))
    for name, pairs, marker in (
        ("complete", history.complete, {"opacity": 0.7}),
        ("pruned", history.pruned, {"symbol": "circle-open", "color": "@muted"}),
    ):
        if pairs:
            x, y = zip(*pairs, strict=True)
            traces.append(points(x, y, name, "@tuned", marker=marker, hovertemplate=hover))
    scores = [score for _, score in history.complete + history.pruned]
    if history.failed:
        low, high = min(scores, default=0.0), max(scores, default=0.0)
        floor = low - (0.08 * (high - low) or 0.05 * abs(low) or 1.0)
        traces.append(
            points(
                history.failed,
                [floor] * len(history.failed),
                "failed (no score)",
                "@bad",
                marker={"symbol": "x", "size": 8},
                hovertemplate="trial %{x} failed",
            )
        )
    return figure(
        "history",
        "Optimisation history",
        "Score of each trial, one training seed each. Pruned trials were given up early; failed "
        "ones have no score and are marked at the bottom. Trial 0 is the library's default.",
        traces,
        height=340,
        xaxis=axis("trial", **whole(len(history.complete + history.pruned) + len(history.failed))),
        yaxis=axis("score in the search"),
    )


def intermediate_figure(cell: CellRecord) -> Figure | None:
    """The evaluations of every trial while it trained."""
    shown = [trial for trial in cell.trials if trial.result and trial.result.evaluations]
    if not shown:
        return None
    ranked = [t for t in shown if t.result and t.result.status is Status.COMPLETE]
    best = max(ranked, key=_score, default=None)
    traces = [_trial_line(trial, best) for trial in shown]
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


def _score(trial: TrialRecord) -> float:
    result = trial.result
    return float("-inf") if result is None or result.score is None else result.score


def _trial_line(trial: TrialRecord, best: TrialRecord | None) -> dict[str, Any]:
    result = trial.result
    if result is None:
        raise ValueError(f"trial {trial.number} has no result yet")
    steps = [evaluation.step for evaluation in result.evaluations]
    means = [evaluation.mean for evaluation in result.evaluations]
    if trial.number == 0:
        name, color, width, opacity = "default", "@default", 2.5, 1.0
    elif trial is best:
        name, color, width, opacity = "best", "@tuned", 2.5, 1.0
    elif result.status is Status.COMPLETE:
        name, color, width, opacity = "complete", "@tuned", 1.0, 0.35
    elif result.status is Status.PRUNED:
        name, color, width, opacity = "pruned", "@muted", 1.0, 0.5
    else:
        name, color, width, opacity = "failed", "@bad", 1.0, 0.6
    more: dict[str, Any] = {"mode": "lines+markers", "marker": {"size": 4, "color": color}}
    hover = f"trial {trial.number}: %{{y:.4g}}"
    drawn = line(steps, means, name, color, width=width, opacity=opacity, hovertemplate=hover)
    return drawn | (more if len(steps) == 1 or name == "pruned" else {})
