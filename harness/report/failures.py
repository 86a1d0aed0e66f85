"""Failures of a cell, equal messages together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.core.record import CellRecord, Failure
from harness.report.format import count

__all__ = ["FailureGroup", "failure_groups"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """Runs that failed for the same reason.

    Attributes:
        kind, message: The reason.
        runs: How many.
        where: Rungs and variants in words.
        step: Environment step of the first one; None where unknown.
        traceback: Of the first one that has one.
    """

    kind: str
    message: str
    runs: int
    where: str
    step: int | None
    traceback: str


def failure_groups(cell: CellRecord) -> tuple[FailureGroup, ...]:
    """The most frequent reason first."""
    found: dict[tuple[str, str], list[tuple[str, Failure]]] = {}
    for place, failure in _failures(cell):
        found.setdefault((failure.kind, failure.message), []).append((place, failure))
    groups = [_group(kind, message, items) for (kind, message), items in found.items()]
    return tuple(sorted(groups, key=lambda group: -group.runs))


def _failures(cell: CellRecord) -> Iterator[tuple[str, Failure]]:
    for trial in cell.trials:
        if trial.result is not None and trial.result.failure is not None:
            yield "search", trial.result.failure
    for run in cell.runs:
        if run.result is not None and run.result.failure is not None:
            yield f"{run.rung}, {run.variant}", run.result.failure


def _group(kind: str, message: str, items: list[tuple[str, Failure]]) -> FailureGroup:
    places = [place for place, _ in items]
    where = [f"{place} ({count(places.count(place), 'run')})" for place in dict.fromkeys(places)]
    return FailureGroup(
        kind=kind,
        message=message,
        runs=len(items),
        where="; ".join(where),
        step=next((failure.step for _, failure in items if failure.step is not None), None),
        traceback=next((failure.traceback for _, failure in items if failure.traceback), ""),
    )
