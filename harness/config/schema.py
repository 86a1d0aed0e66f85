"""The shape of a matrix document: what may be written, and in which short forms.

These models only guard the edge. A field that may be left out has None here; the real defaults
lie under the document as its lowest layer (`layers.py`), so that every value has an origin.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic.annotated_handlers import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from harness.core.seeds import STRIDE

__all__ = [
    "ALTERNATIVES",
    "AlgorithmEntry",
    "CurriculumEntry",
    "Document",
    "LevelEntry",
    "Match",
    "Range",
    "ScenarioEntry",
    "Settings",
    "json_schema",
]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SEED_LIMIT: Final = 2**31
_UNITS: Final = {"MiB": 2**20, "GiB": 2**30, "MB": 10**6, "GB": 10**9}
_MEMORY: Final = re.compile(r"(\d+(?:\.\d+)?) ?(MiB|GiB|MB|GB)")


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
        return DEARER if value else None
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
    if isinstance(value, str) and len(value) > LONGEST:
        raise PydanticCustomError(
            "long_name",
            "must have at most {most} characters, not {count}: it names folders",
            {"most": LONGEST, "count": len(value)},
        )
    return value


LONGEST: Final = 100
"""Characters of a campaign's name; file systems allow 255 with what stands before and behind."""


DEARER: Final = 4.0
"""Multiple of the default's effort that `cost_aware: true` allows."""

ABSENT: Final[Any] = None
"""Stands for a key that is not written; null itself is accepted only where it means something."""

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


class Normalization(Short):
    """Running normalisation in training; `true` means both."""

    short = ("boolean",)
    observation: bool = False
    reward: bool = False

    @classmethod
    def expand(cls, value: Any) -> Any:
        return {"observation": value, "reward": value} if isinstance(value, bool) else value


class LevelEntry(Short):
    """An easier version of a scenario; a name alone stands for one of the scenario's own."""

    name: str = Field("", description="For reports; its arguments by default.")
    arguments: Arguments = Field(
        ABSENT, min_length=1, description="For the environment's constructor."
    )

    @model_validator(mode="after")
    def _something(self) -> LevelEntry:
        if not self.name and self.arguments is None:
            raise PydanticCustomError("level", "needs `arguments`, or the name of a level")
        return self


class CurriculumEntry(Short):
    """Levels to train on before the scenario itself; `true` takes its own, for equal shares."""

    short = ("boolean",)
    use: bool = Field(True, description="Whether to have one.")
    levels: list[LevelEntry] = Field(ABSENT, min_length=1, description="The easiest first.")
    at: list[Share] = Field(
        ABSENT, description="Share of the steps at which each is left at the latest."
    )
    threshold: Threshold = Field(
        ABSENT, description="Mean return at which a level is left, or one for each."
    )
    episodes: Count = Field(ABSENT, description="Training episodes that mean is taken over.")
    evaluations: Count = Field(ABSENT, description="Evaluations it is taken over instead.")

    @classmethod
    def expand(cls, value: Any) -> Any:
        return {"use": value} if isinstance(value, bool) else value


class WrapperEntry(Short):
    """A `gymnasium.Wrapper` by dotted path, with keyword arguments."""

    path: str = Field(pattern=r"^[^\W\d]\w*(\.[^\W\d]\w*)*[.:][^\W\d]\w*$")
    arguments: Arguments = {}

    @classmethod
    def expand(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str) else value


class ScoreEntry(Short):
    """A mean return and where it comes from; a number alone has no source."""

    short = ("number",)
    value: float
    source: str = ""

    @classmethod
    def expand(cls, value: Any) -> Any:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return {"value": value} if number else value


