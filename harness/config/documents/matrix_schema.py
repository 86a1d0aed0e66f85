"""The shape of a matrix document, and its JSON Schema.

What a cell, a rung or an environment can be set to comes from the settings declared in `core`. Here
stands what only a document has: its lists, names, patterns and ranges.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, create_model, model_validator
from pydantic_core import PydanticCustomError

from harness.config.documents.derived_models import model_of, properties_of
from harness.config.documents.written_forms import Arguments, Model, Short, Whole, key
from harness.core.declarations import declaration_of, settings_of
from harness.core.matrix import Matrix
from harness.core.scenario import ActionKind, ObservationKind, Scenario, Score
from harness.core.settings import CellSettings, RunSettings


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


NETWORK_PARTS: Final = ("pi", "vf", "qf")
"""Networks of a learner that a range may describe each by itself."""


class LayersEntry(Model):
    """A network layer by layer."""

    layers: Annotated[list[Whole], BeforeValidator(_as_list)] = key(
        "How many hidden layers: a number, or the fewest and the most.",
        unset="required",
        default=...,
    )
    widths: Annotated[list[Whole], BeforeValidator(_as_list)] = key(
        "Widths that each of them may have.", unset="required", default=..., min_length=1
    )


class Range(Short):
    """Where a hyperparameter is searched; a value alone fixes it."""

    short = ("number", "string", "boolean", "null", "array")
    value: Any = key("The only value.", default=None)
    low: float = key("Lower bound.", unset="the algorithm's")
    high: float = key("Upper bound.", unset="the algorithm's")
    log: bool = key("Whether the logarithm is searched.", unset="the algorithm's")
    step: float = key("Only values so far from `low`, twice as far, and so on.", gt=0)
    choices: list[Any] = key("List of values; lists and null may be among them.", min_length=1)
    powers_of_two: list[Whole] = key(
        "Two powers of two: all between them.", min_length=2, max_length=2
    )
    optional: bool = key(
        "Whether no value at all (null) is tried too, by a switch `NAME.use`.",
        unset="true of `target_kl` and `clip_range_vf` without null among `choices`, else false",
    )
    when: dict[str, Any] = key(
        "Other hyperparameters and the value, or list of values, that each must have for this one "
        "to count.",
        unset="always",
        min_length=1,
    )
    target: str = key(
        "The hyperparameter or dotted argument that this range is for, under another name.",
        unset="the name",
        min_length=1,
    )
    range: str = key("Name of an entry of `ranges` that says the rest.", min_length=1)
    layers: Annotated[list[Whole], BeforeValidator(_as_list)] = key(
        "Of `net_arch`: how many hidden layers, a number, or the fewest and the most."
    )
    widths: Annotated[list[Whole], BeforeValidator(_as_list)] = key(
        "Of `net_arch`: widths that each layer may have.", min_length=1
    )
    pi: LayersEntry = key("Of `net_arch`: layers and widths of the policy alone.")
    vf: LayersEntry = key("Of `net_arch`: those of the value function.")
    qf: LayersEntry = key("Of `net_arch`: those of the action values.")

    @classmethod
    def expand(cls, value: object) -> object:
        return value if isinstance(value, dict) else {"value": value}

    @model_validator(mode="after")
    def _one_kind(self) -> Range:
        words = self.model_fields_set
        kinds: list[str] = [k for k in ("value", "choices", "powers_of_two") if k in words]
        kinds += ["low/high/log/step"] if words & {"low", "high", "log", "step"} else []
        kinds += ["layers/widths"] if words & {"layers", "widths", *NETWORK_PARTS} else []
        needs_kind = not words & {"optional", "when", "target", "range"}
        if len(kinds) > 1 or (needs_kind and not kinds):
            raise PydanticCustomError(
                "range",
                "must be one of: a value, low/high/log/step, choices, powers_of_two, "
                "layers/widths{written}",
                {"written": f"; not {' and '.join(kinds)}" if kinds else ""},
            )
        return self


class AlgorithmEntry(Short):
    """An algorithm, arguments fixed for all its variants, and changes to its space."""

    name: str = key(
        "One of `harness list algorithms`.", unset="required", default=..., min_length=1
    )
    arguments: Arguments = key(
        "Constructor arguments for every variant, the default included; they leave the search.",
        unset="`{}`",
    )
    space: dict[str, Range] = key("Ranges for this algorithm.", unset="the algorithm's")


class VariantEntry(Model):
    """A named configuration, tested beside `default` and `tuned`."""

    source: str = key("Where the configuration is from.", unset="empty", default="")
    arguments: dict[str, Arguments] = key(
        "By [cells](#which-cells), e.g. `ppo` or `ppo@CartPole-v1`: constructor arguments; the "
        "last that matches counts alone.",
        min_length=1,
    )
    from_file: str = key("A file written by `harness export --format json`, beside the matrix.")
    from_zoo: str = key(
        "A hyperparameter file of rl-baselines3-zoo, `hyperparams/ppo.yml`, or a folder of them, "
        "beside the matrix."
    )
    entry: str = key("The entry of `from_zoo` to take, if not the scenario's own.")
    of: str | int = key(
        "An ensemble instead of a configuration: `top 5` for the five best of the search and the "
        "confirm rung, which vote or, where actions are continuous, act by their mean."
    )

    @model_validator(mode="after")
    def _one_origin(self) -> VariantEntry:
        origins = (self.arguments, self.from_file, self.from_zoo, self.of)
        if sum(origin is not None for origin in origins) != 1:
            message = "needs one of `arguments`, `from_file`, `from_zoo` and `of`"
            raise PydanticCustomError("variant", message)
        return self


class Match(Short):
    """Which cells: ``algorithm@scenario``, or one of the two alone; with ``*`` and ``?``."""

    algorithm: str = key("Name or pattern.", unset="`*`", default="*")
    scenario: str = key("Name or pattern.", unset="`*`", default="*")

    @classmethod
    def expand(cls, value: object) -> object:
        """A text that is a pattern becomes an empty mapping; `CellPattern` reads the text."""
        if not isinstance(value, str):
            return value
        if not all(value.split("@", maxsplit=1)):
            raise PydanticCustomError(
                "match", "must be written as in `ppo@CartPole-v1`, `ppo@*`, `ppo` or `*`"
            )
        return {}


_CAMPAIGN: Final[dict[str, Any]] = dict(properties_of(Matrix))
_ENVIRONMENT: Final[dict[str, Any]] = dict(properties_of(Scenario))
_RUN: Final[dict[str, Any]] = dict(properties_of(RunSettings))
_CELL: Final[dict[str, Any]] = dict(properties_of(CellSettings, without=RunSettings))
_RUNGS: Final[dict[str, Any]] = {
    field.name: _CELL[field.name]
    for field in settings_of(CellSettings)
    if field.name in _CELL and not getattr(declaration_of(field), "cells_only", False)
}


class _ScenarioForm(Short):
    @classmethod
    def expand(cls, value: object) -> object:
        if isinstance(value, dict) and "env" in value:
            return {"name": value["env"], **value}
        return super().expand(value)


ScenarioEntry = create_model(
    "ScenarioEntry",
    __base__=_ScenarioForm,
    __doc__="A scenario and its settings.",
    name=(
        str,
        key(
            "A scenario (`harness list scenarios`), any registered Gymnasium id, an environment in "
            "a file, or `pettingzoo:<module>`, a game of several agents.",
            unset="the `env`, else required",
            default=...,
            min_length=1,
        ),
    ),
    env=(
        str,
        key(
            "Gymnasium id, `module:Id`, or `FILE.py:Name`, a class or function in a file beside "
            "the matrix or in the current folder.",
            unset="the name",
            min_length=1,
        ),
    ),
    **_ENVIRONMENT,
    arguments=(
        Arguments,
        key(
            "Keyword arguments of the environment's constructor; they mix with the scenario's; "
            "others than its own drop its scores; `{saved_model: FILE}` among them is a frozen "
            "opponent.",
            unset="the scenario's",
        ),
    ),
    imports=(
        list[str],
        key(
            "Modules that register the environment, installed or beside the matrix; or `FILE.py`.",
            unset="`[]`",
        ),
    ),
    action=(
        ActionKind,
        key("Kind of the action space; another than the environment's is refused.", unset="read"),
    ),
    observation=(
        ObservationKind,
        key(
            "Kind of the observations; another than the environment's is refused, but "
            "`vector` reads images without a convolution.",
            unset="read",
        ),
    ),
    random=(model_of(Score), key("Mean return of a random policy.", unset="the scenario's")),
    reference=(model_of(Score), key("A strong published return.", unset="the scenario's")),
)

Settings = create_model(
    "Settings",
    __base__=Model,
    __doc__="Everything about a cell that can be set.",
    **_ENVIRONMENT,
    env_arguments=(
        Arguments,
        key("Keyword arguments of the environment's constructor.", unset="as above"),
    ),
    arguments=(Arguments, key("Constructor arguments of the learner.", unset="as above")),
    space=(dict[str, Range], key("Ranges by hyperparameter.", unset="as above")),
    **_CELL,
    **_RUN,
)

Override = create_model(
    "Override",
    __base__=Settings,
    __doc__="Settings for the cells that match.",
    match=(Match, key("Which cells.", unset="required", default=...)),
)

Overlay = create_model(
    "Overlay",
    __base__=Model,
    __doc__="What a profile may lay over the document.",
    **_CAMPAIGN,
    **_RUN,
    scenarios=(
        list[ScenarioEntry],  # type: ignore[valid-type]
        key("Names, or mappings with settings."),
    ),
    algorithms=(list[AlgorithmEntry], key("Names, or mappings with settings.")),
    include=(
        list[Match],
        key("Cells beyond the product, written `algorithm@scenario`.", unset="`[]`"),
    ),
    exclude=(list[Match], key("Cells to leave out.", unset="`[]`")),
    overrides=(
        list[Override],  # type: ignore[valid-type]
        key("Settings for some cells, in order; later ones win.", unset="`[]`"),
    ),
    **_RUNGS,
    space=(
        dict[str, Range],
        key(
            "Ranges by hyperparameter, for all algorithms that have it.",
            unset="the scenario's and the algorithms' own",
        ),
    ),
    ranges=(
        dict[str, Range],
        key(
            "By name: ranges that entries of `space` share, each written `{range: NAME}` there.",
            unset="`{}`",
        ),
    ),
    variants=(
        dict[str, VariantEntry],
        key("Named configurations to test beside `default` and `tuned`.", unset="`{}`"),
    ),
)

Document = create_model(
    "Document",
    __base__=Overlay,
    __doc__="A benchmark matrix: scenarios x algorithms and the budgets of the rungs.",
    extends=(str, key("A matrix below this one: a path beside it, or `builtin:quick`.")),
    profiles=(
        dict[str, Overlay],  # type: ignore[valid-type]
        key(
            "By name: any of the keys above but `extends`, laid over the document by "
            "`--profile NAME`.",
            unset="`{}`",
        ),
    ),
)


def json_schema() -> dict[str, object]:
    """JSON Schema (draft 2020-12) of a matrix document, for editors."""
    schema: dict[str, Any] = _tidy(Document.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema


def _tidy(schema: object) -> Any:
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
        if key not in {"title", "default", "unset"}
    }
