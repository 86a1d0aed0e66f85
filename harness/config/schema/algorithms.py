"""An algorithm in a matrix: its hyperparameters, their ranges, and variants from elsewhere."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from harness.config.schema.model import ABSENT, Model, Short
from harness.config.schema.values import Arguments, Whole

__all__ = ["AlgorithmEntry", "Range", "VariantEntry"]


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
