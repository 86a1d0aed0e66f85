"""Events as JSON Lines for other programs: one object per line, the outcome last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from harness.cli.text_format import timestamp, utc_now
from harness.core.events import Event, RunFinished, RunStarted
from harness.core.identity import canonical
from harness.core.run import PlannedRun
from harness.core.run_result import RunResult

VERSION: Final = 1
"""Raised whenever a key changes its meaning or goes away."""


class JsonLines:
    """A listener that hands each event on as a JSON object."""

    def __init__(
        self, emit: Callable[[Mapping[str, object]], None], *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._emit = emit
        self._now = now

    def __call__(self, event: Event) -> None:
        self.write(event_json(event))

    def write(self, data: Mapping[str, object]) -> None:
        """Hand one object on, with its version and time."""
        self._emit({"version": VERSION, "time": timestamp(self._now()), **data})


def event_json(event: Event) -> dict[str, object]:
    """The event as JSON; `event` is its name in snake case, e.g. ``run_finished``."""
    name = "".join(f"_{c.lower()}" if c.isupper() else c for c in type(event).__name__).lstrip("_")
    match event:
        case RunStarted(planned=planned_run):
            return {"event": name, **_run_json(planned_run)}
        case RunFinished(planned=planned_run, result=result):
            new = {"new": event.is_new}
            return {"event": name, **_run_json(planned_run), **new, **result_json(result)}
        case _:
            return {"event": name, **canonical(event, everything=True)}


def result_json(result: RunResult) -> dict[str, object]:
    """What a run left behind, without its evaluations."""
    failure = result.failure
    counts = {name: getattr(result, name) for name in ("game_steps", "agent_steps")}
    return {
        "status": result.status.value,
        "score": result.score,
        "steps": result.steps,
        **{name: count for name, count in counts.items() if count is not None},
        "wall": result.cost.wall,
        "failure": None
        if failure is None
        else {"kind": failure.kind, "message": failure.message, "step": failure.step},
    }


def _run_json(planned_run: PlannedRun) -> dict[str, object]:
    return {
        "cell": planned_run.cell,
        "rung": planned_run.rung.value,
        "variant": planned_run.variant,
        "index": planned_run.index,
        "trial": planned_run.trial,
        "seed": planned_run.run.seed,
        "planned_steps": planned_run.run.planned_steps,
        "run_id": planned_run.run.id,
    }
