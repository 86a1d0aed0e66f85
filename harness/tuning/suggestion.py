"""What a sampler suggests for one trial: a pure function of the trials that finished before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from traceback import extract_tb
from typing import Any, Final

from optuna.pruners import NopPruner
from optuna.trial import FrozenTrial, Trial

from harness.core.costs.effort import relative
from harness.core.costs.search_budget import cost_limit
from harness.core.decisions.plan import study_name
from harness.core.learner_arguments.cell_arguments import configuration, default_values
from harness.core.matrix import Cell
from harness.core.record import Suggestion, TrialRecord
from harness.core.space import Space
from harness.core.spaces.axis import Axis, Scalar
from harness.errors import UsageError
from harness.registry import Registry
from harness.tuning.components import build_sampler, is_sequence
from harness.tuning.optuna_trials import (
    directions_of,
    in_memory_study,
    json_attributes,
    make_finished_trial,
    objective_values,
    running_trial,
)
from harness.tuning.terminators import SearchRoom

_ATTEMPTS: Final = 60
"""Suggestions for one trial, where expensive ones are passed over."""


class Suggester:
    """Suggests the trials of a cell's search."""

    def __init__(self, registry: Registry, campaign: str, cell: Cell) -> None:
        """Nothing is suggested yet.

        Args:
            registry: Knows the cell's sampler.
            campaign: Campaign name; part of the study's name.
        """
        self._registry = registry
        self._cell = cell
        self._name = study_name(campaign, cell)
        self._room = SearchRoom(cell)
        self._finished: list[FrozenTrial] = []
        """Finished trials as Optuna has them; each becomes Optuna's only once."""

    def suggest(
        self, finished_trials: Sequence[TrialRecord], running: Sequence[TrialRecord]
    ) -> Suggestion:
        """Suggest the next trial. The same arguments give the same suggestion, to the last bit.

        Trial 0 is the library default, the next ones are those of the matrix. Any other comes
        from a sampler made anew, seeded from (campaign seed, cell, number), on a study rebuilt in
        memory. A search that is cost-aware, or has a budget, passes over suggestions that are too
        expensive and draws again, each time with another seed.

        Args:
            finished_trials: Trials ``0 .. number - in_flight``, with their results, which never
                change.
            running: The trials between those and the new one; a result one may already have is
                not looked at.

        Raises:
            ValueError: `finished_trials` and `running` are not exactly these trials, in order.
                Looking at a result earlier or later than that would make the study depend on
                who finishes first.
            UsageError: The sampler's options do not hold, it raised, or suggested what lies outside
                of the search space.
        """
        number = len(finished_trials) + len(running)
        cell = self._cell
        _check_order(number, cell.search.in_flight, finished_trials, running)
        first = (default_values(cell), *cell.search.first)
        if number < len(first):
            return Suggestion(number=number, coordinates=cell.space.coordinates(first[number]))
        past = self._past(finished_trials) + [running_trial(cell.space, trial) for trial in running]
        attrs = [*finished_trials, *running][-1].suggestion.study_attrs
        limit = cost_limit(cell, [*finished_trials, *running])
        if limit is None or (cell.search.cost_aware is None and self._is_sequence()):
            suggestion = self._sample(past, attrs)
        else:
            attempts = (self._sample(past, attrs, attempt) for attempt in range(_ATTEMPTS))
            suggestion = _affordable(cell, limit, attempts)
        return replace(suggestion, room=self._room.measure(number, finished_trials, past))

    def _is_sequence(self) -> bool:
        """Whether the sampler has one point for a trial, so that none can be passed over."""
        return is_sequence(self._registry, self._cell.search.sampler)

    def _past(self, finished_trials: Sequence[TrialRecord]) -> list[FrozenTrial]:
        for trial in finished_trials[len(self._finished) :]:
            evaluations = trial.result.evaluations if trial.result is not None else ()
            means = {index: each.mean for index, each in enumerate(evaluations, start=1)}
            frozen_trial = make_finished_trial(
                self._cell.space,
                trial,
                means,
                values=objective_values(self._cell, trial, finished_trials[0].arguments),
                system_attrs=trial.suggestion.trial_attrs,
            )
            self._finished.append(frozen_trial)
        return self._finished[: len(finished_trials)]

    def _sample(
        self, past: Sequence[FrozenTrial], attrs: Mapping[str, object], attempt: int = 0
    ) -> Suggestion:
        """What the sampler suggests after these trials, finished and running ones."""
        number = len(past)
        # The sampler sees all trials, also under Hyperband: a bracket's share of a few dozen
        # trials would hardly ever get a model past its random start-up.
        study, storage = in_memory_study(
            self._name,
            past,
            sampler=build_sampler(self._cell, self._registry, number, attempt),
            pruner=NopPruner(),
            attrs=attrs,
            directions=directions_of(self._cell),
        )
        try:
            coordinates = _coordinates(study.ask(), self._cell.space)
        except (Exception, SystemExit) as error:
            place = extract_tb(error.__traceback__)[-1]
            raise UsageError(
                f"sampler `{self._cell.search.sampler.name}` of `{self._cell.name}` has nothing "
                f"for trial {number}: {type(error).__name__}: {error} "
                f"({Path(place.filename).name}, line {place.lineno})",
                help="mend or replace it and run again",
            ) from error
        trial = study.get_trials(deepcopy=False)[number]
        study_attrs = storage.get_study_system_attrs(storage.get_study_id_from_name(self._name))
        return Suggestion(
            number=number,
            coordinates=coordinates,
            trial_attrs=json_attributes(trial.system_attrs),
            study_attrs=json_attributes(study_attrs),
        )


