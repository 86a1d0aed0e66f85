"""One searched hyperparameter: its range, its default, where it goes and when it exists."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from harness.core.spaces.axis import Axis, Scalar
from harness.core.spaces.domain import MISSING, Domain, domain_from_json
from harness.errors import UsageError

N_ENVS: Final = "scenario.n_envs"
"""Target of a parameter that says in how many environments is trained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A parameter is active only while another one has one of these values.

    Attributes:
        parameter: The other one.
        values: Those values.
        further: What must hold as well.
    """

    parameter: str
    values: tuple[Scalar, ...]
    further: When | None = None

    def holds(self, values: Mapping[str, object]) -> bool:
        """Whether it does, given the values chosen before."""
        return all(values.get(each.parameter) in each.values for each in self.every)

    @property
    def every(self) -> tuple[When, ...]:
        """This condition and the further ones."""
        return (self, *(() if self.further is None else self.further.every))

    @property
    def parameters(self) -> frozenset[str]:
        """All that it depends on."""
        return frozenset(each.parameter for each in self.every)

    def without(self, names: Collection[str]) -> When | None:
        """What is left to hold once these parameters have values for which it does."""
        rest: When | None = None
        for each in reversed(self.every):
            if each.parameter not in names:
                rest = replace(each, further=rest)
        return rest

    def describe(self) -> str:
        """E.g. `optimizer` is "sgd" or "rmsprop"."""
        texts = (
            f"`{each.parameter}` is {' or '.join(json.dumps(value) for value in each.values)}"
            for each in self.every
        )
        return " and ".join(texts)

    def to_json(self) -> dict[str, Any]:
        """Both attributes, and the further conditions if there are any."""
        further = {} if self.further is None else {"further": self.further.to_json()}
        return {"parameter": self.parameter, "values": list(self.values), **further}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> When:
        """The inverse of `to_json`."""
        further = data.get("further")
        return cls(
            parameter=data["parameter"],
            values=tuple(data["values"]),
            further=further and cls.from_json(further),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One searched hyperparameter.

    Attributes:
        name: Readable name; the constructor argument itself unless `target` says otherwise.
        domain: The values it may take.
        default: The library's default as a value of the domain. `MISSING` reads it from the
            constructor argument of the same name.
        target: Dotted path in the constructor arguments; empty means `name`.
        when: Condition under which the parameter exists.
        actions: Kinds of action space the parameter makes sense for; empty means all.
        source: Where the range comes from.
        stands_for: Another parameter whose value this one's is, e.g. with a range of its own under
            some condition; empty for none.
        full_domain: The values asked for, where the budget or the number of environments leaves
            only some of them, which are its `domain`; None where it leaves all.
    """

    name: str
    domain: Domain
    default: Scalar = MISSING
    target: str = ""
    when: When | None = None
    actions: frozenset[str] = frozenset()
    source: str = ""
    stands_for: str = ""
    full_domain: Domain | None = None

    @property
    def axis(self) -> Axis:
        return self.domain.axis(self.name)

    def to_json(self) -> dict[str, Any]:
        """Everything that makes two parameters the same search."""
        full = self.full_domain
        more = {"stands_for": self.stands_for} if self.stands_for else {}
        return (
            more
            | ({} if full is None else {"full_domain": full.to_json()})
            | {
                "name": self.name,
                "domain": self.domain.to_json(),
                "default": None if self.default is MISSING else self.default,
                "target": self.target or self.name,
                "when": self.when and self.when.to_json(),
            }
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Parameter:
        """The inverse of `to_json`, without the action kinds and the source, which are not in it.

        Raises:
            ValueError: The domain has an unknown type.
        """
        when, full = data["when"], data.get("full_domain")
        return cls(
            name=data["name"],
            domain=domain_from_json(data["domain"]),
            default=data["default"],
            target=data["target"],
            when=when and When.from_json(when),
            stands_for=data.get("stands_for", ""),
            full_domain=full and domain_from_json(full),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldParameter:
    """A parameter that is not searched, and the value that it has."""

    parameter: Parameter
    value: Scalar


def assign(arguments: dict[str, Any], target: str, value: object) -> None:
    """Put `value` at a dotted path of nested dictionaries, making the levels it needs.

    Raises:
        UsageError: A level has a value that holds nothing.
    """
    *levels, last = target.split(".")
    for level in levels:
        below: object = arguments.setdefault(level, {})
        if not isinstance(below, dict):
            hint = f"take one of the two out, or write a mapping for `{level}`"
            raise UsageError(f"`{target}` is set beside a `{level}` that is no mapping", help=hint)
        arguments = below
    arguments[last] = value


def look_up(arguments: Mapping[str, object], target: str) -> tuple[bool, Any]:
    """Whether nested arguments fix what a dotted path names, be it further up, and to what."""
    value: Any = arguments
    for part in target.split("."):
        if not isinstance(value, Mapping):
            return True, None
        if part not in value:
            return False, None
        value = value[part]
    return True, value


def flatten(arguments: Mapping[str, object], prefix: str = "") -> dict[str, Any]:
    """Nested arguments by dotted names; lists stay whole."""
    values: dict[str, Any] = {}
    for name, value in arguments.items():
        if isinstance(value, Mapping):
            values |= flatten(value, f"{prefix}{name}.")
        else:
            values[f"{prefix}{name}"] = value
    return values
