"""Axes, trials and studies of a search as Optuna has them.

The only module in which a result becomes one of Optuna's trials.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from harness.core.matrix import Cell
from harness.core.objectives import metric_of, trial_values
from harness.core.record import TrialRecord
from harness.core.run import Curve
from harness.core.run_result import RunResult, Status
from harness.core.search_settings import MAX, MIN
from harness.core.space import Space
from harness.core.spaces.axis import Axis
from harness.errors import UsageError

MAXIMIZE: Final = (StudyDirection.MAXIMIZE,)
"""Directions of a search of the return alone."""

_STATES: Final[Mapping[Status, TrialState]] = {
    Status.COMPLETE: TrialState.COMPLETE,
    Status.PRUNED: TrialState.PRUNED,
    # A failed trial is never pruned and never 0: samplers and pruners pass it over.
    Status.FAILED: TrialState.FAIL,
}


def distribution(axis: Axis) -> BaseDistribution:
    """What Optuna samples for one axis; bounds are inclusive on both sides."""
    if axis.kind == "categorical":
        return CategoricalDistribution(axis.choices)
    if axis.kind == "int":
        step = 1 if axis.step is None else int(axis.step)
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log, step=step)
    return FloatDistribution(axis.low, axis.high, log=axis.log, step=axis.step)


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """Axis name -> distribution, in the order of the space, conditional parameters included."""
    axes = [parameter.axis for parameter in space.parameters]
    return {axis.name: distribution(axis) for axis in axes}


def directions_of(cell: Cell) -> tuple[StudyDirection, ...]:
    """The directions of a cell's study, one per objective."""
    words = {MAX: StudyDirection.MAXIMIZE, MIN: StudyDirection.MINIMIZE}
    return tuple(words[each.direction] for each in cell.search.objectives) or MAXIMIZE


def metric_names(cell: Cell) -> list[str]:
    """What the values of a cell's study are called, one per objective."""
    names = [metric_of(each).label for each in cell.search.objectives]
    return names or ["mean return"]


def set_times(trial: FrozenTrial, result: RunResult | None) -> None:
    """Give a trial the time of its training, as far as that is known."""
    if result is not None and result.cost.started:
        start = datetime.fromisoformat(result.cost.started)
        # Optuna keeps local times without a zone.
        trial.datetime_start = start.astimezone().replace(tzinfo=None)
        duration = timedelta(seconds=result.cost.wall)
        trial.datetime_complete = trial.datetime_start + duration


def objective_values(
    cell: Cell, trial: TrialRecord, default: Mapping[str, object]
) -> tuple[float, ...] | None:
    """What a study is told of a trial; None where it failed or an objective was not measured."""
    if cell.search.objectives:
        return trial_values(cell, trial, default)
    score = trial.score
    return None if score is None else (score,)