class ComponentEntry(Short):
    """A sampler or pruner by name, with its options."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    name: str = ""


class SearchEntry(Model):
    """Budget of the search rung."""

    trials: Count = Field(ABSENT, description="Trials in all, the library default included.")
    steps: Count = Field(ABSENT, description="Environment steps of one trial.")
    evals: Count = Field(ABSENT, description="Evaluations per trial, evenly spaced.")
    episodes: Count = Field(ABSENT, description="Episodes per evaluation.")
    in_flight: Count = Field(ABSENT, description="Trials open at once.")
    sampler: ComponentEntry = ABSENT
    pruner: ComponentEntry = ABSENT
    cost_aware: CostAware = Field(
        ABSENT, description="Pass over trials dearer than 4 times the default, or another multiple."
    )
    first: list[dict[str, Any]] = Field(
        ABSENT, description="Known configurations, tried right after the default."
    )


class ConfirmEntry(Model):
    """Budget of the confirm rung."""

    top: Count = Field(ABSENT, description="Configurations taken from the search.")
    seeds: Seeds = Field(ABSENT, description="How many seeds, or the seeds themselves.")


class AdaptiveEntry(Model):
    """A rule that adds seeds to the cells that are not decided."""

    start: Count = Field(ABSENT, description="Seeds of the first look.")
    step: Count = Field(ABSENT, description="Seeds added before every later look.")
    max: Count = Field(ABSENT, description="Seeds at most.")


ALTERNATIVES: Final = ("<seeds>", "<rule>")
"""What a validator calls the forms of `HeldOut` in the places of its errors."""

HeldOut = Annotated[
    Annotated[Seeds, Tag(ALTERNATIVES[0])] | Annotated[AdaptiveEntry, Tag(ALTERNATIVES[1])],
    Discriminator(lambda given: ALTERNATIVES[isinstance(given, dict | AdaptiveEntry)]),
]


class TestEntry(Model):
    """Budget of the test rung."""

    __test__ = False  # not a pytest class

    seeds: HeldOut = Field(
        ABSENT, description="How many seeds, the seeds themselves, or a rule that adds them."
    )
    steps: Count = Field(ABSENT, description="Environment steps of one run.")
    evals: Count = Field(ABSENT, description="Evaluations per run.")
    episodes: Count = Field(ABSENT, description="Episodes per evaluation.")
    variants: list[str] = Field(ABSENT, description="`default`, `tuned` and names from `variants`.")


class TransferEntry(Model):
    """Budget of the transfer rung."""

    seeds: Seed = Field(ABSENT, description="How many seeds; 0 for no such rung.")


class ResourcesEntry(Model):
    """What one training run occupies while it runs."""

    cpus: Positive = Field(ABSENT, description="Worker slots here, CPU cores on a cluster.")
    gpus: Share = Field(ABSENT, description="Share of a GPU; above 0, training is on the GPU.")


class Range(Short):
    """Where a hyperparameter is searched; a value alone fixes it."""

    short = ("number", "string", "boolean", "null", "array")
    value: Any = None
    low: float = ABSENT
    high: float = ABSENT
    log: bool = ABSENT
    choices: list[Any] = Field(ABSENT, min_length=1)
    powers_of_two: list[Whole] = Field(ABSENT, min_length=2, max_length=2)

    @classmethod
    def expand(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"value": value}

    @model_validator(mode="after")
    def _one_kind(self) -> Range:
        given = self.model_fields_set
        kinds: list[str] = [k for k in ("value", "choices", "powers_of_two") if k in given]
        kinds += ["low/high/log"] if given & {"low", "high", "log"} else []
        if len(kinds) != 1:
            raise PydanticCustomError(
                "range",
                "must be one of: a value, low/high/log, choices, powers_of_two{given}",
                {"given": f"; not {' and '.join(kinds)}" if kinds else ""},
            )
        return self


class Settings(Model):
    """Everything about a cell that can be set; an override is one of these for some cells."""

    n_envs: Envs = Field(ABSENT, description="Parallel training environments.")
    normalize: Normalization = ABSENT
    max_episode_steps: Count | None = Field(ABSENT, description="Time limit in steps.")
    wrappers: list[WrapperEntry] = ABSENT
    training_wrappers: list[WrapperEntry] = Field(ABSENT, description="Over those, in training.")
    curriculum: CurriculumEntry = ABSENT
    env_arguments: Arguments = Field(ABSENT, description="For the environment's constructor.")
    arguments: Arguments = Field(ABSENT, description="For the learner's constructor.")
    space: dict[str, Range] = ABSENT
    search: SearchEntry = ABSENT
    confirm: ConfirmEntry = ABSENT
    test: TestEntry = ABSENT
    transfer: TransferEntry = ABSENT
    threads: Count = Field(ABSENT, description="Torch threads of one run.")
    backend: Backend = Field(ABSENT, description="What trains: auto, sb3 or fast.")
    timeout: Positive | None = Field(ABSENT, description="Seconds after which a run is ended.")
    memory: Memory | None = Field(ABSENT, description="Resident memory above which it is ended.")
    resources: ResourcesEntry = ABSENT
    baseline: float | None = Field(ABSENT, description="A return you already have.")


class Match(Short):
    """Which cells: ``algorithm@scenario``, both with ``*`` and ``?``."""

    algorithm: str = "*"
    scenario: str = "*"

    @classmethod
    def expand(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        algorithm, at, scenario = value.partition("@")
        if not (algorithm and at and scenario):
            raise PydanticCustomError("match", "must be written `algorithm@scenario`")
        return {"algorithm": algorithm, "scenario": scenario}


class Override(Settings):
    """Settings for the cells that match."""

    match: Match


class ScenarioEntry(Short):
    """A scenario and its settings."""

    name: str = Field(min_length=1)
    env: str = Field(ABSENT, description="Gymnasium id, if the name is another.")
    n_envs: Envs = ABSENT
    normalize: Normalization = ABSENT
    wrappers: list[WrapperEntry] = ABSENT
    training_wrappers: list[WrapperEntry] = Field(ABSENT, description="Over those, in training.")
    max_episode_steps: Count | None = None
    curriculum: CurriculumEntry = ABSENT
    arguments: Arguments = Field(ABSENT, description="For the environment's constructor.")
    imports: list[str] = Field(ABSENT, description="Modules that register the environment.")
    action: Literal["Discrete", "Box", "MultiDiscrete", "MultiBinary"] = Field(
        ABSENT, description="Kind of the action space, where a wrapper changes it."
    )
    observation: Literal["vector", "image", "dict"] = Field(
        ABSENT, description="Kind of the observations, where a wrapper changes it."
    )
    random: ScoreEntry = Field(ABSENT, description="Mean return of a random policy.")
    reference: ScoreEntry = Field(ABSENT, description="A strong published return.")


class AlgorithmEntry(Short):
    """An algorithm, arguments fixed for all its variants, and changes to its space."""

    name: str = Field(min_length=1)
    arguments: Arguments = ABSENT
    space: dict[str, Range] = ABSENT


class VariantEntry(Model):
    """A named configuration, tested beside `default` and `tuned`."""

    source: str = Field("", description="Where it is from.")
    arguments: dict[str, Arguments] = Field(
        ABSENT, description="Algorithm or `algorithm@scenario` -> constructor arguments."
    )
    from_file: str = Field(ABSENT, description="JSON written by `harness export`.")

    @model_validator(mode="after")
    def _one_origin(self) -> VariantEntry:
        if (self.arguments is None) == (self.from_file is None):
            raise PydanticCustomError("variant", "needs either `arguments` or `from_file`")
        return self


class Overlay(Model):
    """What a profile may lay over the document."""

    name: Name = Field(ABSENT, description="The campaign's name; the file's by default.")
    seed: Seed = Field(ABSENT, description="The campaign seed.")
    threads: Count = Field(ABSENT, description="Torch threads of one run.")
    backend: Backend = Field(ABSENT, description="What trains: auto, sb3 or fast.")
    timeout: Positive | None = Field(ABSENT, description="Seconds after which a run is ended.")
    memory: Memory | None = Field(ABSENT, description="Resident memory above which it is ended.")
    resources: ResourcesEntry = ABSENT
    scenarios: list[ScenarioEntry] = ABSENT
    algorithms: list[AlgorithmEntry] = ABSENT
    include: list[Match] = Field(ABSENT, description="Cells beyond the product.")
    exclude: list[Match] = Field(ABSENT, description="Cells to leave out of the product.")
    overrides: list[Override] = Field(ABSENT, description="In order; later ones win.")
    search: SearchEntry = ABSENT
    confirm: ConfirmEntry = ABSENT
    test: TestEntry = ABSENT
    transfer: TransferEntry = ABSENT
    space: dict[str, Range] = Field(ABSENT, description="For all algorithms that have it.")
    variants: dict[str, VariantEntry] = ABSENT


class Document(Overlay):
    """A benchmark matrix: scenarios x algorithms and the budgets of the rungs."""

    extends: str = Field(ABSENT, description="A matrix below this one: path or builtin:name.")
    profiles: dict[str, Overlay] = Field(ABSENT, description="Laid over by `--profile`.")


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a matrix document, for editors."""
    schema: dict[str, Any] = _tidy(Document.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema


def _tidy(schema: Any) -> Any:
    """The schema without titles and defaults, which say nothing here."""
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _tidy(field) for name, field in value.items()}
        if key in {"properties", "$defs"}
        else _tidy(value)
        for key, value in schema.items()
        if key not in {"title", "default"}
    }
