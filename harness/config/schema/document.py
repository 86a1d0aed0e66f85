"""The whole matrix, and its JSON Schema."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from harness.config.schema.algorithms import AlgorithmEntry, Range, VariantEntry
from harness.config.schema.cells import Match, Override, ResourcesEntry
from harness.config.schema.model import ABSENT, Model
from harness.config.schema.rungs import ConfirmEntry, SearchEntry, TestEntry, TransferEntry
from harness.config.schema.scenarios import ScenarioEntry
from harness.config.schema.values import Backend, Count, Memory, Name, Positive, Seed

__all__ = ["Document", "json_schema"]


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
