"""Optuna studies rebuilt in memory from what the ledger knows."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState, create_trial

from harness.core.record import Status, TrialRecord
from harness.errors import UsageError

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
        storage.create_new_trial(study_id, template_trial=cast("FrozenTrial", _Given(trial)))
    return study, storage


class _Given:
    """A trial that a study takes as it is.

    The storage copies every trial it takes, to the last dictionary, which costs more than the ask
    itself. It writes a place into it, the same in every study that takes these trials in this
    order, and then replaces trials, but never changes them.
    """

    def __init__(self, trial: FrozenTrial) -> None:
        self._trial = trial

    def __deepcopy__(self, memo: dict[int, Any]) -> FrozenTrial:
        return self._trial


def frozen(
    axes: Mapping[str, BaseDistribution],
    trial: TrialRecord,
    intermediate: Mapping[int, float],
    *,
    system_attrs: Mapping[str, Any] | None = None,
    user_attrs: Mapping[str, Any] | None = None,
) -> FrozenTrial:
    """A trial with its result as Optuna keeps it.

    Args:
        axes: Of the space its coordinates belong to.
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
        distributions=_distributions(axes, trial),
        intermediate_values=dict(intermediate),
        system_attrs=dict(system_attrs or {}),
        user_attrs=dict(user_attrs or {}),
    )


def unfinished(axes: Mapping[str, BaseDistribution], trial: TrialRecord) -> FrozenTrial:
    """A trial that has not been told, as Optuna keeps it: running, whatever its result."""
    return create_trial(
        state=TrialState.RUNNING,
        params=dict(trial.suggestion.coordinates),
        distributions=_distributions(axes, trial),
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
    axes: Mapping[str, BaseDistribution], trial: TrialRecord
) -> dict[str, BaseDistribution]:
    foreign = [axis for axis in trial.suggestion.coordinates if axis not in axes]
    if foreign:
        raise ValueError(f"trial {trial.number} has coordinates of another space: {foreign}")
    return {axis: axes[axis] for axis in trial.suggestion.coordinates}