def _affordable(cell: Cell, times: float, suggestions: Iterable[Suggestion]) -> Suggestion:
    """The first suggestion of at most `times` the default's effort, else the cheapest of all."""
    expensive: list[tuple[float, int, Suggestion]] = []
    for attempt, suggestion in enumerate(suggestions):
        _, arguments = configuration(cell, suggestion.number, suggestion.coordinates)
        effort = relative(cell, arguments)
        if effort <= times:
            return suggestion
        expensive.append((effort, attempt, suggestion))
    return min(expensive, key=lambda each: each[:2])[-1]


def _check_order(
    number: int,
    in_flight: int,
    finished_trials: Sequence[TrialRecord],
    running: Sequence[TrialRecord],
) -> None:
    count = max(0, number - in_flight + 1)
    for label, trials, order in (
        ("finished", finished_trials, range(count)),
        ("running", running, range(count, number)),
    ):
        numbers = [trial.number for trial in trials]
        if numbers != list(order):
            raise ValueError(
                f"for trial {number} with {in_flight} in flight the {label} trials must "
                f"be {list(order)}, not {numbers}"
            )


def _coordinates(trial: Trial, space: Space) -> dict[str, Scalar]:
    coordinates: dict[str, Scalar] = {}
    values: dict[str, Any] = {}
    for parameter in space.parameters:
        if space.is_active(parameter, values):
            axis = parameter.axis
            coordinates[axis.name] = _expect_inside(_coordinate(trial, axis), axis)
            values[parameter.name] = parameter.domain.from_axis(coordinates[axis.name])
    return coordinates


def _expect_inside(coordinate: Scalar, axis: Axis) -> Scalar:
    """The coordinate as a point of its axis; Optuna checks the options of a choice itself."""
    if axis.kind == "categorical":
        return coordinate
    # A sampler that computes in logarithms may be off by a rounding, one of values by no step.
    slack = 1e-9 * max(abs(axis.low), abs(axis.high))
    if not axis.low - slack <= float(coordinate) <= axis.high + slack:
        raise ValueError(f"`{axis.name}` = {coordinate} lies outside {axis.low} .. {axis.high}")
    point = axis.nearest(coordinate)
    return int(point) if axis.kind == "int" else point


def _coordinate(trial: Trial, axis: Axis) -> Scalar:
    if axis.kind == "categorical":
        return trial.suggest_categorical(axis.name, axis.choices)
    if axis.kind == "float":
        return trial.suggest_float(axis.name, axis.low, axis.high, log=axis.log, step=axis.step)
    step = 1 if axis.step is None else int(axis.step)
    return trial.suggest_int(axis.name, int(axis.low), int(axis.high), log=axis.log, step=step)
