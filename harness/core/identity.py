"""Identity: which fields make two configurations the same experiment, and its digest.

Every field of a value in `core` plays one of four roles. Fields without a mark are *identity*:
change one and the numbers may change. `LATER` fields are identity too, but came after the first
campaigns: at their default they are left out, so that what was run before keeps its digest.
`EXTENDABLE` fields may change between two runs of the same campaign, because a change only adds or
leaves out whole runs. `RUNTIME` fields change no number.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

__all__ = [
    "EXTENDABLE",
    "IDENTITY_VERSION",
    "LATER",
    "RUNTIME",
    "canonical",
    "differences",
    "digest",
    "digest_of",
]

IDENTITY_VERSION: Final = 1
"""Raised whenever the same experiment would get another digest than before."""

EXTENDABLE: Final[Mapping[str, str]] = MappingProxyType({"role": "extendable"})
RUNTIME: Final[Mapping[str, str]] = MappingProxyType({"role": "runtime"})
LATER: Final[Mapping[str, str]] = MappingProxyType({"role": "later"})


_PLAIN: Final = frozenset({type(None), bool, int, float, str})

_Form = Callable[[Any, bool], Any]
"""From a value, and whether everything is kept, to plain JSON data."""


def canonical(value: Any, *, everything: bool = False) -> Any:
    """Plain JSON data of a value: dataclasses become dictionaries, tuples lists, sets sorted lists.

    Args:
        value: Dataclasses, mappings, sequences, sets, enums and JSON scalars, nested at will.
        everything: Keep extendable and runtime fields too (for storing instead of comparing).

    Raises:
        TypeError: A part of the value has no JSON form.
    """
    return _FORMS[type(value)](value, everything)


class _Forms(dict[type[Any], _Form]):
    """What brings values of a type into canonical form: a look at each value would cost more."""

    def __missing__(self, kind: type[Any]) -> _Form:
        self[kind] = form = _form(kind)
        return form


_FORMS: Final = _Forms()


def _form(kind: type[Any]) -> _Form:
    known: tuple[tuple[tuple[type, ...], _Form], ...] = (
        ((bool, int, float, str, type(None)), _scalar),
        ((set, frozenset), _set),
        ((list, tuple), _list),
    )
    for kinds, form in known:
        if issubclass(kind, kinds):
            return form
    if hasattr(kind, "to_json"):
        return _own
    if dataclasses.is_dataclass(kind):
        return _fields_of(kind)
    return _mapping if issubclass(kind, Mapping) else _refuse


def _scalar(value: Any, _: bool) -> Any:
    return value.value if isinstance(value, Enum) else value


def _set(value: Any, everything: bool) -> Any:
    return sorted(_list(value, everything))


def _list(value: Any, everything: bool) -> Any:
    # Thousands of returns and lengths need no call each.
    return [
        item if type(item) in _PLAIN else _FORMS[type(item)](item, everything) for item in value
    ]


def _mapping(value: Any, everything: bool) -> Any:
    return {
        str(key): item if type(item) in _PLAIN else _FORMS[type(item)](item, everything)
        for key, item in value.items()
    }


def _own(value: Any, everything: bool) -> Any:
    return canonical(value.to_json(), everything=everything)


def _refuse(value: Any, _: bool) -> Any:
    raise TypeError(f"{type(value).__name__} has no JSON form: {value!r}")


def _fields_of(kind: type[Any]) -> _Form:
    fields = dataclasses.fields(kind)
    names = [field.name for field in fields]
    counting = [field.name for field in fields if field.metadata.get("role") is None]
    # At its default a later field is left out, as if it had never come.
    later = {f.name: _default(f) for f in fields if f.metadata.get("role") == LATER["role"]}
    order = [name for name in names if name in later or name in counting]

    def form(value: Any, everything: bool) -> Any:
        if everything:
            chosen = names
        elif later:
            chosen = [n for n in order if n not in later or getattr(value, n) != later[n]]
        else:
            chosen = counting
        found = {}
        for name in chosen:
            part = getattr(value, name)
            plain = type(part) in _PLAIN
            found[name] = part if plain else _FORMS[type(part)](part, everything)
        return found

    return form


def _default(field: dataclasses.Field[Any]) -> Any:
    made = field.default_factory
    return field.default if made is dataclasses.MISSING else made()


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, 64 hexadecimal digits; independent of key order."""
    return digest_of(canonical(value))


def digest_of(plain: Any) -> str:
    """`digest` of what is canonical already."""
    text = json.dumps(
        {"version": IDENTITY_VERSION, "value": plain},
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Lines ``path: old -> new`` for every leaf in which two canonical values differ."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            place = f"{path}.{key}" if path else key
            yield from differences(old.get(key), new.get(key), place)
    elif old != new:
        yield f"{path}: {json.dumps(old)} -> {json.dumps(new)}"
