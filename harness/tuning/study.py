"""Optuna studies rebuilt in memory from what the ledger knows."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState, create_trial

from harness.core.record import Status, TrialRecord
from harness.core.space import Space
from harness.errors import UsageError
from harness.tuning.axes import distributions

__all__ = ["STATES", "experimental", "frozen", "in_memory", "plain", "unfinished"]

STATES: Mapping[Status, TrialState] = {
    Status.COMPLETE: TrialState.COMPLETE,
    Status.PRUNED: TrialState.PRUNED,
    # A failed trial is never pruned and never 0: samplers and pruners pass it over.
    Status.FAILED: TrialState.FAIL,
}


@contextmanager
def experimental() -> Iterator[None]:
    """Optuna calls much of what is used here experimental; its version is pinned and recorded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield


def in_memory(
    name: str,
    trials: Sequence[FrozenTrial],
    *,
    sampler: BaseSampler,
    pruner: BasePruner,
    attrs: Mapping[str, Any] | None = None,
) -> tuple[Study, InMemoryStorage]:
    """A maximising study that holds these trials, numbered in the order given.

    Args:
        name: Name of the study.
        trials: Finished and running trials.
        sampler: Answers the next ask.
        pruner: Judges the trial asked next.
        attrs: System attributes of the study.
    """
    storage = InMemoryStorage()
    study = optuna.create_study(
        storage=storage, study_name=name, direction="maximize", sampler=sampler, pruner=pruner
    )
    study_id = storage.get_study_id_from_name(name)
    for key, value in (attrs or {}).items():
        storage.set_study_system_attr(study_id, key, value)
    for trial in trials:
        storage.create_new_trial(study_id, template_trial=_Given(trial))
    return study, storage


class _Given(FrozenTrial):
    """A trial given away to a study.

    The storage copies every trial it takes, to the last dictionary, which costs more than the ask
    itself. Nobody else has these, and Optuna replaces a trial's parts, but never changes them.
    """

    def __init__(self, trial: FrozenTrial) -> None:
        self.__dict__.update(trial.__dict__)

    def __deepcopy__(self, memo: dict[int, Any]) -> FrozenTrial:
        return _Given(self)


def frozen(
    space: Space,
    trial: TrialRecord,
    intermediate: Mapping[int, float],
    *,
    system_attrs: Mapping[str, Any] | None = None,
    user_attrs: Mapping[str, Any] | None = None,
) -> FrozenTrial:
    """A trial with its result as Optuna keeps it.

    Args:
        space: The space its coordinates belong to.
        trial: With a result.
        intermediate: Step -> mean return; the caller says what a step is.
        system_attrs: What samplers or pruners wrote to it.
        user_attrs: What a person reads.

    Raises:
        ValueError: No result, a complete trial without a score, or coordinates that do not
            belong to the space.
    """
    result = trial.result
    if result is None:
        raise ValueError(f"trial {trial.number} has no result yet")
    state = STATES[result.status]
    return create_trial(
        state=state,
        value=None if state is TrialState.FAIL else result.score,
        params=dict(trial.suggestion.coordinates),
        distributions=_distributions(space, trial),
        intermediate_values=dict(intermediate),
        system_attrs=dict(system_attrs or {}),
        user_attrs=dict(user_attrs or {}),
    )


def unfinished(space: Space, trial: TrialRecord) -> FrozenTrial:
    """A trial that has not been told, as Optuna keeps it: running, whatever its result."""
    return create_trial(
        state=TrialState.RUNNING,
        params=dict(trial.suggestion.coordinates),
        distributions=_distributions(space, trial),
        system_attrs=dict(trial.suggestion.trial_attrs),
    )


def plain(attrs: Mapping[str, Any]) -> dict[str, Any]:
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


def _distributions(
    space: Space, trial: TrialRecord
) -> dict[str, optuna.distributions.BaseDistribution]:
    known = distributions(space)
    foreign = [axis for axis in trial.suggestion.coordinates if axis not in known]
    if foreign:
        raise ValueError(f"trial {trial.number} has coordinates of another space: {foreign}")
    return {axis: known[axis] for axis in trial.suggestion.coordinates}
