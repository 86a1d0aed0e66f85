"""The best parameters against the library's defaults."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import ParameterRow, parameter_rows, tuned_trial
from harness.report.campaign_views import CellView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Default against best.

    Attributes:
        rows: One per searched parameter, the most important first.
        trial: The trial compared with the default.
        shipped: Whether it is what the cell ships; if not, `reason` says why it is shown.
        reason: Words.
    """

    rows: tuple[ParameterRow, ...]
    trial: int
    shipped: bool
    reason: str


def compute(view: CellView) -> Parameters | None:
    """Left out until a trial other than the default is complete."""
    trial, is_shipped = tuned_trial(view.cell)
    if trial is None:
        return None
    if view.cell.winner is None:
        reason = "the best of the search so far; the confirm rung has not decided yet"
    elif not is_shipped:
        reason = "the best of the search, not shipped because the default won the confirm rung"
    else:
        reason = "chosen by the confirm rung"
    return Parameters(
        rows=parameter_rows(view.cell, trial),
        trial=trial.number,
        shipped=is_shipped,
        reason=reason,
    )


PART = Part(title="Best parameters against the defaults", page="cell", order=30, compute=compute)
