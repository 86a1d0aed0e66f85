from __future__ import annotations

import inspect
import sys
from types import ModuleType
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from harness.constructors import read
from harness.core.evaluation import HALVING
from harness.core.matrix import Cell
from harness.core.search_settings import OWN_ARGUMENTS, Component
from harness.core.spaces.domain import Choice, Domain, Float, Int, PowerOfTwo
from harness.errors import MissingExtraError, UnknownNameError, UsageError
from harness.registry import Registry, component_paths
from harness.tuning import pruners
from harness.tuning.components import build_pruner, build_sampler, check
from harness.tuning.optuna_trials import distribution, json_attributes

REGISTRY = Registry(samplers=component_paths("sampler"), pruners=component_paths("pruner"))


def build(component: Component, registry: Registry = REGISTRY) -> optuna.pruners.BasePruner:
    return build_pruner(
        component, registry.function("pruner", component.name), evals=10, steps=1000
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_startup_trails": 3}, "has no option `n_startup_trails`"),
        ({"evals": 3}, "has no option `evals`"),
        ({"n_startup_trials": "5"}, "`n_startup_trials` = '5' is no int"),
        ({"n_startup_trials": True}, "`n_startup_trials` = True is no int"),
        ({"n_startup_trials": -1}, "cannot be negative"),
        ({"n_warmup_steps": "late"}, "pruner `median`"),
    ],
)
def test_bad_option_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match="median") as caught:
        build(Component(name="median", options=options))
    assert message in caught.value.message


def test_where_the_function_refuses_its_options_are_listed() -> None:
    with pytest.raises(UsageError) as caught:
        build(Component(name="median", options={"n_startup_trials": -1}))
    listed = ", ".join(options_of("pruner", "median"))
    assert caught.value.help == f"see its options: {listed}"
    with pytest.raises(UsageError) as caught:
        build(Component(name="none", options={"zzz": 1}))
    assert caught.value.help == "its options: none"


def test_misspelt_option_gets_a_hint() -> None:
    with pytest.raises(UsageError) as caught:
        build(Component(name="median", options={"n_startup_trails": 3}))
    assert caught.value.help == "did you mean `n_startup_trials`?"


def test_whole_number_is_a_float_option() -> None:
    pruner = build(Component(name="wilcoxon", options={"p_threshold": 0}))
    assert isinstance(pruner, optuna.pruners.BasePruner)


def test_unknown_name_gets_a_hint() -> None:
    with pytest.raises(UnknownNameError) as caught:
        build(Component(name="medain"))
    assert "did you mean `median`?" in str(caught.value)


def test_other_packages_register_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = ModuleType("plugin")
    plugin.strict = lambda *, evals, share: optuna.pruners.ThresholdPruner(lower=share * evals)
    monkeypatch.setitem(sys.modules, "plugin", plugin)
    registry = Registry(pruners={"strict": "plugin:strict", "gone": "plugin:gone"})
    built = build(Component(name="strict", options={"share": 0.5}), registry)
    assert isinstance(built, optuna.pruners.ThresholdPruner)
    with pytest.raises(UsageError, match="needs a value for `share`"):
        build(Component(name="strict"), registry)
    with pytest.raises(UsageError, match="which is not there"):
        build(Component(name="gone"), registry)


def test_plugin_without_its_package_says_what_to_install() -> None:
    registry = Registry(pruners={"lost": "a_package_nobody_has:pruner"})
    with pytest.raises(MissingExtraError) as caught:
        build(Component(name="lost"), registry)
    assert caught.value.help == "pip install a_package_nobody_has"


@pytest.mark.parametrize("kind", ["sampler", "pruner"])
def test_options_are_readable_without_importing_optuna(kind: str) -> None:
    for name in getattr(REGISTRY, f"{kind}s"):
        constructor = REGISTRY.component(kind, name)
        assert constructor.summary
        assert constructor == read(constructor.path)
        options = set(constructor.parameters) - {"seed", "space", "evals"}
        assert "<expression>" not in {str(constructor.parameters[option]) for option in options}


