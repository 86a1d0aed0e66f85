"""Best values at the edge of their range: the range may have been too narrow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness.analysis.parameters import (
    EDGE,
    best_trial,
    ranked_trials,
    searched_parameters,
    shipped_trial,
)
from harness.analysis.widen import widened
from harness.core.domain import Domain
from harness.core.record import CampaignRecord, CellRecord

__all__ = ["EdgeRow", "edge_patch", "edges"]

Side = Literal["low", "high"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeRow:
    """A best value within 5 % of an end of its range, measured on the range's own axis.

    Attributes:
        cell, scenario, algorithm: Names.
        parameter: Readable name.
        value: What is shipped, or the best of the search where the default is shipped or nothing is
            decided yet.
        shipped: Whether it is shipped.
        allowed: The range in words.
        side: The end it lies at.
        bound: That end of the range.
        position: Place on the axis, 0 .. 1.
        crowd: Share of the best quarter of complete trials that lie at the same end; high means
            that the edge is no accident of one trial.
        importance: Share of the score's variance; None if not computed.
        proposed: A wider bound; None where the parameter cannot go further.
    """

    cell: str
    scenario: str
    algorithm: str
    parameter: str
    value: Any
    shipped: bool
    allowed: str
    side: Side
    bound: float
    position: float
    crowd: float
    importance: float | None
    proposed: float | None


def edges(record: CampaignRecord) -> tuple[EdgeRow, ...]:
    """Every such value, in the order of the matrix, a cell's most important parameter first."""
    rows: list[EdgeRow] = []
    for cell in record.cells:
        rows += sorted(_of_cell(cell), key=lambda row: -(row.importance or 0.0))
    return tuple(rows)


def _of_cell(cell: CellRecord) -> Iterator[EdgeRow]:
    shipped = shipped_trial(cell)
    searched = shipped is not None and shipped.number > 0
    trial = shipped if searched else best_trial(cell)
    if trial is None:
        return
    ranked = ranked_trials(cell)
    top = [other.values for other in ranked[: max(1, len(ranked) // 4)]]
    for parameter in searched_parameters(cell):
        value = trial.values.get(parameter.name)
        place = _place(parameter.domain, value)
        side = _side(place)
        if place is None or side is None:
            continue
        domain: Any = parameter.domain
        places = [_place(parameter.domain, values.get(parameter.name)) for values in top]
        yield EdgeRow(
            cell=cell.name,
            scenario=cell.spec["scenario"]["name"],
            algorithm=cell.spec["algorithm"]["name"],
            parameter=parameter.name,
            value=value,
            shipped=searched,
            allowed=parameter.domain.describe(),
            side=side,
            bound=getattr(domain, side),
            position=place,
            crowd=sum(_side(other) == side for other in places) / len(places),
            importance=parameter.importance,
            proposed=widened(parameter.name, parameter.domain, side),
        )


def _place(domain: Domain, value: Any) -> float | None:
    """Place on the axis; None where places have no order or the range is a single point."""
    if value is None or not domain.contains(value) or domain.axis("").low == domain.axis("").high:
        return None
    return domain.position(value)


def _side(place: float | None) -> Side | None:
    if place is None or EDGE < place < 1 - EDGE:
        return None
    return "low" if place <= EDGE else "high"


def edge_patch(rows: Sequence[EdgeRow]) -> str:
    """Text of an `overrides` entry per cell that widens the ranges; empty if none can be widened.

    It is put at the end of a matrix; a matrix that has `overrides` takes the entries alone.
    """
    cells: dict[str, dict[str, dict[str, float]]] = {}
    for row in rows:
        if row.proposed is not None:
            bounds = cells.setdefault(row.cell, {}).setdefault(row.parameter, {})
            bounds[row.side] = row.proposed
    if not cells:
        return ""
    lines = ["overrides:  # another search: give the matrix another name"]
    for cell, parameters in cells.items():
        algorithm, _, scenario = cell.partition("@")
        match = f"{{algorithm: {json.dumps(algorithm)}, scenario: {_pattern(scenario)}}}"
        lines += [f"  - match: {match}", "    space:"]
        for name, bounds in parameters.items():
            inner = ", ".join(f"{side}: {bound!r}" for side, bound in bounds.items())
            lines.append(f"      {json.dumps(name)}: {{{inner}}}")
    return "\n".join(lines) + "\n"


def _pattern(name: str) -> str:
    """A name as a pattern that matches it alone."""
    return json.dumps("".join(f"[{c}]" if c in "*?[" else c for c in name))
