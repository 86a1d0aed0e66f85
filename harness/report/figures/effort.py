"""When the trials ran, and what their early scores told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from harness.analysis import PrunerRegret
from harness.core.record import CellRecord, Status, TrialRecord
from harness.report.figures.figure import Figure, axis, figure, line, name_once, whole
from harness.report.format import duration

__all__ = ["foresight_figure", "timeline_figure"]

_COLORS = {
    Status.COMPLETE: "@tuned",
    Status.PRUNED: "@muted",
    Status.FAILED: "@bad",
}


def timeline_figure(cell: CellRecord) -> Figure | None:
    """One bar per trial from its start to its end."""
    begun = [(trial, _started(trial)) for trial in cell.trials]
    known = [(trial, start) for trial, start in begun if start is not None]
    if len(known) < 2:
        return None
    first = min(start for _, start in known)
    longest = max((s - first).total_seconds() + _wall(t) for t, s in known)
    size, unit = _unit(longest)
    traces = [_bar(trial, (start - first).total_seconds(), size) for trial, start in known]
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
        yaxis=axis("trial", **whole(len(known))),
    )


def _started(trial: TrialRecord) -> datetime | None:
    if trial.result is None or not trial.result.cost.started:
        return None
    try:
        return datetime.fromisoformat(trial.result.cost.started)
    except ValueError:
        return None


def _wall(trial: TrialRecord) -> float:
    return 0.0 if trial.result is None else trial.result.cost.wall


def _unit(seconds: float) -> tuple[float, str]:
    if seconds >= 3 * 3600:
        return 3600.0, "hours"
    return (60.0, "minutes") if seconds >= 180 else (1.0, "seconds")


def _bar(trial: TrialRecord, start: float, size: float) -> dict[str, Any]:
    result = trial.result
    if result is None:
        raise ValueError(f"trial {trial.number} has no result yet")
    host = f" on {result.cost.host}" if result.cost.host else ""
    return {
        "type": "bar",
        "orientation": "h",
        "x": [round(result.cost.wall / size, 4)],
        "base": [round(start / size, 4)],
        "y": [trial.number],
        "name": result.status.value,
        "marker": {"color": _COLORS[result.status]},
        "showlegend": True,
        "legendgroup": result.status.value,
        "text": [f"trial {trial.number}, {duration(result.cost.wall)}{host}"],
        "textposition": "none",
        "hovertemplate": "%{text}",
    }


def foresight_figure(told: PrunerRegret | None) -> Figure | None:
    """Rank correlation of each evaluation with the final score."""
    if told is None:
        return None
    known = [e for e in told.evaluations if e.correlation.value is not None]
    if len(known) < 2:
        return None
    steps = [e.step for e in known]
    traces: list[dict[str, Any]] = []
    banded = [e for e in known if e.correlation.low is not None]
    if len(banded) > 1:
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [e.step for e in (*banded, *reversed(banded))],
                "y": [
                    *(e.correlation.high for e in banded),
                    *(e.correlation.low for e in reversed(banded)),
                ],
                "fill": "toself",
                "fillcolor": "@tuned-band",
                "line": {"width": 0},
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    hover = "%{y:.2f} at %{x:,.0f} steps"
    values = [e.correlation.value for e in known]
    traces.append(line(steps, values, "complete trials", "@tuned", hovertemplate=hover))
    for field, name, dash in (
        ("if_pruner_right", "if every pruned trial was a bad one", "dot"),
        ("if_pruner_wrong", "if every pruned trial was a good one", "dash"),
    ):
        there = [e for e in known if getattr(e, field) is not None and e.pruned]
        if len(there) > 1:
            y = [getattr(e, field) for e in there]
            x = [e.step for e in there]
            traces.append(line(x, y, name, "@muted", dash=dash, width=1.5, hovertemplate=hover))
    return figure(
        "foresight",
        "What early scores tell",
        "Rank correlation of each evaluation with the final score over complete trials, with its "
        f"95 % interval; the pruner is {told.pruner}. Near 0, giving up there is a lottery.",
        traces,
        height=340,
        xaxis=axis("environment steps", rangemode="tozero"),
        yaxis=axis("rank correlation", range=[-1.05, 1.05]),
    )