def test_check_finds_a_bad_option_before_anything_is_trained(searching) -> None:
    good: Cell = searching(sampler="tpe", options={"n_startup_trials": 4})
    check(good, REGISTRY)
    with pytest.raises(UsageError, match="grid has"):
        check(searching(sampler="grid", options={"points": 40}), REGISTRY)
    with pytest.raises(UsageError, match="below 1"):
        check(searching(sampler="grid", options={"points": 0}), REGISTRY)
    with pytest.raises(UsageError, match="popsize"):
        check(searching(sampler="cmaes", options={"popsize": 3}), REGISTRY)


def test_after_ten_suggestions_of_a_sampler_the_draws_are_even(searching) -> None:
    cell = searching(sampler="tpe", options={})
    samplers = (build_sampler(cell, REGISTRY, 3, attempt) for attempt in (0, 9, 10))
    kinds = [type(each).__name__ for each in samplers]
    assert kinds[0] == kinds[1] != kinds[2] == "RandomSampler"


def test_attributes_without_a_json_form_are_refused() -> None:
    assert json_attributes({"a": (1, 2.5)}) == {"a": [1, 2.5]}
    with pytest.raises(UsageError, match="no JSON form"):
        json_attributes({"a": object()})
    with pytest.raises(UsageError, match="no JSON form"):
        json_attributes({"a": float("nan")})


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        (Float(low=0.1, high=1.0), FloatDistribution(0.1, 1.0)),
        (Float(low=1e-5, high=1e-1, log=True), FloatDistribution(1e-5, 1e-1, log=True)),
        (Int(low=1, high=64, log=True), IntDistribution(1, 64, log=True)),
        (PowerOfTwo(low=32, high=256), IntDistribution(5, 8)),
        (Choice(options=("a", True, None)), CategoricalDistribution(("a", True, None))),
    ],
)
def test_axis_becomes_the_distribution_of_its_kind(domain: Domain, expected: object) -> None:
    assert distribution(domain.axis("x")) == expected


def test_complement_is_searched_near_zero() -> None:
    axis = Float(low=0.9, high=0.9999, log=True, complement=True).axis("gamma")
    assert distribution(axis) == FloatDistribution(0.0001, 0.1, log=True)


def test_a_search_that_names_no_options_is_always_the_same_one() -> None:
    """Another default would be another search, in every matrix that does not name the option."""
    assert {name: options_of("sampler", name) for name in REGISTRY.samplers} == {
        "auto": {"n_startup_trials": 10, "prior_share": 0.5},
        "cmaes": {
            "n_startup_trials": 1,
            "popsize": None,
            "consider_pruned_trials": False,
            "use_separable_cma": False,
            "with_margin": False,
            "lr_adapt": False,
        },
        "gp": {"n_startup_trials": 10, "deterministic_objective": False},
        "grid": {"points": 3},
        "nsga2": {
            "population_size": 12,
            "mutation_prob": None,
            "crossover_prob": 0.9,
            "swapping_prob": 0.5,
        },
        "qmc": {"qmc_type": "sobol", "scramble": True},
        "random": {},
        "tpe": {
            "n_startup_trials": 10,
            "n_ei_candidates": 24,
            "multivariate": True,
            "constant_liar": True,
        },
    }
    halving = {
        "min_resource": None,
        "min_share": None,
        "by_effort": False,
        "bootstrap_count": 0,
        "n_startup_trials": 5,
    }
    median = {
        "n_startup_trials": 5,
        "n_warmup_steps": None,
        "interval_steps": 1,
        "n_min_trials": 1,
    }
    assert {name: options_of("pruner", name) for name in REGISTRY.pruners} == {
        "hyperband": {**halving, "reduction_factor": 3},
        "median": median,
        "none": {},
        "patient": {
            "patience": 2,
            "min_delta": 0.0,
            "n_startup_trials": 5,
            "n_warmup_steps": None,
        },
        "percentile": {**median, "percentile": 75.0},
        "successive_halving": {**halving, "reduction_factor": 4, "min_early_stopping_rate": 0},
        "threshold": {
            "lower": None,
            "upper": None,
            "n_warmup_steps": None,
            "interval_steps": 1,
        },
        "wilcoxon": {"p_threshold": 0.1, "n_startup_steps": None, "n_startup_trials": 5},
    }


def options_of(kind: str, name: str) -> dict[str, object]:
    parameters = REGISTRY.component(kind, name).parameters
    own = OWN_ARGUMENTS[kind]
    return {key: parameters[key] for key in parameters if key not in own}


