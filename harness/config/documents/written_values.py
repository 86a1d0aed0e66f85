"""What a value that is written otherwise stands for: sizes, seeds, margins, names, checked."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from pydantic_core import PydanticCustomError

from harness.core.declarations import MOST_SEEDS, MOST_TRIALS
from harness.errors import UsageError

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LONGEST_NAME: Final = 100
"""Characters of a campaign's name; file systems allow 255 with what stands before and behind."""

_SEED_LIMIT: Final = 2**31
NEAR: Final = re.compile(r"within (\d+(?:\.\d+)?) ?(%)? of the best")
MARGIN: Final = re.compile(r"(\d+(?:\.\d+)?) ?%")
_UNITS: Final = {"MiB": 2**20, "GiB": 2**30, "MB": 10**6, "GB": 10**9}
_SIZE_LIMIT: Final = 2**60
RUNS: Final = re.compile(r"([-+]?\d+(?:\.\d+)?) ?runs?")
SIZE: Final = re.compile(r"(\d+(?:\.\d+)?) ?(MiB|GiB|MB|GB)")

_DEFAULT_COST_MULTIPLE: Final = 4.0
"""Multiple of the default's effort that `cost_aware: true` allows."""


def to_preference(value: object) -> object:
    """``{return: within 5 % of the best, then: effort}`` -> limits and what decides then."""
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("then"), str) or len(value) < 2:
        raise PydanticCustomError(
            "choose",
            "must be written `{return: within 5 % of the best, then: inference_time}`",
        )
    limits = {name: limit for name, limit in value.items() if name != "then"}
    return {"limits": {n: _tolerance(limit) for n, limit in limits.items()}, "then": value["then"]}


def _tolerance(text: object) -> dict[str, object]:
    match = NEAR.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise PydanticCustomError(
            "limit", "must be written `within 5 % of the best` or `within 10 of the best`"
        )
    share = match[2] is not None
    return {"amount": float(match[1]) / (100 if share else 1), "is_share": share}


def to_margin(value: object) -> object:
    """``5 %`` -> a share, a number -> returns; null for none."""
    if value is None:
        return None
    match = MARGIN.fullmatch(value.strip()) if isinstance(value, str) else None
    amount = float(match[1]) / 100 if match else value
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 < amount < math.inf:
        raise PydanticCustomError(
            "margin", "must be a share such as `5 %`, or a number of returns, above 0"
        )
    if match and amount >= 1:
        raise PydanticCustomError("margin_share", "must be a share below 100 %")
    return {"amount": float(amount), "is_share": match is not None}


def to_whole(value: object) -> object:
    """`1e6` is written as a float and meant as a whole number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def to_seeds(value: Any) -> Any:
    counts = value if isinstance(value, list) else [value]
    if not all(isinstance(to_whole(n), int) and not isinstance(n, bool) for n in counts):
        raise PydanticCustomError("seeds", "must be a number of seeds or a list of seeds")
    if (len(value) if isinstance(value, list) else value) > MOST_SEEDS:
        raise PydanticCustomError("many_seeds", f"must be {MOST_SEEDS:,} seeds at most")
    if isinstance(value, list) and not value:
        raise PydanticCustomError("seeds", "must name at least one seed")
    if isinstance(value, list) and not all(0 <= n < _SEED_LIMIT for n in value):
        raise PydanticCustomError("seeds", "must hold seeds from 0 to 2147483647")
    if not isinstance(value, list) and value < 1:
        raise PydanticCustomError("seeds", "must be at least 1")
    return [to_whole(n) for n in value] if isinstance(value, list) else to_whole(value)


def to_threshold(value: object) -> object:
    numbers = value if isinstance(value, list) else [value]
    if not numbers or not all(isinstance(n, int | float) and type(n) is not bool for n in numbers):
        raise PydanticCustomError("threshold", "must be a number, or a list with one per level")
    return value


def to_cost_multiple(value: object) -> object:
    """`true` is a multiple that leaves most of a space in, `false` none."""
    if isinstance(value, bool):
        return _DEFAULT_COST_MULTIPLE if value else None
    if isinstance(value, int | float) and value <= 1:
        raise PydanticCustomError(
            "cost_aware", "must be true, false or a multiple of the default's effort above 1"
        )
    return float(value) if isinstance(value, int) else value


def to_run_count(value: object) -> Any:
    """``60 runs`` or ``60`` -> 60.0; null for no budget."""
    match = RUNS.fullmatch(value.strip()) if isinstance(value, str) else None
    number = float(match[1]) if match else value
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise PydanticCustomError("budget", "must be a number of runs, e.g. `60 runs`")
    if not 0 < number <= MOST_TRIALS:
        raise PydanticCustomError(
            "budget_size",
            "must be above 0 and at most {most} runs, not {number}",
            {"most": f"{MOST_TRIALS:,}", "number": f"{number:g}"},
        )
    return float(number)


def to_size(value: object) -> object:
    """``2GiB`` -> bytes; a bare number could mean anything."""
    match = SIZE.fullmatch(value) if isinstance(value, str) else None
    size = float(match[1]) * _UNITS[match[2]] if match else 0
    if not 1 <= size < _SIZE_LIMIT:
        raise PydanticCustomError("memory", "must be a size with its unit, e.g. `2GiB` or `500MB`")
    return round(size)


_DEVICE: Final = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
"""What Windows takes for a device, whatever stands behind a dot."""


def is_path_elsewhere(name: str) -> bool:
    """Whether a path made of a name would lead out of its folder, or to no file on some disks."""
    parts = name.split("/")
    return (
        "\\" in name
        or not {"", ".", ".."}.isdisjoint(parts)
        or any(_DEVICE.fullmatch(part) for part in parts)
    )


def check_campaign_name(name: str) -> None:
    """Check that a folder can have this name.

    Raises:
        UsageError: They cannot.
    """
    try:
        to_campaign_name(name)
    except PydanticCustomError as error:
        raise UsageError(f"the campaign's name {error.message()}") from error


def to_campaign_name(value: object) -> object:
    if isinstance(value, str) and not _NAME.fullmatch(value):
        raise PydanticCustomError(
            "name",
            "must be made of letters, digits, `.`, `_` and `-`, not `{name}`: it names folders",
            {"name": value},
        )
    if isinstance(value, str) and is_path_elsewhere(value):
        raise PydanticCustomError(
            "device",
            "must not be `{name}`: it names folders, and some systems have a device of that name",
            {"name": value},
        )
    if isinstance(value, str) and len(value) > _LONGEST_NAME:
        raise PydanticCustomError(
            "long_name",
            "must have at most {most} characters, not {count}: it names folders",
            {"most": _LONGEST_NAME, "count": len(value)},
        )
    return value
