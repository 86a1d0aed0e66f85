"""How values are written in a matrix, where they are not written as their Python type says.

Each such form stands here once: a size as ``2GiB``, seeds as a number or a list, a sampler by its
name alone. `FORMS` and `SHORT_FORMS` say which type of a setting has which form.

These models only guard the edge. A field that may be left out has None here; the real defaults lie
under the document as its lowest layer (`harness.config.layers`), so that every value has an origin.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, ClassVar, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_serializer,
    model_validator,
)
from pydantic.annotated_handlers import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from harness.core.curriculum import Curriculum
from harness.core.declarations import (
    MOST_SEEDS,
    MOST_TRIALS,
    Bytes,
    CampaignName,
    CostMultiple,
    DottedPath,
    RunCount,
    Seeds,
)
from harness.core.objectives import METRICS
from harness.core.scenario import Normalize, Score, Wrapper
from harness.core.search_settings import MAX, MIN, Component, Objective, Preference, Until
from harness.core.settings import Margin
from harness.errors import UsageError

__all__ = [
    "ABSENT",
    "FORMS",
    "SHORT_FORMS",
    "Arguments",
    "ComponentEntry",
    "Count",
    "CurriculumEntry",
    "LevelEntry",
    "Model",
    "Short",
    "Whole",
    "is_path_elsewhere",
    "key",
    "to_run_count",
    "to_whole",
]

ABSENT: Final[Any] = None
"""Stands for a key that is not written; null itself is accepted only where it means something."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LONGEST_NAME: Final = 100
"""Characters of a campaign's name; file systems allow 255 with what stands before and behind."""

_SEED_LIMIT: Final = 2**31
_NEAR: Final = re.compile(r"within (\d+(?:\.\d+)?) ?(%)? of the best")
_MARGIN: Final = re.compile(r"(\d+(?:\.\d+)?) ?%")
_UNITS: Final = {"MiB": 2**20, "GiB": 2**30, "MB": 10**6, "GB": 10**9}
_SIZE_LIMIT: Final = 2**60
_RUNS: Final = re.compile(r"([-+]?\d+(?:\.\d+)?) ?runs?")
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?) ?(MiB|GiB|MB|GB)")

_DEFAULT_COST_MULTIPLE: Final = 4.0
"""Multiple of the default's effort that `cost_aware: true` allows."""


class Model(BaseModel):
    """A mapping of known keys."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Short(Model):
    """A mapping that may be written shorter, as a value of one of the JSON types `short`."""

    short: ClassVar[tuple[str, ...]] = ("string",)

    @classmethod
    def expand(cls, value: Any) -> Any:
        """The mapping that a shorter form stands for; other values as they are."""
        return {"name": value} if isinstance(value, str) else value

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        return cls.expand(value)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        full = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [{"type": kind} for kind in cls.short] + [dict(full)]}


def key(description: str, *, unset: str = "none", default: Any = ABSENT, **bounds: Any) -> Any:
    """A key of a mapping.

    Args:
        description: One line.
        unset: What holds where it is left out, in words, for the documentation.
        default: Its value where it is left out; pass ``...`` for a key that must be there.
        bounds: Whatever pydantic's `Field` takes.
    """
    return Field(default, description=description, json_schema_extra={"unset": unset}, **bounds)


class ComponentEntry(Short):
    """A sampler, pruner or listener by name, with its options."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    name: str = key(
        "One of `harness list samplers`, `pruners` or `listeners`; a name alone may stand for the "
        "entry.",
        unset="required",
        default="",
    )

    @model_serializer(mode="plain")
    def _as_component(self) -> dict[str, Any]:
        return {"name": self.name, "options": dict(self.model_extra or {})}


class _NormalizeForm(Short):
    short = ("boolean",)

    @classmethod
    def expand(cls, value: Any) -> Any:
        return {"observation": value, "reward": value} if isinstance(value, bool) else value


class _WrapperForm(Short):
    @classmethod
    def expand(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str) else value


