"""The search as Optuna's tables, for optuna-dashboard and plain Optuna to read.

The ledger is the source of truth. These tables can be deleted and written again at any time; no
decision of a campaign is taken from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import optuna
from optuna.trial import FrozenTrial

from harness.core.decisions.plan import study_name
from harness.core.learner_arguments.cell_arguments import default_arguments
from harness.core.matrix import Cell
from harness.core.record import TrialRecord
from harness.core.spaces.parameter import flatten
from harness.tuning.optuna_tables import OptunaTables, open_tables, optuna_errors
from harness.tuning.optuna_trials import (
    allow_experimental,
    directions_of,
    make_scored_trial,
    metric_names,
    objective_values,
    scalar,
    set_times,
)


class Projection:
    """Writes the finished trials of a cell's search into its Optuna study."""

    def __init__(self, tables: str | OptunaTables, campaign: str, cell: Cell) -> None:
        """Open the cell's study; make what is missing.

        Args:
            tables: Optuna's tables, or the SQLAlchemy URL of the campaign's database.

        Raises:
            StorageError: The database cannot be opened, or was made by another Optuna version.
        """
        self._cell = cell
        # Of a single objective nothing is relative to the default.
        self._default = default_arguments(cell) if cell.search.objectives else {}
        self._name = study_name(campaign, cell)
        with optuna_errors(f"study `{self._name}`"):
            self._storage = open_tables(tables) if isinstance(tables, str) else tables
            self._study = self._create()
        self._count: int | None = None

    def add(self, trial: TrialRecord) -> None:
        """Add a finished trial; adding one that is in the study already changes nothing.

        Raises:
            ValueError: A trial before it is missing.
            StorageError: The database cannot be written.
        """
        frozen_trial = _project(self._cell, trial, self._default)
        count = len(self._load_rows()) if self._count is None else self._count
        if trial.number > count:
            raise ValueError(f"trial {trial.number} cannot be added after {count} trials")
        if trial.number == count:
            # Not through Optuna's `Study`, which would keep every trial in memory.
            self._storage.add(self._study, count, frozen_trial)
            self._count = count + 1

    def sync(self, finished_trials: Sequence[TrialRecord]) -> None:
        """Add the finished trials that are missing; write all again if the stored ones disagree.

        Args:
            finished_trials: All finished trials of the cell, ``0, 1, 2, ...``.

        Raises:
            StorageError: The database cannot be read or written.
        """
        projections = [_project(self._cell, trial, self._default) for trial in finished_trials]
        rows = self._load_rows()
        if len(rows) > len(projections) or not all(map(_same, rows, projections)):
            self.rebuild(finished_trials)
            return
        with self._storage.transaction():
            for trial in finished_trials[len(rows) :]:
                self.add(trial)

    def rebuild(self, finished_trials: Sequence[TrialRecord]) -> None:
        """Delete the study and write it again.

        Killed in between, it leaves an empty study, which `sync` completes.

        Raises:
            StorageError: The database cannot be read or written.
        """
        with optuna_errors(f"study `{self._name}`"):
            self._storage.delete_study(self._study)
            self._study = self._create()
        self._count = 0
        with self._storage.transaction():
            for trial in finished_trials:
                self.add(trial)

    def close(self) -> None:
        """Give the connections back."""
        self._storage.close()

    def _load_rows(self) -> list[FrozenTrial]:
        with optuna_errors(f"study `{self._name}`"):
            rows = self._storage.get_all_trials(self._study, deepcopy=False)
        self._count = len(rows)
        return rows

    def _create(self) -> int:
        """The id of the study."""
        study = optuna.create_study(
            storage=self._storage,
            study_name=self._name,
            directions=directions_of(self._cell),
            load_if_exists=True,
        )
        attributes = study.user_attrs
        for key, value in _study_attrs(self._cell).items():
            if attributes.get(key) != value:
                study.set_user_attr(key, value)
        with allow_experimental():
            if study.metric_names is None:
                study.set_metric_names(metric_names(self._cell))
        return self._storage.get_study_id_from_name(self._name)


def disagreement(
    tables: OptunaTables, campaign: str, cell: Cell, finished_trials: Sequence[TrialRecord]
) -> str:
    """How a cell's Optuna study differs from the finished trials; empty where it does not.

    Raises:
        StorageError: The database cannot be read.
    """
    name = study_name(campaign, cell)
    with optuna_errors(f"study `{name}`"):
        if name not in optuna.get_all_study_names(tables):
            return "is missing" if finished_trials else ""
        rows = optuna.load_study(study_name=name, storage=tables).get_trials(deepcopy=False)
    running = [trial.number for trial in rows if not trial.state.is_finished()]
    if running:
        return f"has unfinished trials: {running}"
    projections = [_project(cell, trial, finished_trials[0].arguments) for trial in finished_trials]
    pairs = zip(rows, projections, strict=False)
    wrong = [number for number, pair in enumerate(pairs) if not _same(*pair)]
    if wrong:
        return f"differs in trials {wrong}"
    if len(rows) != len(projections):
        return f"has {len(rows)} of {len(projections)} finished trials"
    return ""


def _study_attrs(cell: Cell) -> dict[str, object]:
    return {
        "scenario": cell.scenario.name,
        "algorithm": cell.algorithm.name,
        "axes": {parameter.axis.name: parameter.name for parameter in cell.space.parameters},
    }


def _project(cell: Cell, trial: TrialRecord, default: Mapping[str, object]) -> FrozenTrial:
    evaluations = trial.result.evaluations if trial.result is not None else ()
    frozen_trial = make_scored_trial(
        cell.space,
        trial,
        {evaluation.step: evaluation.mean for evaluation in evaluations},
        values=objective_values(cell, trial, default),
        user_attrs=_readable_attrs(cell, trial),
    )
    set_times(frozen_trial, trial.result)
    return frozen_trial


def _readable_attrs(cell: Cell, trial: TrialRecord) -> dict[str, object]:
    """The values that were trained by name, and the constructor arguments they came to."""
    # Of a default outside the ranges, which is none of Optuna's points, only this tells.
    values = {name: trial.values[name] for name in cell.space.names if name in trial.values}
    arguments = {name: scalar(value) for name, value in flatten(trial.arguments).items()}
    attrs = values | arguments | {"seed": trial.seed, "run_id": trial.run_id}
    failure = trial.result.failure if trial.result is not None else None
    if failure is not None:
        attrs["failure"] = f"{failure.kind}: {failure.message}"
    return attrs


def _same(row: FrozenTrial, projection: FrozenTrial) -> bool:
    names = ("state", "values", "params", "distributions", "intermediate_values", "user_attrs")
    return all(getattr(row, name) == getattr(projection, name) for name in names)
