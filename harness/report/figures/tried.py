"""Configurations that a search tried, as points in its space."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import SearchedParameter, searched_parameters
from harness.core.record import CellRecord, Status
from harness.report.figures.places import place
from harness.report.format import value

__all__ = ["Tried", "by_importance", "order", "tried_trials"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A trial with a score.

    Attributes:
        number: Trial number; 0 is the default.
        score: Score in the search.
        places: Parameter -> place on its axis in 0 .. 1, active parameters inside their range.
        values: Parameter -> readable text of its value.
    """

    number: int
    score: float
    places: dict[str, float]
    values: dict[str, str]


def tried_trials(cell: CellRecord) -> tuple[Tried, ...]:
    """Complete trials as points in the search space."""
    parameters = searched_parameters(cell)
    found = []
    for trial in cell.trials:
        result = trial.result
        if result is None or result.status is not Status.COMPLETE or result.score is None:
            continue
        chosen = dict(trial.values)
        places = {p.name: place(p.domain, chosen.get(p.name)) for p in parameters}
        found.append(
            Tried(
                number=trial.number,
                score=result.score,
                places={name: at for name, at in places.items() if at is not None},
                values={name: value(given) for name, given in chosen.items()},
            )
        )
    return tuple(found)


def by_importance(cell: CellRecord) -> list[SearchedParameter]:
    """The most important parameter first; without importances the order of the space."""
    return sorted(
        searched_parameters(cell),
        key=lambda parameter: 1.0 if parameter.importance is None else -parameter.importance,
    )


def order(cell: CellRecord) -> str:
    """What to say of the order of `by_importance`."""
    return ", the most important first" if cell.importances else ""
