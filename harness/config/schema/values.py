"""The scalars of a matrix: what a number, a size or a name may be."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.core.seeds import STRIDE

__all__ = [
    "Arguments",
    "Backend",
    "CostAware",
    "Count",
    "Envs",
    "Memory",
    "Name",
    "Positive",
    "Seed",
    "Seeds",
    "Share",
    "Threshold",
    "Whole",
]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SEED_LIMIT: Final = 2**31
_UNITS: Final = {"MiB": 2**20, "GiB": 2**30, "MB": 10**6, "GB": 10**9}
_MEMORY: Final = re.compile(r"(\d+(?:\.\d+)?) ?(MiB|GiB|MB|GB)")

_LONGEST: Final = 100
"""Characters of a campaign's name; file systems allow 255 with what stands before and behind."""

_DEARER: Final = 4.0
"""Multiple of the default's effort that `cost_aware: true` allows."""


def _whole(value: Any) -> Any:
    """`1e6` is written as a float and meant as a whole number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _seeds(value: Any) -> Any:
    counts = value if isinstance(value, list) else [value]
    if not all(isinstance(_whole(n), int) and not isinstance(n, bool) for n in counts):
        raise PydanticCustomError("seeds", "must be a number of seeds or a list of seeds")
    if isinstance(value, list) and not value:
        raise PydanticCustomError("seeds", "must name at least one seed")
    if isinstance(value, list) and not all(0 <= n < _SEED_LIMIT for n in value):
        raise PydanticCustomError("seeds", "must hold seeds from 0 to 2147483647")
    if not isinstance(value, list) and value < 1:
        raise PydanticCustomError("seeds", "must be at least 1")
    return [_whole(n) for n in value] if isinstance(value, list) else _whole(value)


def _threshold(value: Any) -> Any:
    numbers = value if isinstance(value, list) else [value]
    if not numbers or not all(isinstance(n, int | float) and type(n) is not bool for n in numbers):
        raise PydanticCustomError("threshold", "must be a number, or a list with one per level")
    return value


def _cost_aware(value: Any) -> Any:
    """`true` is a multiple that leaves most of a space in, `false` none."""
    if isinstance(value, bool):
        return _DEARER if value else None
    if isinstance(value, int | float) and value <= 1:
        raise PydanticCustomError(
            "cost_aware", "must be true, false or a multiple of the default's effort above 1"
        )
    return float(value) if isinstance(value, int) else value


def _memory(value: Any) -> Any:
    """``2GiB`` -> bytes; a bare number could mean anything."""
    found = _MEMORY.fullmatch(value) if isinstance(value, str) else None
    size = round(float(found[1]) * _UNITS[found[2]]) if found else 0
    if not size:
        raise PydanticCustomError("memory", "must be a size with its unit, e.g. `2GiB` or `500MB`")
    return size


def _name(value: Any) -> Any:
    if isinstance(value, str) and not _NAME.fullmatch(value):
        raise PydanticCustomError(
            "name",
            "must be made of letters, digits, `.`, `_` and `-`, not `{name}`: it names folders",
            {"name": value},
        )
    if isinstance(value, str) and len(value) > _LONGEST:
        raise PydanticCustomError(
            "long_name",
            "must have at most {most} characters, not {count}: it names folders",
            {"most": _LONGEST, "count": len(value)},
        )
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
Count = Annotated[int, Field(ge=1), BeforeValidator(_whole)]
Envs = Annotated[int, Field(ge=1, le=STRIDE), BeforeValidator(_whole)]
Seed = Annotated[int, Field(ge=0), BeforeValidator(_whole)]
Positive = Annotated[float, Field(gt=0)]
Threshold = Annotated[float | list[float], BeforeValidator(_threshold)]
Share = Annotated[float, Field(ge=0, le=1)]
Backend = Literal["auto", "sb3", "fast"]
Seeds = Annotated[int | list[int], BeforeValidator(_seeds)]
Memory = Annotated[
    int,
    BeforeValidator(_memory),
    WithJsonSchema({"type": "string", "pattern": f"^{_MEMORY.pattern}$"}),
]
CostAware = Annotated[
    float | None,
    BeforeValidator(_cost_aware),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "number", "exclusiveMinimum": 1}]}),
]
Name = Annotated[str, BeforeValidator(_name)]
Arguments = dict[str, Any]
