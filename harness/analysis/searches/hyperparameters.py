"""Hyperparameters: the default against the best that was found, in one cell and over scenarios."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness.analysis.variant_scores import algorithms, test_scores
from harness.core.decisions.best_configurations import find_best_trial
from harness.core.record import CampaignRecord, CellRecord, TrialRecord
from harness.core.run import DEFAULT, TUNED
from harness.core.spaces.domain import Domain

Side = Literal["low", "high"]

EDGE = 0.05
"""A value within this share of the axis from an end of its range lies at the edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedParameter:
    """A parameter of a cell's space, read back from the record.

    Attributes:
        name: Readable name.
        axis: Name of its axis.
        domain: The values it may take.
        full_domain: The values asked for, where the budget left only a part of them; else None.
        default: The library's default.
        importance: Share of the score's variance; None if not computed.
    """

    name: str
    axis: str
    domain: Domain
    full_domain: Domain | None
    default: object
    importance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterRow:
    """One parameter, default against best.

    Attributes:
        name: Readable name.
        default, best: Values that were trained; None where the parameter is not active.
        moved_default, moved_best: What the library, or the sampler, had instead; None where a rule
            moved nothing.
        changed: Whether they differ.
        allowed: The range in words.
        default_at, best_at: Positions on the axis in 0 .. 1; None where values have no order.
        importance: Share of the score's variance; None if not computed.
        edge: End of the range the best value lies at; a hint to widen it. None where the budget or
            the environments end the range, which nothing widens.
    """

    name: str
    default: object
    best: object
    moved_default: object
    moved_best: object
    changed: bool
    allowed: str
    default_at: float | None
    best_at: float | None
    importance: float | None
    edge: Side | None


def searched_parameters(cell: CellRecord) -> tuple[SearchedParameter, ...]:
    """The cell's search space in its own order."""
    return tuple(
        SearchedParameter(
            name=parameter.name,
            axis=parameter.axis.name,
            domain=parameter.domain,
            full_domain=parameter.full_domain,
            default=parameter.default,
            importance=cell.importances.get(parameter.name),
        )
        for parameter in cell.cell.space.parameters
    )


def best_trial(cell: CellRecord) -> TrialRecord | None:
    """The complete trial with the best score of the search, the default's left out."""
    return next((trial for trial in cell.ranked_trials if trial.number > 0), None)


def tuned_trial(cell: CellRecord) -> tuple[TrialRecord | None, bool]:
    """The trial whose values are shown, and whether they are shipped.

    Where none is shipped, or the default, it is the best of the others.
    """
    winner = find_best_trial(cell)
    is_shipped = winner is not None and winner.number > 0
    return winner if is_shipped else best_trial(cell), is_shipped


def parameter_rows(cell: CellRecord, best: TrialRecord | None) -> tuple[ParameterRow, ...]:
    """Default against the values of a trial, the most important parameter first."""
    start = next((trial for trial in cell.trials if trial.number == 0), None)
    rows = [_row(cell, parameter, start, best) for parameter in searched_parameters(cell)]
    return tuple(sorted(rows, key=lambda row: 1.0 if row.importance is None else -row.importance))


def moved_values(cell: CellRecord, trial: TrialRecord | None) -> dict[str, object]:
    """Suggested values of the parameters to which a rule gave another value in a trial."""
    if trial is None:
        return {}
    space = cell.cell.space
    if trial.number == 0:
        proposal = space.default_values()
    elif trial.number <= len(cell.cell.search.first):
        proposal = dict(cell.cell.search.first[trial.number - 1])
    else:
        proposal = {
            parameter.name: parameter.domain.from_axis(trial.suggestion.coordinates[axis])
            for parameter in space.parameters
            if (axis := parameter.axis.name) in trial.suggestion.coordinates
        }
    values = trial.values
    return {name: x for name, x in proposal.items() if name in values and values[name] != x}


def _row(
    cell: CellRecord,
    parameter: SearchedParameter,
    start: TrialRecord | None,
    trial: TrialRecord | None,
) -> ParameterRow:
    name = parameter.name
    default = parameter.default if start is None else start.values.get(name)
    best = None if trial is None else trial.values.get(name)
    position = position_of(parameter.domain, best)
    return ParameterRow(
        name=name,
        default=default,
        best=best,
        moved_default=moved_values(cell, start).get(name),
        moved_best=moved_values(cell, trial).get(name),
        changed=trial is not None and best != default,
        allowed=parameter.domain.describe(),
        default_at=position_of(parameter.domain, default),
        best_at=position,
        importance=parameter.importance,
        edge=edge_of(parameter, position),
    )


def edge_of(parameter: SearchedParameter, position: float | None) -> Side | None:
    """The end of its range that a position lies at, unless the range was cut there."""
    if position is None or EDGE < position < 1 - EDGE:
        return None
    side: Side = "low" if position <= EDGE else "high"
    full = parameter.full_domain
    cut = full is not None and getattr(full, side, None) != getattr(parameter.domain, side, None)
    return None if cut else side


