"""Samplers and pruners of a cell, made from their registered functions and checked options."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, RandomSampler

from harness.core import seeds
from harness.core.matrix import Cell
from harness.core.search_settings import Component
from harness.errors import UsageError, did_you_mean
from harness.registry import Registry
from harness.tuning.optuna_trials import allow_experimental

_EVEN_FROM = 10
"""Suggestions that the sampler itself makes for one trial, before the draws are even."""

_BASES: Final = {"sampler": BaseSampler, "pruner": BasePruner}
"""What a component's function returns."""

_Sampler = TypeVar("_Sampler", bound=Callable[..., BaseSampler])


def check(cell: Cell, registry: Registry) -> None:
    """Build a cell's sampler and pruner, before anything is trained.

    Raises:
        UsageError: An unknown name or an option that does not hold.
    """
    build_sampler(cell, registry, 1)
    pruner = cell.search.pruner
    function = registry.function("pruner", pruner.reference)
    build_pruner(pruner, function, evals=cell.search.evals, steps=cell.search.steps)


def one_sequence(function: _Sampler) -> _Sampler:
    """Marks a sampler whose points are one sequence: all its trials get the study's seed."""
    function.one_sequence = True  # type: ignore[attr-defined]
    return function


def is_sequence(registry: Registry, component: Component) -> bool:
    """Whether a sampler's points are one sequence, see `one_sequence`."""
    return bool(getattr(registry.function("sampler", component.reference), "one_sequence", False))


def build_sampler(cell: Cell, registry: Registry, number: int, attempt: int = 0) -> BaseSampler:
    """The sampler that suggests trial `number` of a cell, after `attempt` suggestions for it.

    A model that is sure that expensive trials are good would suggest nothing else. After ten
    attempts the draws are even.

    Raises:
        UsageError: No such sampler, or an option that does not hold.
    """
    component = cell.search.sampler
    function = registry.function("sampler", component.reference)
    # Trial 0 is the library default and needs no sampler, so its seed is free for the study.
    sequence = is_sequence(registry, component)
    if sequence and attempt:
        raise UsageError(
            f"sampler `{component.name}` has one point for a trial, however expensive it is",
            help="leave `search.cost_aware` out, or take another sampler",
        )
    seed = seeds.sampler_seed(cell.seed, cell.name, 0 if sequence else number, attempt)
    if attempt >= _EVEN_FROM:
        return RandomSampler(seed=seed)
    offer = {"seed": seed, "space": cell.space, "algorithm": cell.algorithm}
    sampler: BaseSampler = _create("sampler", component, function, offer)
    return sampler


def build_pruner(
    component: Component, function: Callable[..., Any], *, evals: int, steps: int
) -> BasePruner:
    """The pruner of a search.

    Args:
        function: What is registered under the name.
        evals: Even evaluations per trial.
        steps: Environment steps of a trial.

    Raises:
        UsageError: An option that does not hold.
    """
    pruner: BasePruner = _create("pruner", component, function, {"evals": evals, "steps": steps})
    return pruner


def _create(
    kind: str, component: Component, function: Callable[..., object], offer: Mapping[str, object]
) -> Any:
    """Call a sampler's or pruner's function with the options of the matrix.

    `offer` is what the harness itself passes to one that takes it, e.g. the seed; no option may
    be named so.
    """
    parameters = inspect.signature(function).parameters
    options = {name: each.default for name, each in parameters.items() if name not in offer}
    arguments = {name: value for name, value in offer.items() if name in parameters}
    label = f"{kind} `{component.name}`"
    for name, value in component.options.items():
        _check_option(label, name, value, options)
    missing = [
        name
        for name, default in options.items()
        if default is inspect.Parameter.empty and name not in component.options
    ]
    if missing:
        raise UsageError(f"{label} needs a value for `{missing[0]}`", help="add it to its options")
    try:
        with allow_experimental():
            result = function(**arguments, **component.options)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{label}: {error}", help=f"see its options: {_names(options)}") from error
    except (Exception, SystemExit) as error:
        hint = "mend or replace it; with --debug the traceback is printed"
        raise UsageError(f"{label} raised {type(error).__name__}: {error}", help=hint) from error
    base = _BASES[kind]
    if not isinstance(result, base):
        raise UsageError(
            f"{label} is made as a {type(result).__name__}, no {kind} of Optuna",
            help=f"its function has to return an `optuna.{kind}s.{base.__name__}`",
        )
    return result


def _check_option(label: str, name: str, value: object, options: Mapping[str, object]) -> None:
    if name not in options:
        hint = did_you_mean(name, list(options)) or f"its options: {_names(options)}"
        raise UsageError(f"{label} has no option `{name}`", help=hint)
    default = options[name]
    if default is None or default is inspect.Parameter.empty:
        return
    kinds = (int, float) if isinstance(default, float) else (type(default),)
    # True is an int to Python, but not to a reader of the matrix.
    if not isinstance(value, kinds) or isinstance(value, bool) != isinstance(default, bool):
        raise UsageError(
            f"{label}: `{name}` = {value!r} is no {type(default).__name__}",
            help=f"the default is {default!r}",
        )


def _names(options: Mapping[str, object]) -> str:
    return ", ".join(options) or "none"
