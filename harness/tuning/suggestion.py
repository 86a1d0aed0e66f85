"""What a sampler proposes for one trial, as a pure function of the trials told before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.pruners import NopPruner
from optuna.trial import FrozenTrial, Trial

from harness.core.domain import Axis, Scalar
from harness.core.effort import relative
from harness.core.matrix import Cell
from harness.core.plan import arguments_of, study_name
from harness.core.record import Suggestion, TrialRecord
from harness.core.space import Space
from harness.tuning import samplers
from harness.tuning.axes import distribution, distributions
from harness.tuning.study import frozen, in_memory, plain, unfinished

__all__ = ["Memory", "suggest"]

ATTEMPTS: Final = 60
"""Suggestions for one trial, where dear ones are passed over."""


class Memory:
    """Told trials as Optuna has them; each is made into Optuna's only once."""

    def __init__(self, space: Space) -> None:
        self.axes = distributions(space)
        self._told: list[FrozenTrial] = []

    def past(self, told: Sequence[TrialRecord]) -> list[FrozenTrial]:
        """The trials ``0, 1, 2, ...``, told and never changed since."""
        for trial in told[len(self._told) :]:
            evaluations = trial.result.evaluations if trial.result is not None else ()
            means = {place: each.mean for place, each in enumerate(evaluations, start=1)}
            attrs = trial.suggestion.trial_attrs
            self._told.append(frozen(self.axes, trial, means, system_attrs=attrs))
        return self._told[: len(told)]


def suggest(
    campaign: str,
    cell: Cell,
    number: int,
    told: Sequence[TrialRecord],
    running: Sequence[TrialRecord],
    memory: Memory | None = None,
) -> Suggestion:
    """Propose trial `number`. The same arguments give the same suggestion, to the last bit.

    Trial 0 is the library default, the next ones are what the matrix gives. Any other is asked of
    a sampler made anew, seeded from (campaign seed, cell, number), on a study rebuilt in memory. A
    cost-aware search passes over suggestions that are too dear and asks again, each time with
    another seed.

    Args:
        campaign: Campaign name; part of the study's name.
        cell: The cell.
        number: Trial number.
        told: Trials ``0 .. number - in_flight``, with their results.
        running: The trials between those and `number`; a result one may already have is not
            looked at.
        memory: Kept by the caller from ask to ask of one search; None for a single ask.

    Raises:
        ValueError: `told` and `running` are not exactly these trials, in order. Telling a
            result earlier or later than that would make the study depend on who finishes first.
        UsageError: The sampler's options do not hold.
    """
    _check_order(number, cell.search.in_flight, told, running)
    given = (cell.space.default_values(), *cell.search.first)
    if number < len(given):
        return Suggestion(number=number, coordinates=cell.space.encode(given[number]))
    known = Memory(cell.space) if memory is None else memory
    past = known.past(told) + [unfinished(known.axes, trial) for trial in running]
    attrs = [*told, *running][-1].suggestion.study_attrs
    limit = cell.search.cost_aware
    if limit is None:
        return _asked(campaign, cell, past, attrs, 0)
    attempts = (_asked(campaign, cell, past, attrs, attempt) for attempt in range(ATTEMPTS))
    return _affordable(cell, limit, attempts)


def _asked(
    campaign: str,
    cell: Cell,
    past: Sequence[FrozenTrial],
    attrs: Mapping[str, Any],
    attempt: int,
) -> Suggestion:
    """What the sampler proposes after these trials, told and running ones."""
    number = len(past)
    name = study_name(campaign, cell)
    # The sampler sees all trials, also under Hyperband: a bracket's share of a few dozen trials
    # would hardly ever get a model past its random start-up.
    study, storage = in_memory(
        name,
        past,
        sampler=samplers.build(cell, number, attempt),
        pruner=NopPruner(),
        attrs=attrs,
    )
    coordinates = _coordinates(study.ask(), cell.space)
    asked = study.get_trials(deepcopy=False)[number]
    return Suggestion(
        number=number,
        coordinates=coordinates,
        trial_attrs=plain(asked.system_attrs),
        study_attrs=plain(storage.get_study_system_attrs(storage.get_study_id_from_name(name))),
    )


def _affordable(cell: Cell, times: float, suggestions: Iterable[Suggestion]) -> Suggestion:
    """The first suggestion of at most `times` the default's effort, else the cheapest of all."""
    dear: list[tuple[float, int, Suggestion]] = []
    for attempt, suggestion in enumerate(suggestions):
        arguments = arguments_of(cell, cell.space.decode(suggestion.coordinates))
        effort = relative(cell, arguments)
        if effort <= times:
            return suggestion
        dear.append((effort, attempt, suggestion))
    return min(dear, key=lambda each: each[:2])[-1]


def _check_order(
    number: int, in_flight: int, told: Sequence[TrialRecord], running: Sequence[TrialRecord]
) -> None:
    count = max(0, number - in_flight + 1)
    for label, trials, expected in (
        ("told", told, range(count)),
        ("running", running, range(count, number)),
    ):
        numbers = [trial.number for trial in trials]
        if numbers != list(expected):
            raise ValueError(
                f"at the ask of trial {number} with {in_flight} in flight the {label} trials must "
                f"be {list(expected)}, not {numbers}"
            )


def _coordinates(trial: Trial, space: Space) -> dict[str, Scalar]:
    coordinates: dict[str, Scalar] = {}
    values: dict[str, Any] = {}
    for parameter in space.parameters:
        if space.is_active(parameter, values):
            axis = parameter.axis
            coordinates[axis.name] = _coordinate(trial, axis)
            values[parameter.name] = parameter.domain.from_axis(coordinates[axis.name])
    return coordinates


def _coordinate(trial: Trial, axis: Axis) -> Scalar:
    known = distribution(axis)
    if isinstance(known, CategoricalDistribution):
        return trial.suggest_categorical(axis.name, known.choices)
    if isinstance(known, FloatDistribution):
        return trial.suggest_float(axis.name, known.low, known.high, log=known.log)
    return trial.suggest_int(axis.name, int(axis.low), int(axis.high), log=axis.log)
