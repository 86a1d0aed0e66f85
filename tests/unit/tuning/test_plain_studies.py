"""Searches exported as studies that plain Optuna reads, draws and goes on with."""

import warnings
from dataclasses import replace
from datetime import UTC

import builders
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState
from sample_records import synthetic_campaign

from harness.core.record import CampaignRecord, CellRecord
from harness.core.run_result import Cost, Status
from harness.core.search_settings import Objective
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Float, Int, PowerOfTwo
from harness.core.spaces.parameter import Parameter
from harness.tuning.plain_studies import plain_study, write_studies


@pytest.fixture(scope="module")
def record():
    return synthetic_campaign()


def test_a_study_has_plain_names_and_the_values_that_were_trained(record, tmp_path):
    path = tmp_path / "studies.db"
    write_studies(record, path)
    assert [each.name for each in tmp_path.iterdir()] == ["studies.db"]
    names = optuna.get_all_study_names(f"sqlite:///{path}")
    assert names == [f"synthetic/{cell.name}" for cell in record.cells]
    cell = record.cells[0]
    study = optuna.load_study(study_name=names[0], storage=f"sqlite:///{path}")
    assert len(study.trials) == len(cell.trials)
    for exported, trial in zip(study.trials, cell.trials, strict=True):
        assert exported.params == dict(trial.values)
        assert exported.user_attrs["arguments"] == dict(trial.arguments)
        means = {each.step: each.mean for each in trial.result.evaluations}
        assert exported.intermediate_values == means
    assert study.best_value == max(
        trial.result.score for trial in cell.trials if trial.result.status is Status.COMPLETE
    )
    assert not any("1-" in name or "log2" in name for name in study.best_params)


@pytest.mark.parametrize("name", ["100%25 sure", "why?", "no#1"])
def test_the_file_lies_where_it_was_asked_for_whatever_the_folder_is_called(record, tmp_path, name):
    path = tmp_path / name / "studies.db"
    path.parent.mkdir()
    write_studies(record, path)
    assert path.stat().st_size


def test_plain_optuna_draws_it(record):
    study = plain_study("x", record.cells[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optuna.visualization.plot_slice(study)
        optuna.visualization.plot_parallel_coordinate(study)
        shares = optuna.importance.get_param_importances(study)
    assert set(shares) <= set(record.cells[0].cell.space.names)


def test_ranges_are_the_declared_ones(record):
    space = record.cells[0].cell.space
    study = plain_study("x", record.cells[0])
    distributions = {k: d for trial in study.trials for k, d in trial.distributions.items()}
    gamma = distributions["gamma"]
    assert isinstance(gamma, FloatDistribution)
    assert (gamma.low, gamma.high, gamma.log) == (
        space["gamma"].domain.low,
        space["gamma"].domain.high,
        False,
    )
    steps = distributions["n_steps"]
    assert isinstance(steps, IntDistribution)
    assert steps.log
    assert isinstance(distributions["net_arch"], CategoricalDistribution)


@pytest.mark.parametrize(
    ("domain", "values", "expected"),
    [
        (Int(low=1, high=8), (2, 12), IntDistribution(1, 12)),
        (Int(low=1, high=64, log=True), (1, 64), IntDistribution(1, 64, log=True)),
        (Int(low=1, high=8), (0.5, 8), FloatDistribution(0.5, 8.0)),
        (Int(low=1, high=64, log=True), (0, 64), IntDistribution(0, 64)),
        (Float(low=0.1, high=1.0, log=True), (0.01,), FloatDistribution(0.01, 1.0, log=True)),
        (Float(low=0.0, high=1.0), (2.0,), FloatDistribution(0.0, 2.0)),
        (PowerOfTwo(low=32, high=64), (48,), IntDistribution(32, 64, log=True)),
        (Choice(options=(1, 2)), (1, 2), CategoricalDistribution([1, 2])),
        (Choice(options=(1, True)), (1, "a"), CategoricalDistribution([1, True, "a"])),
        (Float(low=0.0, high=1.0), ("auto", 0.5), CategoricalDistribution(["auto", 0.5])),
    ],
)
def test_a_range_reaches_as_far_as_what_was_trained(domain, values, expected):
    """A default may lie outside, or be none of its numbers."""
    space = Space(parameters=(Parameter(name="x", domain=domain, default=values[0]),))
    trials = tuple(
        replace(builders.trial(number, 1.0), values={"x": value}, arguments={})
        for number, value in enumerate(values)
    )
    study = plain_study("x", CellRecord(cell=builders.cell(space=space), trials=trials))
    assert study.trials[0].distributions["x"] == expected
    assert [each.params["x"] for each in study.trials] == list(values)


def test_failed_trials_fail_there_too(record):
    (cell,) = [cell for cell in record.cells if any(trial.result and trial.result.failure
               for trial in cell.trials[1:])][:1]  # fmt: skip
    states = [trial.state for trial in plain_study("x", cell).trials]
    wanted = [
        TrialState.FAIL if trial.result.failure else TrialState[trial.result.status.name]
        for trial in cell.trials
        if trial.result is not None
    ]
    assert states == wanted
    assert TrialState.FAIL in states


def test_a_study_has_all_objectives_and_the_times_of_its_trainings(tmp_path):
    objectives = (
        Objective(name="return", direction="max"),
        Objective(name="steps_to_threshold", direction="min", threshold=0.5),
    )
    cell = builders.cell()
    cell = replace(cell, search=replace(cell.search, objectives=objectives))
    cost = Cost(started="2026-01-02T03:04:05+00:00", wall=60.0)
    trials = tuple(builders.trial(number, float(number)) for number in range(2))
    trials = tuple(replace(each, result=replace(each.result, cost=cost)) for each in trials)
    record = CampaignRecord(
        name="x", created="", updated="", cells=(CellRecord(cell=cell, trials=trials),)
    )
    write_studies(record, tmp_path / "studies.db")
    study = optuna.load_study(study_name=None, storage=f"sqlite:///{tmp_path / 'studies.db'}")
    assert [each.name for each in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert study.metric_names == ["return", "steps to threshold"]
    assert [trial.values[0] for trial in study.trials] == [0.0, 1.0]
    # The first never reaches the threshold: twice the steps.
    never, once = (trial.values[1] for trial in study.trials)
    assert never == 2 * cell.search.steps > once
    assert {trial.duration.total_seconds() for trial in study.trials} == {60.0}
    (start,) = {trial.datetime_start.astimezone(UTC).isoformat() for trial in study.trials}
    assert start == cost.started
