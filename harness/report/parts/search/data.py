"""How the search went: its trials as points in its space, and how they trained."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from harness.analysis import PrunerRegret, SearchedParameter, searched_parameters
from harness.core.costs.search_budget import trial_efforts
from harness.core.evaluation import describe_score
from harness.core.record import CellRecord, TrialRecord
from harness.core.run_result import Status
from harness.core.spaces.axis import Scalar
from harness.report.campaign_views import CellView
from harness.report.page_parts import Part
from harness.report.parts.search.parameter_axes import axis_position


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTrial:
    """A trial that has ended.

    Attributes:
        number: Trial number; 0 is the default.
        status: How it ended.
        score: As the search compares trials; None if it failed.
        values: Parameter -> value.
        positions: Parameter -> position on its axis in 0 .. 1, active ones inside their range.
        steps, means: Environment step and mean return of each evaluation.
        started: UTC, ISO 8601; empty where unknown.
        wall: Seconds it took.
        host: Name of the machine it trained on.
    """

    number: int
    status: Status
    score: float | None
    values: Mapping[str, Scalar]
    positions: Mapping[str, float]
    steps: tuple[int, ...]
    means: tuple[float, ...]
    started: str
    wall: float
    host: str

    @property
    def is_complete(self) -> bool:
        return self.status is Status.COMPLETE and self.score is not None


_BANDS: Final = (
    ("at most half", 0.5),
    ("half to once", 1.0),
    ("once to twice", 2.0),
    ("more than twice", math.inf),
)
"""What a trial takes, beside the default, and the largest multiple of its effort."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBand:
    """The trials that take about the same effort, told from their configurations.

    Attributes:
        name: How much it is beside the default's.
        trials: How many.
        share: Of the effort of all trials.
        score: The best of the complete ones; None if none is.
        has_winner: Whether what is shipped is one of them.
    """

    name: str
    trials: int
    share: float
    score: float | None
    has_winner: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSummary:
    """The search of a cell.

    Attributes:
        trials: Those that have ended, by number.
        parameters: The most important first; without importances in the order of the space.
        foresight: What early evaluations told; None before the first trial.
        score: By which number trials are compared, in words.
        prices: What cheap and expensive trials brought, cheap ones first.
    """

    trials: tuple[SearchTrial, ...]
    parameters: tuple[SearchedParameter, ...]
    foresight: PrunerRegret | None
    score: str
    prices: tuple[PriceBand, ...] = ()

    @property
    def complete(self) -> tuple[SearchTrial, ...]:
        return tuple(trial for trial in self.trials if trial.is_complete)

    @property
    def has_importances(self) -> bool:
        return any(parameter.importance is not None for parameter in self.parameters)


def compute(view: CellView) -> SearchSummary | None:
    """Left out while the search has neither finished trials nor importances."""
    search = search_of(view.cell, view.foresight)
    return search if search.trials or search.has_importances else None


def search_of(cell: CellRecord, foresight: PrunerRegret | None = None) -> SearchSummary:
    parameters = searched_parameters(cell)
    by_importance = sorted(parameters, key=lambda p: 1.0 if p.importance is None else -p.importance)
    trials = (_trial(trial, parameters) for trial in cell.trials)
    return SearchSummary(
        trials=tuple(trial for trial in trials if trial is not None),
        parameters=tuple(by_importance),
        foresight=foresight,
        score=describe_score(cell.cell.search),
        prices=tuple(_prices(cell)),
    )


def _prices(cell: CellRecord) -> Iterator[PriceBand]:
    efforts = trial_efforts(cell)
    whole = math.fsum(took for _, _, took in efforts)
    winner = None if cell.winner is None else cell.winner.trial or 0
    least = -math.inf
    for name, most in _BANDS:
        band = [each for each in efforts if least < each[1] <= most]
        least = most
        if band:
            trials = [trial for trial, _, _ in band]
            yield PriceBand(
                name=name,
                trials=len(band),
                share=math.fsum(took for _, _, took in band) / whole if whole else 0.0,
                score=max(
                    (t.complete_score for t in trials if t.complete_score is not None), default=None
                ),
                has_winner=any(trial.number == winner for trial in trials),
            )


def _trial(trial: TrialRecord, parameters: tuple[SearchedParameter, ...]) -> SearchTrial | None:
    result = trial.result
    if result is None:
        return None
    values: dict[str, Any] = dict(trial.values)
    positions = {p.name: axis_position(p.domain, values.get(p.name)) for p in parameters}
    return SearchTrial(
        number=trial.number,
        status=result.status,
        score=result.score,
        values=values,
        positions={name: x for name, x in positions.items() if x is not None},
        steps=tuple(evaluation.step for evaluation in result.evaluations),
        means=tuple(evaluation.mean for evaluation in result.evaluations),
        started=result.cost.started,
        wall=result.cost.wall,
        host=result.cost.host,
    )


PART = Part(title="The search", page="cell", order=40, compute=compute)