def position_of(domain: Domain, value: object) -> float | None:
    """Position of a value on the axis, 0 .. 1; None where values have no order or it is beside."""
    return domain.position(value) if value is not None and domain.contains(value) else None


def best_parameters(record: CampaignRecord) -> dict[str, dict[str, Any]]:
    """Cell name -> what is shipped, for every cell whose confirm rung has decided.

    Each entry has ``arguments`` (the learner's constructor arguments), ``values`` (readable),
    ``score`` (mean of the tuned variant on held-out seeds, None while it has none), ``default``
    (that of the library's default) and ``winner``. A matrix takes the file as `from_file` of a
    variant.
    """
    entries = {}
    for cell in record.first_searches:
        trial = find_best_trial(cell)
        if trial is not None:
            tuned, default = (test_scores(cell, each).mean for each in (TUNED, DEFAULT))
            entries[cell.name] = {
                "arguments": dict(trial.arguments),
                "values": dict(trial.values),
                "score": tuned,
                "default": default,
                # Plain text: a YAML file cannot hold the variant's own type.
                "winner": str(cell.winner),
            }
    return entries


@dataclass(frozen=True, slots=True, kw_only=True)
class BestValue:
    """The best value of a parameter in one cell.

    Attributes:
        cell, scenario: Names.
        value: Shipped, or the best of the search where the default is shipped.
        default: The library's default there.
        at, default_at: Positions on the axis, 0 .. 1; None where values have no order.
        shift: `at` less `default_at`.
        changed: Whether it differs from the default.
        shipped: Whether it is shipped.
        importance: Share of the score's variance; None if not computed.
    """

    cell: str
    scenario: str
    value: Any
    default: object
    at: float | None
    default_at: float | None
    shift: float | None
    changed: bool
    shipped: bool
    importance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterDrift:
    """How far a parameter's best values drift from its default over an algorithm's scenarios.

    Attributes:
        name: Readable name.
        allowed: The range in words, of the first cell.
        best: One entry per cell whose best configuration has the parameter.
        changed: How many of these values differ from the default.
        mean_shift: Mean shift on the axis, -1 .. 1; None where values have no order.
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
    """Drift of an algorithm's parameters, in the order of its search space."""

    algorithm: str
    title: str
    cells: tuple[str, ...]
    parameters: tuple[ParameterDrift, ...]


def drift(record: CampaignRecord) -> tuple[AlgorithmDrift, ...]:
    """Drift of best values from the defaults; only algorithms for which a search found a best."""
    rows = []
    for name, title in algorithms(record).items():
        cells = [cell for cell in record.first_searches if cell.cell.algorithm.name == name]
        values: dict[str, list[BestValue]] = {}
        ranges: dict[str, str] = {}
        for cell in cells:
            for parameter in searched_parameters(cell):
                ranges.setdefault(parameter.name, parameter.domain.describe())
            for key, value in _best_values(cell):
                values.setdefault(key, []).append(value)
        parameters = tuple(
            _parameter_drift(key, ranges[key], values[key]) for key in ranges if key in values
        )
        if parameters:
            names = tuple(cell.name for cell in cells)
            rows.append(
                AlgorithmDrift(algorithm=name, title=title, cells=names, parameters=parameters)
            )
    return tuple(rows)


def _best_values(cell: CellRecord) -> list[tuple[str, BestValue]]:
    trial, is_shipped = tuned_trial(cell)
    if trial is None:
        return []
    values = []
    for row in parameter_rows(cell, trial):
        if row.best is None:
            continue
        both_on_axis = row.best_at is not None and row.default_at is not None
        value = BestValue(
            cell=cell.name,
            scenario=cell.cell.scenario.name,
            value=row.best,
            default=row.default,
            at=row.best_at,
            default_at=row.default_at,
            shift=(row.best_at or 0.0) - (row.default_at or 0.0) if both_on_axis else None,
            changed=row.changed,
            shipped=is_shipped,
            importance=row.importance,
        )
        values.append((row.name, value))
    return values


def _parameter_drift(name: str, domain_text: str, best: Sequence[BestValue]) -> ParameterDrift:
    shifts = [value.shift for value in best if value.shift is not None]
    nonzero = [shift for shift in shifts if shift != 0]
    up = sum(shift > 0 for shift in nonzero)
    return ParameterDrift(
        name=name,
        allowed=domain_text,
        best=tuple(best),
        changed=sum(value.changed for value in best),
        mean_shift=_mean(shifts),
        agreement=max(up, len(nonzero) - up) / len(nonzero) if len(nonzero) > 1 else None,
        importance=_mean([v.importance for v in best if v.importance is not None]),
    )


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
