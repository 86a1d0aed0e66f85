"""The best trials and the default, with their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.analysis import moved_values, searched_parameters
from harness.core.record import CellRecord
from harness.core.settings import Rung
from harness.report.campaign_views import CellView
from harness.report.page_parts import Part

_MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEntry:
    """A complete trial.

    Attributes:
        rank: 1 for the best score of the search.
        number: Trial number; 0 is the default.
        score: Score of the single seed it had in the search.
        confirmed: Mean on the confirm seeds; None if it was not confirmed.
        values: What was trained, one per parameter; None where it is not active.
        moved: Parameter -> what was suggested, where a rule moved it.
        shipped: Whether the confirm rung chose it.
        source: Name of the cell whose winner it is; empty for all others.
    """

    rank: int
    number: int
    score: float | None
    confirmed: float | None
    values: tuple[Any, ...]
    moved: Mapping[str, object]
    shipped: bool
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """The table; `total` complete trials exist."""

    names: tuple[str, ...]
    rows: tuple[TrialEntry, ...]
    total: int


def compute(view: CellView) -> Trials | None:
    """The `_MOST` best; trial 0, the winner and other cells' wherever they ended up."""
    trials = view.cell.ranked_trials
    if not trials:
        return None
    names = tuple(parameter.name for parameter in searched_parameters(view.cell))
    rows = []
    for rank, trial in enumerate(trials, start=1):
        variant = "default" if trial.number == 0 else f"trial-{trial.number}"
        is_shipped = variant == view.cell.winner
        source = trial.suggestion.source
        if rank > _MOST and trial.number > 0 and not (is_shipped or source):
            continue
        values = dict(trial.values)
        rows.append(
            TrialEntry(
                rank=rank,
                number=trial.number,
                score=trial.score,
                confirmed=_confirm_mean(view.cell, variant),
                values=tuple(values.get(name) for name in names),
                moved=moved_values(view.cell, trial),
                shipped=is_shipped,
                source=source,
            )
        )
    return Trials(names=names, rows=tuple(rows), total=len(trials))


def _confirm_mean(cell: CellRecord, variant: str) -> float | None:
    runs = cell.runs_of(Rung.CONFIRM, variant)
    scores = [run.score for run in runs if run.score is not None]
    return sum(scores) / len(scores) if scores else None


PART = Part(title="Best trials", page="cell", order=50, compute=compute)
