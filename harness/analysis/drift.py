"""Where tuning moves each hyperparameter of an algorithm, scenario by scenario."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.analysis.parameters import (
    best_trial,
    parameter_rows,
    searched_parameters,
    shipped_trial,
)
from harness.analysis.pools import algorithms
from harness.core.record import CampaignRecord, CellRecord

__all__ = ["AlgorithmDrift", "BestValue", "ParameterDrift", "drift"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BestValue:
    """The best value of a parameter in one cell.

    Attributes:
        cell, scenario: Names.
        value: Shipped, or the best of the search where the default is shipped.
        default: The library's default there.
        at, default_at: Places on the axis, 0 .. 1; None where places have no order.
        shift: `at` less `default_at`.
        changed: Whether it differs from the default.
        shipped: Whether it is shipped.
        importance: Share of the score's variance; None if not computed.
    """

    cell: str
    scenario: str
    value: Any
    default: Any
    at: float | None
    default_at: float | None
    shift: float | None
    changed: bool
    shipped: bool
    importance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterDrift:
    """A parameter over an algorithm's scenarios.

    Attributes:
        name: Readable name.
        allowed: The range in words, of the first cell.
        best: One entry per cell in which it is active and something was found.
        changed: How many of them differ from the default.
        mean_shift: Mean shift on the axis, -1 .. 1; None where places have no order.
        agreement: Share of shifted cells that moved to the commoner side; 1 = all the same way,
            None with fewer than two.
        importance: Mean over the cells that have one.
    """

    name: str
    allowed: str
    best: tuple[BestValue, ...]
    changed: int
    mean_shift: float | None
    agreement: float | None
    importance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmDrift:
    """An algorithm's parameters, in the order of its space."""

    algorithm: str
    title: str
    cells: tuple[str, ...]
    parameters: tuple[ParameterDrift, ...]


def drift(record: CampaignRecord) -> tuple[AlgorithmDrift, ...]:
    """Default against best per algorithm over its scenarios; algorithms without a best left out."""
    found = []
    for name, title in algorithms(record).items():
        cells = [cell for cell in record.cells if cell.spec["algorithm"]["name"] == name]
        values: dict[str, list[BestValue]] = {}
        allowed: dict[str, str] = {}
        for cell in cells:
            for parameter in searched_parameters(cell):
                allowed.setdefault(parameter.name, parameter.domain.describe())
            for key, value in _best_values(cell):
                values.setdefault(key, []).append(value)
        parameters = tuple(
            _summed(key, allowed[key], values[key]) for key in allowed if key in values
        )
        if parameters:
            names = tuple(cell.name for cell in cells)
            found.append(
                AlgorithmDrift(algorithm=name, title=title, cells=names, parameters=parameters)
            )
    return tuple(found)


def _best_values(cell: CellRecord) -> list[tuple[str, BestValue]]:
    shipped = shipped_trial(cell)
    searched = shipped is not None and shipped.number > 0
    trial = shipped if searched else best_trial(cell)
    if trial is None:
        return []
    found = []
    for row in parameter_rows(cell, trial):
        if row.best is None:
            continue
        known = row.best_at is not None and row.default_at is not None
        value = BestValue(
            cell=cell.name,
            scenario=cell.spec["scenario"]["name"],
            value=row.best,
            default=row.default,
            at=row.best_at,
            default_at=row.default_at,
            shift=(row.best_at or 0.0) - (row.default_at or 0.0) if known else None,
            changed=row.changed,
            shipped=searched,
            importance=row.importance,
        )
        found.append((row.name, value))
    return found


def _summed(name: str, allowed: str, best: Sequence[BestValue]) -> ParameterDrift:
    shifts = [value.shift for value in best if value.shift is not None]
    moved = [shift for shift in shifts if shift != 0]
    up = sum(shift > 0 for shift in moved)
    return ParameterDrift(
        name=name,
        allowed=allowed,
        best=tuple(best),
        changed=sum(value.changed for value in best),
        mean_shift=_mean(shifts),
        agreement=max(up, len(moved) - up) / len(moved) if len(moved) > 1 else None,
        importance=_mean([v.importance for v in best if v.importance is not None]),
    )


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
