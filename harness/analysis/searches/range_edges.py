"""Best values at the edge of their range, and a wider range to search next."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.analysis.searches.hyperparameters import (
    Side,
    edge_of,
    position_of,
    searched_parameters,
    tuned_trial,
)
from harness.core.record import CampaignRecord, CellRecord
from harness.core.spaces.domain import Domain, Float, Int, PowerOfTwo


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
        position: Position on the axis, 0 .. 1.
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
    """Best values at an edge, as the matrix orders cells, the most important parameter first."""
    rows: list[EdgeRow] = []
    for cell in record.first_searches:
        rows += sorted(_cell_edges(cell), key=lambda row: -(row.importance or 0.0))
    return tuple(rows)


def _cell_edges(cell: CellRecord) -> Iterator[EdgeRow]:
    trial, is_shipped = tuned_trial(cell)
    if trial is None:
        return
    trials = cell.ranked_trials
    top = [other.values for other in trials[: max(1, len(trials) // 4)]]
    for parameter in searched_parameters(cell):
        value = trial.values.get(parameter.name)
        position = position_of(parameter.domain, value)
        side = edge_of(parameter, position)
        if position is None or side is None:
            continue
        domain: Any = parameter.domain
        positions = (position_of(parameter.domain, values.get(parameter.name)) for values in top)
        top_sides = [edge_of(parameter, other) for other in positions]
        yield EdgeRow(
            cell=cell.name,
            scenario=cell.cell.scenario.name,
            algorithm=cell.cell.algorithm.name,
            parameter=parameter.name,
            value=value,
            shipped=is_shipped,
            allowed=parameter.domain.describe(),
            side=side,
            bound=getattr(domain, side),
            position=position,
            # A winner may be all that a damaged ledger has left of a search.
            crowd=top_sides.count(side) / max(1, len(top_sides)),
            importance=parameter.importance,
            proposed=widen_bound(parameter.name, parameter.domain, side),
        )


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


_SHARES: Final = frozenset(
    {"gamma", "gae_lambda", "tau", "clip_range", "exploration_fraction", "exploration_final_eps"}
)
"""Parameters of stable-baselines3 that are shares: nothing above 1 is one."""


def widen_bound(name: str, domain: Domain, side: Side) -> float | None:
    """The bound moved out by half the length of the axis, to two digits.

    Returns:
        The new bound; None where the range has no order or its end is as far out as values go.
    """
    if isinstance(domain, PowerOfTwo):
        return _power(domain, side)
    if isinstance(domain, Float) and domain.complement:
        return _complement(domain, side)
    if not isinstance(domain, Float | Int):
        return None
    bound = domain.low if side == "low" else domain.high
    bound_out = _outward(domain.low, domain.high, side, log=domain.log)
    if side == "low" and domain.low >= 0:
        bound_out = max(bound_out, 1.0 if isinstance(domain, Int) and domain.low >= 1 else 0.0)
    if side == "high" and name in _SHARES:
        bound_out = min(bound_out, 1.0)
    bound_out = _two_digits(bound_out, whole=isinstance(domain, Int))
    return bound_out if (bound_out < bound if side == "low" else bound_out > bound) else None


def _power(domain: PowerOfTwo, side: Side) -> int | None:
    if side == "high":
        return domain.high * 4
    # One step or a batch of one is no smaller amount but another thing.
    return None if domain.low <= 2 else max(2, domain.low // 4)


def _complement(domain: Float, side: Side) -> float | None:
    """Distances from 1 instead of values: the high end is the short distance."""
    near, far = 1 - domain.high, 1 - domain.low
    if side == "high":
        distance = _outward(near, far, "low", log=domain.log)
        return round(1 - _two_digits(distance, whole=False), 12) if 0 < distance < near else None
    # Not more than halfway to 0: beyond that a discount loses its meaning.
    distance = min(_outward(near, far, "high", log=domain.log), (1 + far) / 2)
    return round(1 - _two_digits(distance, whole=False), 12) if distance > far else None


def _outward(low: float, high: float, side: Side, *, log: bool) -> float:
    if log:
        ratio = math.sqrt(high / low)
        return low / ratio if side == "low" else high * ratio
    half = (high - low) / 2
    return low - half if side == "low" else high + half


def _two_digits(value: float, *, whole: bool) -> float:
    return round(value) if whole else float(f"{value:.1e}")
