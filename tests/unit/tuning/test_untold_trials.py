"""A configuration that is no point of the space is recorded as it is; no sampler learns of it."""

from __future__ import annotations

from dataclasses import replace

import optuna
import pytest
from optuna.trial import TrialState

from harness.core.spaces.domain import Choice, Float
from harness.tuning.importance import importances
from harness.tuning.optuna_tables import open_tables
from harness.tuning.optuna_trials import make_finished_trial, running_trial
from harness.tuning.projection import Projection, disagreement

OPTIONS = {"cmaes": {"popsize": 4}, "grid": {"points": 2}}


@pytest.fixture
def outside(cell):
    """The cell with a rate and a network whose defaults are no values of their ranges."""
    space = cell.space
    for name, domain in (
        ("learning_rate", Float(low=1e-3, high=1e-1, log=True)),
        ("use_sde", Choice(options=(True,))),
    ):
        space = space.with_parameter(replace(space[name], domain=domain))
    return replace(cell, space=space)


def score(values):
    return -abs(values["epochs"] - 5) - values["learning_rate"]


@pytest.mark.parametrize("sampler", ["tpe", "auto", "random", "cmaes", "qmc", "grid"])
def test_every_sampler_goes_on_without_the_default(outside, searching, search, sampler):
    component = searching(sampler=sampler, options=OPTIONS.get(sampler)).search
    cell = replace(outside, search=component)
    trials = search(cell, 16, score)
    assert trials[0].values["learning_rate"] == 3e-4
    assert trials[0].values["use_sde"] is False
    assert "learning_rate" not in trials[0].suggestion.coordinates
    assert all(cell.space.contains(trial.values) for trial in trials[1:])
    assert [trial.values for trial in search(cell, 16, score)] == [t.values for t in trials]
    if sampler == "tpe":
        late = [abs(trial.values["epochs"] - 5) for trial in trials[10:]]
        assert sum(late) / len(late) < 8


def test_a_sampler_is_told_neither_score_nor_coordinates(outside, search):
    first, second = search(outside, 2, score)
    told = make_finished_trial(outside.space, first, {1: 0.5}, values=(0.5,))
    assert (told.state, told.value, told.params) == (TrialState.FAIL, None, {})
    assert running_trial(outside.space, first).params == {}
    told = make_finished_trial(outside.space, second, {1: 0.5}, values=(0.5,))
    assert (told.state, told.params) == (TrialState.COMPLETE, second.suggestion.coordinates)


def test_what_a_rule_moved_is_told_as_it_was_trained(cell, search):
    trial = search(cell, 2, score)[1]
    moved = replace(trial, values=trial.values | {"n_steps": 32})
    told = make_finished_trial(cell.space, moved, {1: 0.5}, values=(0.5,))
    assert told.params == trial.suggestion.coordinates | {"log2(n_steps)": 5}


@pytest.mark.filterwarnings("ignore:Some regimes")
def test_the_study_has_its_score_and_its_values(outside, search, tmp_path):
    trials = search(outside, 8, score)
    url = f"sqlite:///{tmp_path / 'campaign.db'}"
    projection = Projection(url, "campaign", outside)
    projection.sync(trials)
    projection.sync(trials)
    projection.close()
    study = optuna.load_study(study_name="campaign/ppo@CartPole-v1", storage=url)
    stored = study.trials[0]
    assert stored.state is TrialState.COMPLETE
    assert stored.value == score(trials[0].values)
    assert {"learning_rate", "use_sde"}.isdisjoint(stored.params)
    assert stored.params["1-gamma"] == pytest.approx(0.01)
    assert stored.user_attrs["learning_rate"] == 3e-4
    assert stored.user_attrs["use_sde"] is False
    assert optuna.importance.get_param_importances(study)
    tables = open_tables(url)
    assert disagreement(tables, "campaign", outside, trials) == ""
    tables.close()


@pytest.mark.parametrize("evaluator", ["ped_anova", "fanova", "mean_decrease_impurity"])
def test_importances_are_those_of_points(outside, search, evaluator):
    trials = search(outside, 20, score)
    shares = importances(outside.space, trials, evaluator=evaluator, seed=1)
    assert shares == importances(outside.space, trials[1:], evaluator=evaluator, seed=1)
    assert sum(shares.values()) == pytest.approx(1)
