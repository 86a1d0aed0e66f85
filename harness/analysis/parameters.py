"""Hyperparameters: the library's default against the best that was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.analysis.arms import arm, runs_of
from harness.core.domain import Domain, domain_from_json
from harness.core.plan import DEFAULT, TUNED
from harness.core.record import CampaignRecord, CellRecord, Status, TrialRecord
from harness.core.settings import Rung

__all__ = [
    "EDGE",
    "ParameterRow",
    "SearchedParameter",
    "best_parameters",
    "best_trial",
    "parameter_rows",
    "ranked_trials",
    "searched_parameters",
    "shipped_trial",
]

EDGE = 0.05
"""A value within this share of the axis from an end of its range lies at the edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedParameter:
    """A parameter of a cell's space, read back from the record.

    Attributes:
        name: Readable name.
        axis: Name of its axis.
        domain: The values it may take.
        default: The library's default.
        importance: Share of the score's variance; None if not computed.
    """

    name: str
    axis: str
    domain: Domain
    default: Any
    importance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterRow:
    """One parameter, default against best.

    Attributes:
        name: Readable name.
        default, best: Values; None where the parameter is not active.
        changed: Whether they differ.
        allowed: The range in words.
        default_at, best_at: Places on the axis in 0 .. 1; None where places have no order.
        importance: Share of the score's variance; None if not computed.
        edge: End of the range the best value lies at; a hint to widen it.
    """

    name: str
    default: Any
    best: Any
    changed: bool
    allowed: str
    default_at: float | None
    best_at: float | None
    importance: float | None
    edge: Literal["low", "high"] | None


def searched_parameters(cell: CellRecord) -> tuple[SearchedParameter, ...]:
    """The cell's search space in its own order."""
    found = []
    for item in cell.spec["space"]["parameters"]:
        domain = domain_from_json(item["domain"])
        axis = domain.axis(item["name"]).name
        found.append(
            SearchedParameter(
                name=item["name"],
                axis=axis,
                domain=domain,
                default=item["default"],
                importance=cell.importances.get(item["name"]),
            )
        )
    return tuple(found)


def ranked_trials(cell: CellRecord) -> tuple[TrialRecord, ...]:
    """Complete trials, best score first; the earlier one of equals."""
    scored = [
        (-trial.result.score, trial.number, trial)
        for trial in cell.trials
        if trial.result is not None
        and trial.result.status is Status.COMPLETE
        and trial.result.score is not None
    ]
    return tuple(item[2] for item in sorted(scored, key=lambda item: item[:2]))


def best_trial(cell: CellRecord) -> TrialRecord | None:
    """The complete trial with the best score of the search, the default's left out."""
    return next((trial for trial in ranked_trials(cell) if trial.number > 0), None)


def shipped_trial(cell: CellRecord) -> TrialRecord | None:
    """The trial whose parameters are shipped; trial 0 if the default won, None if undecided."""
    if cell.winner is None:
        return None
    number = 0 if cell.winner == DEFAULT else int(cell.winner.removeprefix("trial-"))
    return next((trial for trial in cell.trials if trial.number == number), None)


def parameter_rows(cell: CellRecord, best: TrialRecord | None) -> tuple[ParameterRow, ...]:
    """Default against the values of a trial, the most important parameter first."""
    start = next((trial.values for trial in cell.trials if trial.number == 0), None)
    rows = []
    for parameter in searched_parameters(cell):
        default = parameter.default if start is None else start.get(parameter.name)
        rows.append(_row(parameter, default, {} if best is None else best.values))
    return tuple(sorted(rows, key=lambda row: 1.0 if row.importance is None else -row.importance))


def _row(parameter: SearchedParameter, default: Any, values: Mapping[str, Any]) -> ParameterRow:
    best = values.get(parameter.name)
    place = _place(parameter.domain, best)
    edge: Literal["low", "high"] | None = None
    if place is not None and (place <= EDGE or place >= 1 - EDGE):
        edge = "low" if place <= EDGE else "high"
    return ParameterRow(
        name=parameter.name,
        default=default,
        best=best,
        changed=bool(values) and best != default,
        allowed=parameter.domain.describe(),
        default_at=_place(parameter.domain, default),
        best_at=place,
        importance=parameter.importance,
        edge=edge,
    )


def _place(domain: Domain, value: Any) -> float | None:
    return domain.position(value) if value is not None and domain.contains(value) else None


def best_parameters(record: CampaignRecord) -> dict[str, dict[str, Any]]:
    """Cell name -> what is shipped, for every cell whose confirm rung has decided.

    Each entry has ``arguments`` (the learner's constructor arguments), ``values`` (readable),
    ``score`` (mean of the tuned variant on held-out seeds, None while it has none) and
    ``winner``. A matrix takes the file as `from_file` of a variant.
    """
    found = {}
    for cell in record.cells:
        trial = shipped_trial(cell)
        if trial is not None:
            tested = arm(TUNED, runs_of(cell, Rung.TEST.value, TUNED))
            found[cell.name] = {
                "arguments": dict(trial.arguments),
                "values": dict(trial.values),
                "score": tested.mean,
                "winner": cell.winner,
            }
    return found