@contextmanager
def allow_experimental() -> Iterator[None]:
    """Optuna calls much of what is used here experimental; its version is pinned and recorded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield


def in_memory_study(
    name: str,
    trials: Sequence[FrozenTrial],
    *,
    sampler: BaseSampler,
    pruner: BasePruner,
    attrs: Mapping[str, Any] | None = None,
    directions: Sequence[StudyDirection] = MAXIMIZE,
) -> tuple[Study, InMemoryStorage]:
    """A study that holds these trials, numbered in the order of the sequence.

    Args:
        name: Name of the study.
        trials: Finished and running trials.
        sampler: Suggests the next trial.
        pruner: Judges the next trial.
        attrs: System attributes of the study.
        directions: One per objective, see `directions_of`.

    Returns:
        The study and its storage, which has the study's system attributes.
    """
    # A line for every new study belongs to no one's log.
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = InMemoryStorage()
    study = optuna.create_study(
        storage=storage,
        study_name=name,
        directions=list(directions),
        sampler=sampler,
        pruner=pruner,
    )
    study_id = storage.get_study_id_from_name(name)
    for key, value in (attrs or {}).items():
        storage.set_study_system_attr(study_id, key, value)
    study.add_trials(trials)
    return study, storage


def make_finished_trial(
    space: Space,
    trial: TrialRecord,
    means: Mapping[int, float],
    *,
    values: Sequence[float] | None,
    system_attrs: Mapping[str, object] | None = None,
) -> FrozenTrial:
    """A trial with its result, as a sampler is told of it: what was trained, and what that gave.

    A configuration that is no point of the space, as a library default outside its ranges is
    none, has no coordinates. Samplers pass it over like a failed trial.

    Args:
        trial: With a result.
        means: Step -> mean return; the caller decides what a step is.
        values: One per objective of the study; a trial without them counts as failed.
        system_attrs: What samplers or pruners wrote to it.

    Raises:
        ValueError: No result, a complete trial without a score, or coordinates that do not
            belong to the space.
    """
    if trial.result is not None and not space.contains(trial.values):
        return _template(TrialState.FAIL, system_attrs=system_attrs)
    return make_scored_trial(space, trial, means, values=values, system_attrs=system_attrs)


def make_scored_trial(
    space: Space,
    trial: TrialRecord,
    means: Mapping[int, float],
    *,
    values: Sequence[float] | None,
    system_attrs: Mapping[str, object] | None = None,
    user_attrs: Mapping[str, object] | None = None,
) -> FrozenTrial:
    """A trial with its score, as a person reads it, with the coordinates of the values in range.

    Args:
        space, trial, means, values, system_attrs: As of `make_finished_trial`.
        user_attrs: What a person reads beside them.

    Raises:
        ValueError: No result.
    """
    if trial.result is None:
        raise ValueError(f"trial {trial.number} has no result yet")
    coordinates = _coordinates(space, trial)
    return _template(
        TrialState.FAIL if values is None else _STATES[trial.result.status],
        values=values,
        coordinates=coordinates,
        axes=_axes_of(space, coordinates),
        means=means,
        system_attrs=system_attrs,
        user_attrs=user_attrs,
    )


def trial_of_curve(curve: Curve) -> FrozenTrial:
    """A finished trial as far as a pruner looks at it."""
    state = _STATES[Status(curve.state)]
    if state is TrialState.FAIL:
        # Halving counts every trial that reached a rung; what a failed one reached is no rival.
        return _template(state)
    return _template(
        state,
        values=None if curve.score is None else (curve.score,),
        means=dict(enumerate(curve.means, start=1)),
        system_attrs=curve.attrs,
    )


def running_trial(space: Space | None = None, trial: TrialRecord | None = None) -> FrozenTrial:
    """A trial that has not finished for Optuna, whatever its result; None has no coordinates."""
    if space is None or trial is None or not space.contains(trial.values):
        return _template(TrialState.RUNNING)
    coordinates = _coordinates(space, trial)
    return _template(
        TrialState.RUNNING,
        coordinates=coordinates,
        axes=_axes_of(space, coordinates),
        system_attrs=trial.suggestion.trial_attrs,
    )


def _coordinates(space: Space, trial: TrialRecord) -> dict[str, object]:
    """Coordinates of what was trained; where it is what was suggested, to the last digit."""
    axes = {parameter.axis.name for parameter in space.parameters}
    foreign = [axis for axis in trial.suggestion.coordinates if axis not in axes]
    if foreign:
        raise ValueError(f"trial {trial.number} has coordinates of another space: {foreign}")
    return space.coordinates(trial.values, trial.suggestion.coordinates)


def scalar(value: object) -> object:
    """A value that Optuna can hold: lists and mappings are their JSON text."""
    return json.dumps(value) if isinstance(value, list | tuple | Mapping) else value


def json_attributes(attrs: Mapping[str, object]) -> dict[str, object]:
    """Attributes as the JSON data that comes back from the ledger.

    A resumed campaign then reads exactly what an uninterrupted one does.

    Raises:
        UsageError: A sampler or pruner wrote something that has no JSON form.
    """
    try:
        data: dict[str, Any] = json.loads(json.dumps(dict(attrs), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"a sampler or pruner left attributes that have no JSON form: {error}",
            help="plug-ins may write only JSON data to trials and studies",
        ) from error
    return data


class _Template(FrozenTrial):
    """A trial that is added to study after study.

    A study copies every trial that is added, to the last dictionary, which takes longer than the
    suggestion itself: 32 ms of 200 trials, instead of 5. What it gets here shares the
    dictionaries; a study replaces what a trial has and never changes it.
    """

    def __deepcopy__(self, memo: dict[int, object]) -> FrozenTrial:
        return FrozenTrial(
            number=self.number,
            trial_id=self._trial_id,
            state=self.state,
            value=None,
            values=self.values,
            datetime_start=self.datetime_start,
            datetime_complete=self.datetime_complete,
            params=self.params,
            distributions=self.distributions,
            intermediate_values=self.intermediate_values,
            system_attrs=self.system_attrs,
            user_attrs=self.user_attrs,
        )


def _template(
    state: TrialState,
    *,
    values: Sequence[float] | None = None,
    coordinates: Mapping[str, object] | None = None,
    axes: Mapping[str, BaseDistribution] | None = None,
    means: Mapping[int, float] | None = None,
    system_attrs: Mapping[str, object] | None = None,
    user_attrs: Mapping[str, object] | None = None,
) -> FrozenTrial:
    """A trial as Optuna has it, checked by Optuna."""
    trial = create_trial(
        state=state,
        values=None if values is None or state is TrialState.FAIL else list(values),
        params=dict(coordinates or {}),
        distributions=dict(axes or {}),
        intermediate_values=dict(means or {}),
        system_attrs=dict(system_attrs or {}),
        user_attrs=dict(user_attrs or {}),
    )
    trial.__class__ = _Template
    return trial


def _axes_of(space: Space, coordinates: Mapping[str, object]) -> dict[str, BaseDistribution]:
    axes = (parameter.axis for parameter in space.parameters)
    return {axis.name: distribution(axis) for axis in axes if axis.name in coordinates}
