"""What all mappings of a matrix have in common.

These models only guard the edge. A field that may be left out has None here; the real defaults
lie under the document as its lowest layer (`config/layers.py`), so that every value has an origin.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.annotated_handlers import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

__all__ = ["ABSENT", "Model", "Short"]

ABSENT: Final[Any] = None
"""Stands for a key that is not written; null itself is accepted only where it means something."""


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
