"""How values are written in a matrix, where they are not written as their Python type says.

Each such form stands here once: a size as ``2GiB``, seeds as a number or a list, a sampler by its
name alone. `FORMS` and `SHORT_FORMS` say which type of a setting has which form.

These models only guard the edge. A field that may be left out has None here; the real defaults lie
under the document as its lowest layer (`harness.config.documents.layers`), so that every value has
an origin.
"""

from __future__ import annotations

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

from harness.config.documents.written_values import (
    MARGIN,
    NEAR,
    RUNS,
    SIZE,
    to_campaign_name,
    to_cost_multiple,
    to_margin,
    to_preference,
    to_run_count,
    to_seeds,
    to_size,
    to_threshold,
    to_whole,
)
from harness.core.arguments import is_number
from harness.core.curriculum import Curriculum
from harness.core.declarations import (
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

ABSENT: Final[Any] = None
"""Stands for a key that is not written; null itself is accepted only where it means something."""


class Model(BaseModel):
    """A mapping of known keys."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Short(Model):
    """A mapping that may be written shorter, as a value of one of the JSON types `short`."""

    short: ClassVar[tuple[str, ...]] = ("string",)

    @classmethod
    def expand(cls, value: object) -> object:
        """The mapping that a shorter form stands for; other values as they are."""
        return {"name": value} if isinstance(value, str) else value

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: object) -> object:
        return cls.expand(value)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        full = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [{"type": kind} for kind in cls.short] + [dict(full)]}


def key(description: str, *, unset: str = "none", default: object = ABSENT, **bounds: Any) -> Any:
    """A key of a mapping.

    Args:
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
    def _as_component(self) -> dict[str, object]:
        return {"name": self.name, "options": dict(self.model_extra or {})}


class _NormalizeForm(Short):
    short = ("boolean",)

    @classmethod
    def expand(cls, value: object) -> object:
        return {"observation": value, "reward": value} if isinstance(value, bool) else value


class _WrapperForm(Short):
    @classmethod
    def expand(cls, value: object) -> object:
        return {"path": value} if isinstance(value, str) else value


class _ScoreForm(Short):
    short = ("number",)

    @classmethod
    def expand(cls, value: object) -> object:
        return {"value": value} if is_number(value) else value


class _UntilForm(Short):
    short = ()

    @classmethod
    def expand(cls, value: object) -> object:
        if not isinstance(value, dict) or all(each is None for each in value.values()):
            raise PydanticCustomError(
                "until",
                "must be written `{plateau: 10}`, or with another rule: {rules}",
                {"rules": ", ".join(each.name for each in fields(Until))},
            )
        return value


class _ObjectiveForm(Short):
    @classmethod
    def expand(cls, value: object) -> object:
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


Whole = Annotated[int, BeforeValidator(to_whole)]
Count = Annotated[int, Field(ge=1), BeforeValidator(to_whole)]
Threshold = Annotated[float | list[float], BeforeValidator(to_threshold)]
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
    def expand(cls, value: object) -> object:
        return {"use": value} if isinstance(value, bool) else value


FORMS: Final[dict[Any, Any]] = {
    Bytes: Annotated[
        int,
        BeforeValidator(to_size),
        WithJsonSchema({"type": "string", "pattern": f"^{SIZE.pattern}$"}),
    ],
    CampaignName: Annotated[str, BeforeValidator(to_campaign_name)],
    CostMultiple | None: Annotated[
        float | None,
        BeforeValidator(to_cost_multiple),
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
                    {"type": "string", "pattern": f"^{RUNS.pattern}$"},
                ]
            }
        ),
    ],
    Seeds: Annotated[int | list[int], BeforeValidator(to_seeds)],
    Component: ComponentEntry,
    Curriculum | None: CurriculumEntry,
    Margin | None: Annotated[
        dict[str, Any] | None,
        BeforeValidator(to_margin),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "number", "exclusiveMinimum": 0},
                    {"type": "string", "pattern": f"^{MARGIN.pattern}$"},
                ]
            }
        ),
    ],
    Preference | None: Annotated[
        dict[str, Any] | None,
        BeforeValidator(to_preference),
        WithJsonSchema(
            {
                "type": "object",
                "properties": {"then": {"type": "string"}},
                "required": ["then"],
                "additionalProperties": {"type": "string", "pattern": f"^{NEAR.pattern}$"},
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