OPTUNAS = {
    "tpe": optuna.samplers.TPESampler,
    "cmaes": optuna.samplers.CmaEsSampler,
    "gp": optuna.samplers.GPSampler,
    "nsga2": optuna.samplers.NSGAIISampler,
    "qmc": optuna.samplers.QMCSampler,
    "median": optuna.pruners.MedianPruner,
    "percentile": optuna.pruners.PercentilePruner,
    "hyperband": optuna.pruners.HyperbandPruner,
    "successive_halving": optuna.pruners.SuccessiveHalvingPruner,
    "patient": optuna.pruners.PatientPruner,
    "threshold": optuna.pruners.ThresholdPruner,
    "wilcoxon": optuna.pruners.WilcoxonPruner,
}

OURS = {
    ("tpe", "multivariate"): True,
    ("qmc", "scramble"): True,
    # A search of some dozens of trials shall have some generations.
    ("nsga2", "population_size"): 12,
    ("percentile", "percentile"): 75.0,
    ("patient", "patience"): 2,
    # No trial is given up before five are complete, and before 30 % of its steps.
    **{
        (name, "n_startup_trials"): 5
        for name in ("hyperband", "successive_halving", "patient", "wilcoxon")
    },
    **{(name, "n_warmup_steps"): None for name in ("median", "percentile", "patient", "threshold")},
    **{
        (name, option): default
        for name in ("hyperband", "successive_halving")
        for option, default in (("min_resource", None), ("min_share", None), ("by_effort", False))
    },
    ("wilcoxon", "n_startup_steps"): None,
}
"""Defaults that are not Optuna's, or that Optuna does not have."""


@pytest.mark.parametrize("name", sorted(OPTUNAS))
def test_defaults_are_optunas_but_where_they_are_meant_to_differ(name: str) -> None:
    kind = "sampler" if name in REGISTRY.samplers else "pruner"
    theirs = inspect.signature(OPTUNAS[name]).parameters
    options = read(REGISTRY.component(kind, name).path).parameters
    for option in set(options) - OWN_ARGUMENTS[kind]:
        default = OURS[name, option] if (name, option) in OURS else theirs[option].default
        assert (type(options[option]), options[option]) == (type(default), default), option


@pytest.mark.parametrize(
    ("evals", "first"), [(1, 1), (3, 1), (4, 2), (10, 3), (11, 4), (20, 6), (100, 30)]
)
def test_thirty_percent_of_the_steps_are_trained_first(evals: int, first: int) -> None:
    assert pruners.warmup(evals) == first
    assert pruners.median(evals=evals)._n_warmup_steps == first  # type: ignore[attr-defined]


@pytest.mark.parametrize("pruner", [pruners.hyperband, pruners.successive_halving])
def test_the_first_halving_lies_among_the_evaluations(pruner: Any) -> None:
    for resource in (1, 10, None):
        pruner(evals=10, steps=100, min_resource=resource)
    for resource in (0, 11):
        with pytest.raises(ValueError, match=r"outside 1 \.\. 10"):
            pruner(evals=10, steps=100, min_resource=resource)
    with pytest.raises(ValueError, match="below 0"):
        pruner(evals=10, steps=100, n_startup_trials=-1)


@pytest.mark.parametrize("complete", [0, 1, 2, 3])
def test_a_halving_is_heeded_once_enough_trials_are_complete(complete: int) -> None:
    study = optuna.create_study(direction="maximize")
    for number in range(complete):
        done = optuna.trial.create_trial(value=9.0 + number, intermediate_values={1: 9.0, 2: 9.0})
        study.add_trial(done)
    study.add_trial(optuna.trial.create_trial(state=optuna.trial.TrialState.FAIL))
    pruner = pruners.successive_halving(evals=4, steps=40, min_resource=1, n_startup_trials=2)
    study.pruner = pruner
    best, worst = study.ask(), study.ask()
    best.report(10.0, 1)
    best.should_prune()
    worst.report(0.0, 1)
    assert worst.should_prune() == (complete >= 2)


@pytest.mark.parametrize("name", sorted(HALVING))
def test_the_ladder_counts_rungs_by_the_pruner_s_own_factor(name: str) -> None:
    assert REGISTRY.component("pruner", name).parameters["reduction_factor"] == HALVING[name]
