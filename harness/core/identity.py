"""Identity: which fields make two values the same experiment; their JSON form and its digest.

Every field of a value in `core` has one of three roles:

- *identity*: change it and the numbers may change. Fields without a mark are identity.
- *extendable*: it may change between two executions of the same campaign, because a change only
  adds or leaves out whole runs.
- *runtime*: it changes no number.

`canonical` turns a value into plain JSON data and `decode` turns that data back into the value.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, StrEnum
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints


class Role(StrEnum):
    """What a change of a field means for results that exist already."""

    IDENTITY = "identity"
    EXTENDABLE = "extendable"
    RUNTIME = "runtime"


EXTENDABLE: Final[Mapping[str, Role]] = MappingProxyType({"role": Role.EXTENDABLE})
RUNTIME: Final[Mapping[str, Role]] = MappingProxyType({"role": Role.RUNTIME})
"""Metadata of a dataclass field with that role."""

SPARSE: Final = "sparse"
"""Metadata of an identity field that is left out where it has its default.

So a campaign that knows nothing of it is the same experiment as before there was such a field.
"""

_SCALARS: Final = frozenset({NoneType, bool, int, float, str})


def role_of(field: dataclasses.Field[object]) -> Role:
    """The role of a dataclass field."""
    return Role(field.metadata.get("role", Role.IDENTITY))


def canonical(value: object, *, everything: bool = False) -> Any:
    """Plain JSON data of a value: dataclasses become dictionaries, tuples lists, sets sorted lists.

    Args:
        value: Dataclasses, mappings, sequences, sets, enums and JSON scalars, nested at will. A
            class with a method ``to_json`` gives its own form.
        everything: Keep extendable and runtime fields too (for storing instead of comparing).

    Raises:
        TypeError: A part of the value has no JSON form.
    """
    kind: Any = type(value)
    return _encoder(kind, everything)(value)


@cache
def _encoder(kind: Any, everything: bool) -> Callable[[Any], Any]:
    """What brings values of a type into canonical form; to look at each value would cost more."""
    if issubclass(kind, Enum | bool | int | float | str | NoneType):
        return lambda value: value.value if isinstance(value, Enum) else value
    if hasattr(kind, "to_json"):
        return lambda value: canonical(value.to_json(), everything=everything)
    if dataclasses.is_dataclass(kind):
        return _dataclass_encoder(kind, everything)
    if issubclass(kind, Mapping):
        return lambda value: {
            str(key): _encode(part, everything=everything) for key, part in value.items()
        }
    if issubclass(kind, list | tuple | set | frozenset):
        collect = sorted if issubclass(kind, set | frozenset) else list
        return lambda value: collect(_encode(part, everything=everything) for part in value)
    return _refuse


def _encode(part: object, *, everything: bool) -> Any:
    # Thousands of returns and lengths need no search for an encoder each.
    kind: Any = type(part)
    return part if kind in _SCALARS else _encoder(kind, everything)(part)


def _refuse(value: object) -> object:
    raise TypeError(f"{type(value).__name__} has no JSON form: {value!r}")


def default_of(field: dataclasses.Field[object]) -> object:
    """Of a dataclass' field; `dataclasses.MISSING` where it has none."""
    make = field.default_factory
    return field.default if make is dataclasses.MISSING else make()


def _dataclass_encoder(kind: Any, everything: bool) -> Callable[[object], object]:
    fields = [
        field for field in dataclasses.fields(kind) if everything or role_of(field) is Role.IDENTITY
    ]
    names = [field.name for field in fields]
    rare = () if everything else [field for field in fields if field.metadata.get(SPARSE)]
    sparse = [(field.name, default_of(field)) for field in rare]

    def encode_fields(value: object) -> dict[str, object]:
        unset = {name for name, default in sparse if getattr(value, name) == default}
        return {
            name: _encode(getattr(value, name), everything=everything)
            for name in names
            if name not in unset
        }

    return encode_fields


def decode(kind: object, data: object) -> Any:
    """The value of a type that plain JSON data stands for: the inverse of `canonical`.

    Args:
        kind: A dataclass, an enum, a scalar, or a type made of these with ``tuple[T, ...]``,
            ``tuple[A, B]``, ``frozenset[T]``, ``Mapping[K, T]`` and unions. Of a union's members
            the one that fits the data is taken: a dataclass or mapping for an object, a tuple for a
            list. A class with a classmethod ``from_json`` reads its own form.
        data: What `canonical` with `everything` gives. Fields that are not in an object keep
            their defaults.

    Raises:
        TypeError: An object has unknown fields or lacks one without a default, or the data cannot
            stand for the type.
        ValueError: The data is no value of an enum.
    """
    return _decoder(kind)(data)


