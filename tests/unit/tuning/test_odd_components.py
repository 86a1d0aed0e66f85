"""Samplers and pruners of a user's own that answer with what is no answer."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from optuna.distributions import FloatDistribution, distribution_to_json, json_to_distribution
from optuna.pruners import BasePruner
from optuna.samplers import RandomSampler

from harness.core.run import PruningRule
from harness.core.search_settings import Component
from harness.core.spaces.domain import Float, Int
from harness.errors import UsageError
from harness.registry import Registry
from harness.tuning.components import check
from harness.tuning.optuna_trials import distribution
from harness.tuning.pruning_replay import PruningReplay


class Constant(RandomSampler):
    """Suggests one value for every number, or raises it."""

    def __init__(self, value: object) -> None:
        super().__init__(seed=0)
        self._value = value

    def sample_independent(self, study: Any, trial: Any, param_name: str, distribution: Any) -> Any:
        if isinstance(self._value, Exception):
            raise self._value
        return distribution.choices[0] if hasattr(distribution, "choices") else self._value


class Answer(BasePruner):
    def __init__(self, verdict: Any) -> None:
        self._verdict = verdict

    def prune(self, study: Any, trial: Any) -> bool:
        verdict: bool = self._verdict
        return verdict


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a function makes -> a registry in which it is sampler and pruner."""

    def register(made: object) -> Registry:
        module = ModuleType("own")
        module.sampler = lambda *, seed: made  # type: ignore[attr-defined]
        module.pruner = lambda: made  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "own", module)
        usual = {"none": "harness.tuning.pruners:none"}
        return Registry(samplers={"own": "own:sampler"}, pruners={"own": "own:pruner", **usual})

    return register


def test_a_suggestion_between_two_steps_is_the_nearer_one(
    own: Any, searching: Any, search: Any
) -> None:
    cell = searching(sampler="own", options={}, in_flight=1)
    stepped = (
        replace(cell.space["epochs"], domain=Int(low=1, high=20, step=4)),
        replace(cell.space["learning_rate"], domain=Float(low=0.0, high=100.0, step=0.5)),
    )
    cell = replace(cell, space=replace(cell.space, parameters=stepped))
    trials = search(cell, 4, lambda _: 1.0, own(Constant(6.7)))
    assert [trial.values for trial in trials[1:]] == [{"epochs": 5, "learning_rate": 6.5}] * 3


@pytest.mark.parametrize(
    ("low", "step"), [(0.7711053676467451, 0.3), (0.0, 0.14285714285714288), (0.1, 1 / 13)]
)
def test_the_last_of_many_digits_is_suggested_and_read_back(low: float, step: float) -> None:
    domain = Float(low=low, high=low + 5 * step, step=step)
    suggested = distribution(domain.axis("x"))
    stored = json_to_distribution(distribution_to_json(suggested))
    for each in (suggested, stored):
        assert isinstance(each, FloatDistribution)
        assert domain.from_axis(each.high) == pytest.approx(low + 5 * step)
        assert all(map(each._contains, map(domain.to_axis, map(domain.from_axis, domain.grid(9)))))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1e9, r"`learning_rate` = 1000000000.0 lies outside 1e-05 .. 0.1"),
        (1e-6, "`learning_rate` = 1e-06 lies outside"),
        (math.nan, "ValueError: `nan`"),
        ("x", "ValueError: 'x'"),
        (None, "ValueError: 'None'"),
        (RuntimeError("no idea"), "RuntimeError: no idea"),
    ],
)
def test_a_sampler_that_suggests_what_cannot_be_trained_is_named(
    value: object, message: str, own: Any, searching: Any, search: Any
) -> None:
    cell = searching(sampler="own", options={})
    with pytest.raises(
        UsageError, match=f"sampler `own` of `.*` has nothing for trial 1: .*{message}"
    ):
        search(cell, 2, lambda _: 1.0, own(Constant(value)))


@pytest.mark.parametrize("value", [1e-5, 0.1 * (1 + 1e-12)])
def test_bounds_and_their_roundings_are_inside(
    value: float, own: Any, searching: Any, search: Any
) -> None:
    class Bound(Constant):
        def sample_independent(
            self, study: Any, trial: Any, param_name: str, distribution: Any
        ) -> Any:
            if param_name == "learning_rate":
                return value
            return RandomSampler.sample_independent(self, study, trial, param_name, distribution)

    trials = search(searching(sampler="own", options={}), 2, lambda _: 1.0, own(Bound(0)))
    assert trials[1].values["learning_rate"] == pytest.approx(value)


@pytest.mark.parametrize("made", [None, "tpe", RandomSampler])
def test_what_is_no_sampler_is_refused(made: object, own: Any, searching: Any) -> None:
    # Without one Optuna takes its own, with a seed of nobody.
    with pytest.raises(UsageError, match="no sampler of Optuna"):
        check(searching(sampler="own", options={}), own(made))


@pytest.mark.parametrize("verdict", [None, "no", 1, math.nan])
def test_a_pruner_says_true_or_false(verdict: object, own: Any) -> None:
    function = own(Answer(verdict)).function("pruner", "own")
    rule = PruningRule(study="s", number=0, pruner=Component(name="own"), finished=())
    with pytest.raises(TypeError, match=r"the pruner answered .*, not true or false"):
        PruningReplay(rule, 100, 2, function).report(1.0)


@pytest.mark.parametrize("verdict", [True, False, np.True_, np.False_])
def test_true_and_false_may_be_numpys(verdict: object, own: Any) -> None:
    function = own(Answer(verdict)).function("pruner", "own")
    rule = PruningRule(study="s", number=0, pruner=Component(name="own"), finished=())
    assert PruningReplay(rule, 100, 2, function).report(1.0) is bool(verdict)
    with pytest.raises(UsageError, match="no pruner of Optuna"):
        PruningReplay(rule, 100, 2, own(None).function("pruner", "own"))
