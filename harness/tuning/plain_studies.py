"""A search as a study of plain Optuna: parameters by their own names, with the values trained.

The studies in a campaign's database have the sampler's axes, as ``1-gamma``; these are for people,
and for what reads studies: `optuna.visualization`, optuna-dashboard, notebooks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.storages import BaseStorage, RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from harness.core.arguments import is_finite_number
from harness.core.decisions.plan import study_name
from harness.core.record import CampaignRecord, CellRecord, TrialRecord
from harness.core.run_result import Status
from harness.core.spaces.domain import Float, Int, PowerOfTwo
from harness.core.spaces.parameter import Parameter
from harness.store import file_url
from harness.tuning.optuna_tables import optuna_errors
from harness.tuning.optuna_trials import (
    MAXIMIZE,
    allow_experimental,
    directions_of,
    metric_names,
    objective_values,
    scalar,
    set_times,
)


def write_studies(record: CampaignRecord, path: Path) -> None:
    """A SQLite file with a study for every cell, named as in the campaign's database.

    Args:
        path: The file; there is none yet.

    Raises:
        StorageError: It cannot be written.
    """
    with optuna_errors("the export"):
        storage = RDBStorage(file_url(path))
        try:
            for cell in record.cells:
                plain_study(record.name, cell, storage, has_all_objectives=True)
        finally:
            storage.remove_session()
            storage.engine.dispose()


def plain_study(
    campaign: str,
    cell: CellRecord,
    storage: BaseStorage | None = None,
    *,
    has_all_objectives: bool = False,
) -> optuna.Study:
    """The study of a cell's finished trials; in memory unless a storage is given.

    Args:
        campaign, cell: Whose.
        storage: Where it is kept.
        has_all_objectives: Whether trials have a value for each, or the return alone.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        storage=storage,
        study_name=study_name(campaign, cell.cell),
        directions=directions_of(cell.cell) if has_all_objectives else MAXIMIZE,
    )
    if has_all_objectives:
        with allow_experimental():
            study.set_metric_names(metric_names(cell.cell))
    finished_trials = [trial for trial in cell.trials if trial.result is not None]
    distributions = {
        parameter.name: _distribution(parameter, _values(parameter.name, finished_trials))
        for parameter in cell.cell.space.parameters
    }
    default = finished_trials[0].arguments if finished_trials else {}
    for trial in finished_trials:
        values: Sequence[float] | None = None if trial.score is None else (trial.score,)
        if has_all_objectives:
            values = objective_values(cell.cell, trial, default)
        study.add_trial(_trial(trial, values, distributions))
    return study


def _values(name: str, trials: Sequence[TrialRecord]) -> list[object]:
    return [scalar(trial.values[name]) for trial in trials if name in trial.values]


def _distribution(parameter: Parameter, values: Sequence[Any]) -> BaseDistribution:
    """The range as it is declared, and as far as what was trained goes beyond it.

    A default may lie outside.
    """
    domain = parameter.domain
    if isinstance(domain, Float | Int | PowerOfTwo) and all(map(is_finite_number, values)):
        low, high = min([domain.low, *values]), max([domain.high, *values])
        # What is searched as 1 - x is shown as x, which no logarithm suits.
        is_log = isinstance(domain, PowerOfTwo) or (
            domain.log and not getattr(domain, "complement", False) and low > 0
        )
        whole = not isinstance(domain, Float) and all(float(each).is_integer() for each in values)
        if whole:
            return IntDistribution(int(low), int(high), log=is_log)
        return FloatDistribution(float(low), float(high), log=is_log)
    options = [scalar(option) for option in getattr(domain, "options", ())]
    # True == 1 in Python.
    distinct = {(type(option), option): option for option in (*options, *values)}
    return CategoricalDistribution([*distinct.values()])


def _trial(
    trial: TrialRecord,
    values: Sequence[float] | None,
    distributions: Mapping[str, BaseDistribution],
) -> FrozenTrial:
    result = trial.result
    if result is None:
        raise ValueError(f"trial {trial.number} has no result yet")
    is_failed = result.status is Status.FAILED or values is None
    state = TrialState.FAIL if is_failed else TrialState[result.status.name]
    names = [name for name in distributions if name in trial.values]
    frozen_trial = create_trial(
        state=state,
        values=None if is_failed else values,
        params={name: scalar(trial.values[name]) for name in names},
        distributions={name: distributions[name] for name in names},
        intermediate_values={each.step: each.mean for each in result.evaluations},
        user_attrs={"arguments": dict(trial.arguments), "seed": trial.seed, "run_id": trial.run_id},
    )
    set_times(frozen_trial, result)
    return frozen_trial
