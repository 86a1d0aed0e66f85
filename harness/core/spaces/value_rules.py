"""Rules that tie values together, and the arguments that come of values by them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.core.spaces.domain import Domain
from harness.core.spaces.parameter import N_ENVS, Parameter, assign


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What decoding may depend on besides the sampled values.

    Attributes:
        n_envs: Parallel training environments.
        steps: Environment steps of the training run the arguments are for.
        action: Kind of the action space, see `harness.core.scenario.ActionKind`.
        fixed: Constructor arguments that the matrix fixes; a rule may read but not move them.
        domains: Parameter -> the values it may take; a rule that moves a value keeps it among them
            where it can. One that is not here may be moved anywhere.
    """

    n_envs: int
    steps: int
    action: str
    fixed: frozenset[str] = frozenset()
    domains: Mapping[str, Domain] = field(default_factory=dict)


TrialValues = dict[str, Any]
"""Parameter, or what a rule made of it -> its value."""

Rule = Callable[[TrialValues, Context], TrialValues]
"""A pure function values -> values that ties parameters together (see `algorithms/rules.py`).

A value that it moves stays under its parameter's name: it is what is trained, told and shown. What
it makes into an argument of another kind, e.g. the layers of a network, keeps the value it was.
"""


@dataclass(frozen=True)  # no slots: a function's name is an attribute of the instance
class RecordedRule:
    """A rule that is known by its name, as a record has it; it cannot be applied."""

    __name__: str

    def __call__(self, values: dict[str, object], context: Context) -> dict[str, object]:
        raise TypeError(f"the rule `{self.__name__}` was read from a record and cannot be applied")


def arguments_by(
    rules: Iterable[Rule],
    values: Mapping[str, object],
    parameters: Sequence[Parameter],
    context: Context,
) -> dict[str, object]:
    """Constructor arguments as JSON: what rules make of values, each where its parameter says.

    Args:
        parameters: All that the values may be of.
    """
    outcome = dict(values)
    context = with_environments(context, outcome, parameters)
    for rule in rules:
        outcome = rule(outcome, context)
    arguments: dict[str, Any] = {}
    every: dict[str, list[Parameter]] = {}
    for parameter in parameters:
        every.setdefault(parameter.stands_for or parameter.name, []).append(parameter)
    for name, value in outcome.items():
        own = every.get(name, [])
        target = next((p.target for p in own if p.target), name)
        has_null = not own or any(p.domain.contains(None) for p in own)
        if value is None and "." in target and not has_null:
            continue  # nobody asked for a null: it is the learner's own default
        assign(arguments, target, without_text(value))
    return arguments


def with_environments(
    context: Context, values: Mapping[str, object], parameters: Iterable[Parameter]
) -> Context:
    """The context with the number of environments, where that is among the values."""
    for parameter in parameters:
        count = values.get(parameter.name)
        if parameter.target == N_ENVS and type(count) is int and count > 0:
            return replace(context, n_envs=count)
    return context


def difference(arguments: Mapping[str, object], usual: Mapping[str, Any]) -> dict[str, object]:
    """Nested arguments without those that are as usual."""
    different: dict[str, object] = {}
    for name, value in arguments.items():
        if name not in usual:
            different[name] = value
        elif isinstance(value, Mapping) and isinstance(usual[name], Mapping):
            below = difference(value, usual[name])
            different |= {name: below} if below else {}
        elif value != usual[name]:
            different[name] = value
    return different


def without_text(value: object) -> object:
    """A value; of a choice that is the text of a list or a mapping, what that text says."""
    if isinstance(value, str) and value[:1] in {"[", "{"}:
        return json.loads(value)
    return value


def is_moved(value: object, outcome: object) -> bool:
    """Whether an outcome is another value of the parameter, and no argument made of it."""
    if isinstance(value, bool) or isinstance(outcome, bool):
        return isinstance(value, bool) and isinstance(outcome, bool)
    kind = int | float if isinstance(value, int | float) else str
    return isinstance(value, kind) and isinstance(outcome, kind)
