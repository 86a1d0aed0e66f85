"""The search as Optuna's tables, for optuna-dashboard and plain Optuna to read.

The ledger is the source of truth. These tables can be deleted and written again at any time; no
decision of a campaign is taken from them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial

from harness.core.matrix import Cell
from harness.core.plan import study_name
from harness.core.record import TrialRecord
from harness.tuning.axes import distributions
from harness.tuning.study import experimental, frozen
from harness.tuning.tables import Tables, open_tables, translated

__all__ = ["Projection", "disagreement"]


class Projection:
    """Writes a cell's told trials into its Optuna study."""

    def __init__(self, tables: str | Tables, campaign: str, cell: Cell) -> None:
        """Open the cell's study; make what is missing.

        Args:
            tables: Optuna's tables, or the SQLAlchemy URL of the campaign's database.
            campaign: Campaign name.
            cell: The cell.

        Raises:
            StorageError: The database cannot be opened, or was made by another Optuna version.
        """
        self._cell = cell
        self._name = study_name(campaign, cell)
        with translated(f"study `{self._name}`"):
            self._storage = open_tables(tables) if isinstance(tables, str) else tables
            self._study = self._create()
        self._axes = distributions(cell.space)
        self._count: int | None = None

    def add(self, trial: TrialRecord) -> None:
        """Add one told trial; adding one that is already there changes nothing.

        Raises:
            ValueError: A trial before it is missing.
            StorageError: The database cannot be written.
        """
        added = _project(self._cell, self._axes, trial)
        count = len(self._there()) if self._count is None else self._count
        if trial.number > count:
            raise ValueError(f"trial {trial.number} cannot be added after {count} trials")
        if trial.number == count:
            # Not through Optuna's `Study`, which would keep every trial in memory.
            self._storage.add(self._study, count, added)
            self._count = count + 1

    def sync(self, told: Sequence[TrialRecord]) -> None:
        """Add the told trials that are missing; write all again if those there disagree.

        Args:
            told: All told trials of the cell, ``0, 1, 2, ...``.

        Raises:
            StorageError: The database cannot be read or written.
        """
        wanted = [_project(self._cell, self._axes, trial) for trial in told]
        there = self._there()
        agree = len(there) <= len(wanted) and all(map(_same, there, wanted))
        if not agree:
            self.rebuild(told)
            return
        with self._storage.together():
            for trial in told[len(there) :]:
                self.add(trial)

    def rebuild(self, told: Sequence[TrialRecord]) -> None:
        """Delete the study and write it again.

        Killed in between, it leaves an empty study, which `sync` completes.

        Raises:
            StorageError: The database cannot be read or written.
        """
        with translated(f"study `{self._name}`"):
            self._storage.delete_study(self._study)
            self._study = self._create()
        self._count = 0
        with self._storage.together():
            for trial in told:
                self.add(trial)

    def close(self) -> None:
        """Give the connections back."""
        self._storage.close()

    def _there(self) -> list[FrozenTrial]:
        with translated(f"study `{self._name}`"):
            there = self._storage.get_all_trials(self._study, deepcopy=False)
        self._count = len(there)
        return there

    def _create(self) -> int:
        """The id of the study."""
        study = optuna.create_study(
            storage=self._storage,
            study_name=self._name,
            direction="maximize",
            load_if_exists=True,
        )
        wanted = _about(self._cell)
        there = study.user_attrs
        for key, value in wanted.items():
            if there.get(key) != value:
                study.set_user_attr(key, value)
        with experimental():
            if study.metric_names is None:
                study.set_metric_names(["mean return"])
        return self._storage.get_study_id_from_name(self._name)


def disagreement(tables: Tables, campaign: str, cell: Cell, told: Sequence[TrialRecord]) -> str:
    """How a cell's Optuna study differs from the told trials; empty where it does not.

    Raises:
        StorageError: The database cannot be read.
    """
    name = study_name(campaign, cell)
    with translated(f"study `{name}`"):
        if name not in optuna.get_all_study_names(tables):
            return "is missing" if told else ""
        there = optuna.load_study(study_name=name, storage=tables).get_trials(deepcopy=False)
    running = [trial.number for trial in there if not trial.state.is_finished()]
    if running:
        return f"has unfinished trials: {running}"
    axes = distributions(cell.space)
    wanted = [_project(cell, axes, trial) for trial in told]
    wrong = [n for n, pair in enumerate(zip(there, wanted, strict=False)) if not _same(*pair)]
    if wrong:
        return f"differs in trials {wrong}"
    return "" if len(there) == len(wanted) else f"has {len(there)} of {len(wanted)} told trials"


def _about(cell: Cell) -> dict[str, Any]:
    return {
        "scenario": cell.scenario.name,
        "algorithm": cell.algorithm.name,
        "axes": {parameter.axis.name: parameter.name for parameter in cell.space.parameters},
    }


def _project(cell: Cell, axes: Mapping[str, BaseDistribution], trial: TrialRecord) -> FrozenTrial:
    evaluations = trial.result.evaluations if trial.result is not None else ()
    projected = frozen(
        axes,
        trial,
        {evaluation.step: evaluation.mean for evaluation in evaluations},
        user_attrs=_readable(cell, trial),
    )
    if trial.result is not None and trial.result.cost.started:
        started = datetime.fromisoformat(trial.result.cost.started)
        # Optuna keeps local times without a zone.
        projected.datetime_start = started.astimezone().replace(tzinfo=None)
        taken = timedelta(seconds=trial.result.cost.wall)
        projected.datetime_complete = projected.datetime_start + taken
    return projected


def _readable(cell: Cell, trial: TrialRecord) -> dict[str, Any]:
    """Readable values by constructor argument; the default's are those of the space."""
    # A parameter that only switches an argument, e.g. `entropy_bonus`, goes by its own name.
    values = {
        parameter.target if "." in parameter.target else parameter.name: trial.values[
            parameter.name
        ]
        for parameter in cell.space.parameters
        if parameter.name in trial.values
    }
    attrs = values | _flat(trial.arguments) | {"seed": trial.seed, "run_id": trial.run_id}
    failure = trial.result.failure if trial.result is not None else None
    if failure is not None:
        attrs["failure"] = f"{failure.kind}: {failure.message}"
    return attrs


def _flat(arguments: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in arguments.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{path}{key}.")
        else:
            scalar = value is None or isinstance(value, str | int | float)
            flat[f"{path}{key}"] = value if scalar else json.dumps(value)
    return flat


def _same(there: FrozenTrial, wanted: FrozenTrial) -> bool:
    return (
        there.state == wanted.state
        and there.value == wanted.value
        and there.params == wanted.params
        and there.distributions == wanted.distributions
        and there.intermediate_values == wanted.intermediate_values
        and there.user_attrs == wanted.user_attrs
    )
