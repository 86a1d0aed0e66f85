"""Search spaces. One object samples, decodes, validates, serialises and describes.

Three views of one configuration, always in this order:

* *coordinates*: what the optimiser sees, by axis: ``{"log2(n_steps)": 9, "1-gamma": 0.01}``
* *values*: what a person reads, by parameter: ``{"n_steps": 512, "gamma": 0.99}``
* *arguments*: what the learner's constructor takes, as JSON, often nested
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from harness.core.spaces.axis import Scalar
from harness.core.spaces.domain import MISSING
from harness.core.spaces.parameter import HeldParameter, Parameter
from harness.core.spaces.value_rules import (
    Context,
    RecordedRule,
    Rule,
    TrialValues,
    arguments_by,
    difference,
    is_moved,
    with_environments,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """An ordered set of parameters and the rules that tie their values together.

    Attributes:
        parameters: What is searched.
        budget_rules: The rule that keeps rollouts within the budget, and those that follow from
            it. They come first, and the library default and named variants are held to them too:
            equal budgets are for all.
        rules: The others.
        held: Parameters of the algorithm that are not searched, each with the value it has: the
            default, or what a searched one depends on. Only rules look at them.
    """

    parameters: tuple[Parameter, ...] = ()
    budget_rules: tuple[Rule, ...] = ()
    rules: tuple[Rule, ...] = ()
    held: tuple[HeldParameter, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def _every_parameter(self) -> tuple[Parameter, ...]:
        """Those that are held, then those that are searched."""
        return (*(each.parameter for each in self.held), *self.parameters)

    def __getitem__(self, name: str) -> Parameter:
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def for_actions(self, action: str) -> Space:
        """The space without the parameters that this kind of action space cannot use."""
        parameters = tuple(p for p in self.parameters if not p.actions or action in p.actions)
        return replace(self, parameters=parameters)

    def without(self, names: frozenset[str]) -> Space:
        """The space without these parameters and without those that only they activate."""
        parameters = tuple(
            p
            for p in self.parameters
            if p.name not in names and (p.when is None or not p.when.parameters & names)
        )
        return replace(self, parameters=parameters)

    def only(self, names: frozenset[str]) -> Space:
        """The space of these parameters alone; the others are held at their defaults.

        One that has a single option is held at that. A parameter whose condition is not searched is
        always there: what it depends on is held at a value that activates it.
        """
        own = tuple(p for p in self.parameters if p.name in names)
        conditions = [each for p in own if p.when is not None for each in p.when.every]
        usual = {p.name: _only_option(p) for p in self.parameters}
        active = {
            w.parameter: usual[w.parameter] if usual.get(w.parameter) in w.values else w.values[0]
            for w in conditions
            if w.parameter not in names
        }
        constants = (
            HeldParameter(parameter=p, value=active.get(p.name, usual[p.name]))
            for p in self.parameters
            if p.name not in names
        )
        return replace(
            self,
            parameters=tuple(
                replace(p, when=p.when and p.when.without(active.keys())) for p in own
            ),
            held=tuple(each for each in constants if each.value is not MISSING),
        )

    def with_parameter(self, parameter: Parameter) -> Space:
        """The space with this parameter put where its namesake was, or at the end."""
        by_name = {p.name: p for p in self.parameters} | {parameter.name: parameter}
        return replace(self, parameters=tuple(by_name.values()))

    def with_defaults(self, constructor: Mapping[str, object]) -> Space:
        """Fill every missing default from the constructor's own defaults."""
        return replace(
            self,
            parameters=tuple(
                replace(p, default=constructor[p.name])
                if p.default is MISSING and p.name in constructor
                else p
                for p in self.parameters
            ),
        )

    def is_active(self, parameter: Parameter, values: Mapping[str, object]) -> bool:
        """Whether the parameter exists, given the values chosen before it."""
        return parameter.when is None or parameter.when.holds(values)

    def default_values(self) -> dict[str, object]:
        """The library's default by parameter; its values may lie outside their ranges."""
        values: TrialValues = {}
        for parameter in self.parameters:
            if self.is_active(parameter, values):
                values[parameter.name] = parameter.default
        return values

    def activating(self, name: str) -> dict[str, object]:
        """A point of the space in which a parameter is active, near the default."""
        condition = self.conditions(name)
        values: TrialValues = {}
        for parameter in self.parameters:
            if parameter.name in condition or self.is_active(parameter, values):
                values[parameter.name] = condition.get(parameter.name, _inside(parameter))
        return values

    def active_values(self, values: Mapping[str, object]) -> dict[str, object]:
        """The values of parameters that exist, given the values chosen before them."""
        active: TrialValues = {}
        for parameter in self.parameters:
            if parameter.name in values and self.is_active(parameter, active):
                active[parameter.name] = values[parameter.name]
        return active

    def conditions(self, name: str) -> dict[str, object]:
        """Values that make a parameter active, its owners' conditions included."""
        conditions: dict[str, object] = {}
        when = self[name].when
        for each in when.every if when is not None else ():
            if each.parameter in self:
                conditions |= self.conditions(each.parameter) | {each.parameter: each.values[0]}
        return conditions

    def encode(self, values: Mapping[str, object]) -> dict[str, Scalar]:
        """Values -> coordinates of the active parameters.

        Raises:
            ValueError: A value lies outside its domain, or an active one is missing.
        """
        coordinates: dict[str, Scalar] = {}
        for parameter in self.parameters:
            if not self.is_active(parameter, values):
                continue
            if parameter.name not in values:
                raise ValueError(f"`{parameter.name}` has no value")
            value = values[parameter.name]
            if not parameter.domain.contains(value):
                domain = parameter.domain.describe()
                raise ValueError(f"`{parameter.name}` = {value!r} is outside {domain}")
            coordinates[parameter.axis.name] = parameter.domain.to_axis(value)
        return coordinates

    def decode(self, coordinates: Mapping[str, Scalar]) -> TrialValues:
        """Coordinates -> values of the active parameters; others are ignored.

        Raises:
            KeyError: The coordinate of an active parameter is missing.
        """
        values: TrialValues = {}
        for parameter in self.parameters:
            if self.is_active(parameter, values):
                coordinate = coordinates[parameter.axis.name]
                values[parameter.name] = parameter.domain.from_axis(coordinate)
        return values

    def coordinates(
        self, values: Mapping[str, object], suggestion: Mapping[str, Scalar] = MappingProxyType({})
    ) -> dict[str, Scalar]:
        """Coordinates of the active parameters that have a value in their range; others have none.

        Args:
            values: By parameter.
            suggestion: Coordinates that stay to the last digit where they stand for the same value.
        """
        coordinates: dict[str, Scalar] = {}
        for parameter in self.parameters:
            value = values.get(parameter.name)
            if not self.is_active(parameter, values) or not parameter.domain.contains(value):
                continue
            axis, domain = parameter.axis.name, parameter.domain
            same = axis in suggestion and domain.from_axis(suggestion[axis]) == value
            coordinates[axis] = suggestion[axis] if same else domain.to_axis(value)
        return coordinates

    def contains(self, values: Mapping[str, object]) -> bool:
        """Whether all active parameters have values in their ranges, so that it is a point."""
        return all(
            parameter.domain.contains(values.get(parameter.name))
            for parameter in self.parameters
            if self.is_active(parameter, values)
        )

    def trained_values(self, values: Mapping[str, object], context: Context) -> dict[str, object]:
        """Values -> those that are trained: where a rule moves one, what it is moved to."""
        outcome, everything = dict(values), self._add_held(values)
        context = with_environments(context, everything, self._every_parameter)
        names = {p.name: p.stands_for for p in self.parameters if p.stands_for}
        for rule in (*self.budget_rules, *self.rules):
            everything = rule(everything, context)
            # What a rule makes an argument of is gone, or of another kind; it was trained as it is.
            outcomes = {n: everything.get(names.get(n, n)) for n in outcome}
            outcome |= {n: o for n, o in outcomes.items() if is_moved(outcome[n], o)}
        return outcome

    def arguments(self, values: Mapping[str, object], context: Context) -> dict[str, Any]:
        """Values -> constructor arguments as JSON, with the rules applied.

        Of parameters that are held only what the rules make of them beside the others.
        """
        rules = (*self.budget_rules, *self.rules)
        arguments = arguments_by(rules, self._add_held(values), self._every_parameter, context)
        if not self.held:
            return arguments
        active = self._active_defaults()
        defaults = {h.parameter.name for h in self.held} & active.keys() - values.keys()
        usual = arguments_by(
            self.rules, {name: active[name] for name in defaults}, self._every_parameter, context
        )
        return difference(arguments, usual)

    def _add_held(self, values: Mapping[str, object]) -> dict[str, object]:
        """Values for the rules: those of the held parameters too, as far as they are active."""
        everything = dict(values)
        for parameter in self.parameters:
            if parameter.stands_for and parameter.name in everything:
                everything[parameter.stands_for] = everything.pop(parameter.name)
        for each in self.held:
            name = each.parameter.name
            if each.value is not None and self.is_active(each.parameter, everything):
                everything.setdefault(name, each.value)
        return everything

    def _active_defaults(self) -> dict[str, object]:
        every = self._every_parameter
        values = {p.name: p.default for p in every if p.default is not None and not p.stands_for}
        return {
            p.name: values[p.name] for p in every if self.is_active(p, values) and p.name in values
        }

    def problems(self) -> list[tuple[str, str]]:
        """What does not hold, as (parameter name, message) pairs; empty when all is well."""
        problems: list[tuple[str, str]] = []
        for parameter in self.parameters:
            faults = parameter.domain.problems()
            problems += [(parameter.name, fault) for fault in faults]
            if not faults and parameter.default is MISSING:
                problems.append((parameter.name, "has no default"))
            owners = parameter.when.parameters if parameter.when is not None else ()
            problems += [
                (parameter.name, f"depends on `{owner}`, which is not here")
                for owner in sorted(owners)
                if owner not in self
            ]
        return problems

    def grid(self, points: int) -> dict[str, list[Scalar]]:
        """Coordinates of a full grid: at most `points` per numeric axis, every choice."""
        return {p.axis.name: p.domain.grid(points) for p in self.parameters}

    def grid_size(self, points: int) -> int:
        """Configurations of that grid."""
        return math.prod(len(axis) for axis in self.grid(points).values())

    def to_json(self) -> dict[str, Any]:
        """Canonical form; equal JSON means an equal search."""
        return {
            "parameters": [parameter.to_json() for parameter in self.parameters],
            "rules": [rule.__name__ for rule in (*self.budget_rules, *self.rules)],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Space:
        """The inverse of `to_json`; the rules are known by name alone and cannot be applied."""
        return cls(
            parameters=tuple(Parameter.from_json(parameter) for parameter in data["parameters"]),
            rules=tuple(RecordedRule(name) for name in data["rules"]),
        )

    def __str__(self) -> str:
        return json.dumps(self.to_json(), sort_keys=True)


def _only_option(parameter: Parameter) -> Scalar:
    """The single option of a choice, or else the default."""
    options: tuple[Scalar, ...] = getattr(parameter.domain, "options", ())
    return options[0] if len(options) == 1 else parameter.default


def _inside(parameter: Parameter) -> object:
    """The default, or else a value of the range."""
    domain, default = parameter.domain, parameter.default
    is_point = domain.contains(default) or domain.problems()
    return default if is_point else domain.from_axis(domain.grid(2)[-1])
