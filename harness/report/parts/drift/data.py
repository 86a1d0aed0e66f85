"""Default against best over an algorithm's scenarios."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import ParameterDrift
from harness.report.campaign_views import AlgorithmView
from harness.report.number_format import percent
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRow:
    """A parameter in words.

    Attributes:
        parameter: Drift of the parameter's best values.
        shift: Where its best values moved to, in words; empty where places have no order.
    """

    parameter: ParameterDrift
    shift: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The algorithm's parameters over its scenarios.

    Attributes:
        title: Name of the algorithm in reports.
        cells, scenarios: The algorithm's, in the same order.
        rows: One per parameter, the most important first.
    """

    title: str
    cells: tuple[str, ...]
    scenarios: tuple[str, ...]
    rows: tuple[DriftRow, ...]


def compute(view: AlgorithmView) -> Drift | None:
    """Left out until a search of the algorithm has a best trial."""
    if view.drift is None:
        return None
    parameters = sorted(
        view.drift.parameters, key=lambda p: 1.0 if p.importance is None else -p.importance
    )
    return Drift(
        title=view.title,
        cells=tuple(row.cell for row in view.rows),
        scenarios=tuple(row.scenario for row in view.rows),
        rows=tuple(DriftRow(parameter=p, shift=_shift_text(p)) for p in parameters),
    )


def _shift_text(parameter: ParameterDrift) -> str:
    shift = parameter.mean_shift
    if shift is None:
        return ""
    if abs(shift) < 0.005:
        return "as far up as down"
    return f"{percent(abs(shift))} of the range {'up' if shift > 0 else 'down'}"


PART = Part(title="Default against best", page="algorithm", order=10, compute=compute)
