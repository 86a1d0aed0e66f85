from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import optuna
import pytest

from harness.constructors import read
from harness.core.matrix import Cell
from harness.core.settings import Component
from harness.errors import MissingExtraError, UnknownNameError, UsageError
from harness.registry import Registry
from harness.tuning import check, components, pruners
from harness.tuning.study import plain


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch):
    """Registers pruners of an imagined plug-in."""

    def register(**values: str) -> None:
        points = {
            name: EntryPoint(name, value, "harness.pruners") for name, value in values.items()
        }
        monkeypatch.setattr(components, "_registered", lambda kind: points)

    return register


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
        pruners.build(Component(name="median", options=options), evals=10)
    assert message in caught.value.message


def test_misspelt_option_gets_a_hint() -> None:
    with pytest.raises(UsageError) as caught:
        pruners.build(Component(name="median", options={"n_startup_trails": 3}), evals=10)
    assert caught.value.help == "did you mean `n_startup_trials`?"


def test_whole_number_is_a_float_option() -> None:
    pruner = pruners.build(Component(name="wilcoxon", options={"p_threshold": 0}), evals=10)
    assert isinstance(pruner, optuna.pruners.BasePruner)


def test_unknown_name_gets_a_hint() -> None:
    with pytest.raises(UnknownNameError) as caught:
        pruners.build(Component(name="medain"), evals=10)
    assert "did you mean `median`?" in str(caught.value)


def test_other_packages_register_their_own(registered, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = ModuleType("plugin")
    plugin.strict = lambda *, evals, share: optuna.pruners.ThresholdPruner(lower=share * evals)
    monkeypatch.setitem(sys.modules, "plugin", plugin)
    registered(strict="plugin:strict", gone="plugin:gone")
    built = pruners.build(Component(name="strict", options={"share": 0.5}), evals=10)
    assert isinstance(built, optuna.pruners.ThresholdPruner)
    with pytest.raises(UsageError, match="needs a value for `share`"):
        pruners.build(Component(name="strict"), evals=10)
    with pytest.raises(UsageError, match="which is not there"):
        pruners.build(Component(name="gone"), evals=10)


def test_plugin_without_its_package_says_what_to_install(registered) -> None:
    registered(lost="a_package_nobody_has:pruner")
    with pytest.raises(MissingExtraError) as caught:
        pruners.build(Component(name="lost"), evals=10)
    assert caught.value.help == "pip install a_package_nobody_has"


@pytest.mark.parametrize("kind", ["sampler", "pruner"])
def test_options_are_readable_without_importing_optuna(kind: str) -> None:
    registry = Registry(
        samplers={n: p.value for n, p in components._registered("sampler").items()},
        pruners={n: p.value for n, p in components._registered("pruner").items()},
    )
    for name in getattr(registry, f"{kind}s"):
        constructor = registry.component(kind, name)
        assert constructor.summary
        assert constructor == read(constructor.path)
        options = set(constructor.parameters) - {"seed", "space", "evals"}
        assert "<expression>" not in {str(constructor.parameters[option]) for option in options}


def test_check_finds_a_bad_option_before_anything_is_trained(searching) -> None:
    good: Cell = searching(sampler="tpe", options={"n_startup_trials": 4})
    check(good)
    with pytest.raises(UsageError, match="grid has"):
        check(searching(sampler="grid", options={"points": 40}))
    with pytest.raises(UsageError, match="below 1"):
        check(searching(sampler="grid", options={"points": 0}))
    with pytest.raises(UsageError, match="popsize"):
        check(searching(sampler="cmaes", options={"popsize": 3}))


def test_attributes_without_a_json_form_are_refused() -> None:
    assert plain({"a": (1, 2.5)}) == {"a": [1, 2.5]}
    with pytest.raises(UsageError, match="no JSON form"):
        plain({"a": object()})
    with pytest.raises(UsageError, match="no JSON form"):
        plain({"a": float("nan")})
