"""Identity: which fields make two configurations the same experiment, and its digest.

Every field of a value in `core` plays one of four roles. Fields without a mark are *identity*:
change one and the numbers may change. `LATER` fields are identity too, but came after the first
campaigns: at their default they are left out, so that what was run before keeps its digest.
`EXTENDABLE` fields may change between two runs of the same campaign, because a change only adds or
leaves out whole units. `RUNTIME` fields change no number.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
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

_COUNTS: Final = object()
_LEFT_OUT: Final = object()


def canonical(value: Any, *, everything: bool = False) -> Any:
    """Plain JSON data of a value: dataclasses become dictionaries, tuples lists, sets sorted lists.

    Args:
        value: Dataclasses, mappings, sequences, sets, enums and JSON scalars, nested at will.
        everything: Keep extendable and runtime fields too (for storing instead of comparing).

    Raises:
        TypeError: A part of the value has no JSON form.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, bool | int | float | str):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, set | frozenset):
        return sorted(canonical(list(value), everything=everything))
    # Thousands of returns and lengths need no call each.
    if isinstance(value, list | tuple):
        return [
            item if type(item) in _PLAIN else canonical(item, everything=everything)
            for item in value
        ]
    return {
        str(key): item if type(item) in _PLAIN else canonical(item, everything=everything)
        for key, item in _items(value, everything=everything)
    }


def _items(value: Any, *, everything: bool) -> Iterable[tuple[Any, Any]]:
    if type(value) is dict:
        return value.items()
    if hasattr(value, "to_json"):
        return _items(value.to_json(), everything=everything)
    if dataclasses.is_dataclass(value):
        kind: Any = type(value)
        parts = ((name, getattr(value, name), later) for name, later in _fields(kind))
        return [
            (name, part)
            for name, part, later in parts
            if everything or later is _COUNTS or (later is not _LEFT_OUT and part != later)
        ]
    if isinstance(value, Mapping):
        return value.items()
    raise TypeError(f"{type(value).__name__} has no JSON form: {value!r}")


@cache
def _fields(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    """Name of each field, and `_COUNTS`, `_LEFT_OUT` or the value at which it is left out."""
    found = []
    for field in dataclasses.fields(kind):
        role = field.metadata.get("role")
        later = _default(field) if role == LATER["role"] else _LEFT_OUT
        found.append((field.name, _COUNTS if role is None else later))
    return tuple(found)


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