class _ScoreForm(Short):
    short = ("number",)

    @classmethod
    def expand(cls, value: Any) -> Any:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return {"value": value} if number else value


class _UntilForm(Short):
    short = ()

    @classmethod
    def expand(cls, value: Any) -> Any:
        if not isinstance(value, dict) or all(each is None for each in value.values()):
            raise PydanticCustomError(
                "until",
                "must be written `{plateau: 10}`, or with another rule: {rules}",
                {"rules": ", ".join(each.name for each in fields(Until))},
            )
        return value


class _ObjectiveForm(Short):
    @classmethod
    def expand(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = {"name": value}
        if not isinstance(value, dict):
            return value
        if "name" not in value and len(value) == 1:
            ((name, meaning),) = value.items()
            key_of = "direction" if isinstance(meaning, str) else "threshold"
            value = {"name": name, **(meaning if isinstance(meaning, dict) else {key_of: meaning})}
        name = str(value.get("name", ""))
        if ":" in name and value.get("direction") in {MAX, MIN}:
            return value
        metric = METRICS.get(name)
        if metric is None:
            raise PydanticCustomError(
                "objective",
                "must be one of {known}, or a function of yours with its direction, "
                "`{own}`; not `{name}`",
                {
                    "known": ", ".join(METRICS),
                    "name": name,
                    "own": "{FILE.py:FUNCTION: max}",
                },
            )
        if value.get("direction", MAX) not in {MAX, MIN}:
            text = "has the direction `max` or `min`, not `{word}`"
            raise PydanticCustomError("direction", text, {"word": str(value["direction"])})
        return {"direction": metric.direction, **value}


def _preference(value: Any) -> Any:
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


def _tolerance(text: Any) -> dict[str, Any]:
    match = _NEAR.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise PydanticCustomError(
            "limit", "must be written `within 5 % of the best` or `within 10 of the best`"
        )
    share = match[2] is not None
    return {"amount": float(match[1]) / (100 if share else 1), "is_share": share}


def _margin(value: Any) -> Any:
    """``5 %`` -> a share, a number -> returns; null for none."""
    if value is None:
        return None
    match = _MARGIN.fullmatch(value.strip()) if isinstance(value, str) else None
    amount = float(match[1]) / 100 if match else value
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 < amount < math.inf:
        raise PydanticCustomError(
            "margin", "must be a share such as `5 %`, or a number of returns, above 0"
        )
    if match and amount >= 1:
        raise PydanticCustomError("margin_share", "must be a share below 100 %")
    return {"amount": float(amount), "is_share": match is not None}


def to_whole(value: Any) -> Any:
    """`1e6` is written as a float and meant as a whole number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _seeds(value: Any) -> Any:
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


def _threshold(value: Any) -> Any:
    numbers = value if isinstance(value, list) else [value]
    if not numbers or not all(isinstance(n, int | float) and type(n) is not bool for n in numbers):
        raise PydanticCustomError("threshold", "must be a number, or a list with one per level")
    return value


def _cost_multiple(value: Any) -> Any:
    """`true` is a multiple that leaves most of a space in, `false` none."""
    if isinstance(value, bool):
        return _DEFAULT_COST_MULTIPLE if value else None
    if isinstance(value, int | float) and value <= 1:
        raise PydanticCustomError(
            "cost_aware", "must be true, false or a multiple of the default's effort above 1"
        )
    return float(value) if isinstance(value, int) else value


def to_run_count(value: Any) -> Any:
    """``60 runs`` or ``60`` -> 60.0; null for no budget."""
    match = _RUNS.fullmatch(value.strip()) if isinstance(value, str) else None
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


def _size(value: Any) -> Any:
    """``2GiB`` -> bytes; a bare number could mean anything."""
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
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
    """See that folders can have a name.

    Raises:
        UsageError: They cannot.
    """
    try:
        _campaign_name(name)
    except PydanticCustomError as error:
        raise UsageError(f"the campaign's name {error.message()}") from error


def _campaign_name(value: Any) -> Any:
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


Whole = Annotated[int, BeforeValidator(to_whole)]
Count = Annotated[int, Field(ge=1), BeforeValidator(to_whole)]
Threshold = Annotated[float | list[float], BeforeValidator(_threshold)]
Share = Annotated[float, Field(ge=0, le=1)]
Arguments = dict[str, Any]


class LevelEntry(Short):
    """An easier version of a scenario; a name alone stands for one of the scenario's own."""

    name: str = key(
        "Word for reports; the name of one of the scenario's own levels alone may stand for the "
        "entry.",
        unset="its arguments",
        default="",
    )
    arguments: Arguments = key(
        "Keyword arguments of the environment's constructor, over the scenario's.",
        unset="the named level's",
        min_length=1,
    )

    @model_validator(mode="after")
    def _something(self) -> LevelEntry:
        if not self.name and self.arguments is None:
            raise PydanticCustomError("level", "needs `arguments`, or the name of a level")
        return self


class CurriculumEntry(Short):
    """Levels to train on before the scenario itself; `true` takes its own, for equal shares."""

    short = ("boolean",)
    use: bool = key(
        "`false` for no curriculum; `true` or `false` alone may stand for the entry.",
        unset="`true`",
        default=True,
    )
    levels: list[LevelEntry] = key("The easiest first.", unset="the scenario's own", min_length=1)
    at: list[Share] = key(
        "Share of a training's steps at which each level is left, rising; with `threshold` at the "
        "latest, and none by default.",
        unset="equal shares",
    )
    threshold: Threshold = key(
        "Mean return at which a level is left: a number for all, or a list with one for each; "
        "needs `episodes` or `evaluations`."
    )
    episodes: Count = key(
        "How many training episodes, ended on the present level, that mean is taken over."
    )
    evaluations: Count = key(
        "How many evaluations since the level began it is taken over instead; these are on the "
        "scenario itself."
    )

    @classmethod
    def expand(cls, value: Any) -> Any:
        return {"use": value} if isinstance(value, bool) else value


FORMS: Final[dict[Any, Any]] = {
    Bytes: Annotated[
        int,
        BeforeValidator(_size),
        WithJsonSchema({"type": "string", "pattern": f"^{_SIZE.pattern}$"}),
    ],
    CampaignName: Annotated[str, BeforeValidator(_campaign_name)],
    CostMultiple | None: Annotated[
        float | None,
        BeforeValidator(_cost_multiple),
        WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "number", "exclusiveMinimum": 1}]}),
    ],
    DottedPath: Annotated[
        str, Field(pattern=r"^([^\W\d]\w*(\.[^\W\d]\w*)*[.:]|.+\.py:)[^\W\d]\w*$")
    ],
    RunCount | None: Annotated[
        float | None,
        BeforeValidator(to_run_count),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_TRIALS},
                    {"type": "string", "pattern": f"^{_RUNS.pattern}$"},
                ]
            }
        ),
    ],
    Seeds: Annotated[int | list[int], BeforeValidator(_seeds)],
    Component: ComponentEntry,
    Curriculum | None: CurriculumEntry,
    Margin | None: Annotated[
        dict[str, Any] | None,
        BeforeValidator(_margin),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "number", "exclusiveMinimum": 0},
                    {"type": "string", "pattern": f"^{_MARGIN.pattern}$"},
                ]
            }
        ),
    ],
    Preference | None: Annotated[
        dict[str, Any] | None,
        BeforeValidator(_preference),
        WithJsonSchema(
            {
                "type": "object",
                "properties": {"then": {"type": "string"}},
                "required": ["then"],
                "additionalProperties": {"type": "string", "pattern": f"^{_NEAR.pattern}$"},
            }
        ),
    ],
}
"""Type of a setting -> how it is written, for types that are not written as Python would."""

SHORT_FORMS: Final[Mapping[type, type[Model]]] = {
    Normalize: _NormalizeForm,
    Objective: _ObjectiveForm,
    Score: _ScoreForm,
    Until: _UntilForm,
    Wrapper: _WrapperForm,
}
"""Dataclass -> the base of its model, for those that have a short form."""