@cache
def _decoder(kind: Any) -> Callable[[Any], Any]:
    if get_origin(kind) is Annotated:
        return _decoder(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        return _union_decoder(get_args(kind))
    if get_origin(kind) not in {None, Literal}:
        return _collection_decoder(get_origin(kind), get_args(kind))
    if hasattr(kind, "from_json"):
        decoder: Callable[[object], object] = kind.from_json
        return decoder
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _dataclass_decoder(kind)
    # A kind of text, as `Variant`, is made from it; scalars are their own JSON.
    is_text = isinstance(kind, type) and kind not in _SCALARS and issubclass(kind, Enum | str)
    return kind if is_text else lambda data: data


def _collection_decoder(origin: Any, arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    decoders = [_decoder(argument) for argument in arguments if argument is not Ellipsis]
    if origin is tuple and Ellipsis not in arguments:
        return lambda data: tuple(
            decoder(part) for decoder, part in zip(decoders, data, strict=True)
        )
    if issubclass(origin, Mapping):
        key, value = decoders
        return lambda data: {key(name): value(part) for name, part in data.items()}
    return lambda data: origin(map(decoders[0], data))


def _union_decoder(members: tuple[object, ...]) -> Callable[[object], object]:
    def decode_member(data: object) -> object:
        for member in members:
            if _fits(member, data):
                return _decoder(member)(data)
        words = " or ".join(str(getattr(member, "__name__", member)) for member in members)
        raise TypeError(f"{data!r} stands for no {words}")

    return decode_member


def _fits(member: object, data: object) -> bool:
    """Whether JSON data is of the kind in which a type is written."""
    while get_origin(member) is Annotated:
        member = get_args(member)[0]
    kind = get_origin(member) or member
    if not isinstance(kind, type):
        return True  # a literal
    if dataclasses.is_dataclass(kind) or hasattr(kind, "from_json") or issubclass(kind, Mapping):
        return isinstance(data, Mapping)
    if issubclass(kind, Enum):
        return data in [each.value for each in kind]
    if issubclass(kind, tuple | list | set | frozenset):
        return isinstance(data, list | tuple)
    if kind is float:
        return isinstance(data, int | float) and not isinstance(data, bool)
    return type(data) is (str if issubclass(kind, str) else kind)


def _dataclass_decoder(kind: Any) -> Callable[[object], object]:
    hints = get_type_hints(kind, include_extras=True)
    names = [field.name for field in dataclasses.fields(kind)]

    def decode_fields(data: Any) -> object:
        unknown = sorted(set(data) - set(names))
        if unknown:
            raise TypeError(f"{kind.__name__} has no field {', '.join(unknown)}")
        return kind(**{name: _decoder(hints[name])(data[name]) for name in names if name in data})

    return decode_fields


def extendable(value: Any) -> dict[str, Any]:
    """The extendable fields of a dataclass and of the dataclasses in it, as plain JSON data."""
    parts: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        part, role = getattr(value, field.name), role_of(field)
        if role is Role.EXTENDABLE:
            parts[field.name] = canonical(part)
        if role is not Role.RUNTIME and dataclasses.is_dataclass(part):
            below = parts.get(field.name, {}) | extendable(part)
            parts |= {field.name: below} if below else {}
    return parts


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON, 64 hexadecimal digits; independent of key order."""
    return digest_of(canonical(value))


def digest_of(data: object) -> str:
    """`digest` of what is canonical already."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def differences(old: object, new: object, path: str = "") -> Iterator[str]:
    """Lines ``path: old -> new`` for every leaf in which two canonical values differ.

    Lists of objects with names are compared name by name.
    """
    by_name = _by_name(old), _by_name(new)
    if old != new and None not in by_name:
        yield from (
            differences(*by_name, path) if by_name[0] != by_name[1] else [f"{path}: other order"]
        )
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            below = f"{path}.{key}" if path else key
            yield from differences(old.get(key), new.get(key), below)
    elif old != new:
        yield f"{path}: {json.dumps(old)} -> {json.dumps(new)}"


def _by_name(values: object) -> dict[str, object] | None:
    """Name -> object of a list; None of anything else."""
    if not isinstance(values, list | tuple):
        return None
    if not all(isinstance(each, Mapping) and isinstance(each.get("name"), str) for each in values):
        return None
    by_name = {each["name"]: each for each in values}
    return by_name if values and len(by_name) == len(values) else None
