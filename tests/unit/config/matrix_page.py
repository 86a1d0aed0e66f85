"""The tables of docs/matrix.md, from what the settings declare.

``python tests/unit/config/matrix_page.py`` writes them into the page; the text between them is
written by hand. A test compares the two.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from harness.config.documents import matrix_schema as schema
from harness.config.documents.derived_models import model_of
from harness.config.documents.written_forms import (
    ComponentEntry,
    CurriculumEntry,
    LevelEntry,
    Model,
)
from harness.core import search_settings, settings
from harness.core.scenario import Normalize, Score, Wrapper

PAGE = Path(__file__).parents[3] / "docs" / "matrix.md"

MODELS: dict[str, type[Model]] = {
    "The document": schema.Document,
    "A scenario": schema.ScenarioEntry,
    "Normalisation": model_of(Normalize),
    "A curriculum": CurriculumEntry,
    "A level": LevelEntry,
    "A wrapper": model_of(Wrapper),
    "A score": model_of(Score),
    "An algorithm": schema.AlgorithmEntry,
    "Search": model_of(search_settings.Search),
    "The end of a search": model_of(search_settings.Until),
    "A sampler or pruner": ComponentEntry,
    "An objective": model_of(search_settings.Objective),
    "Resources": model_of(settings.Resources),
    "Confirm": model_of(settings.Confirm),
    "Test": model_of(settings.Test),
    "Seeds that are added": model_of(settings.Adaptive),
    "Transfer": model_of(settings.Transfer),
    "A range": schema.Range,
    "Layers": schema.LayersEntry,
    "A variant": schema.VariantEntry,
    "An override": schema.Override,
    "Which cells": schema.Match,
}
"""Heading of the page -> the model whose table stands under it."""

_WORDS = {"integer": "whole number", "boolean": "true or false", "string": "text"}


def table(model: type[Model]) -> str:
    """The table of one model."""
    full = model.model_json_schema()
    options = [full, *full.get("anyOf", ()), *full.get("$defs", {}).values()]
    properties = next(
        each["properties"]
        for each in options
        if set(each.get("properties", ())) == set(model.model_fields)
    )
    rows = [
        f"| `{name}` | {_takes(properties[name])} | {_unset(model, name)} | {_sentence(field)} |"
        for name, field in model.model_fields.items()
    ]
    return "\n".join(["| key | takes | default | is |", "|---|---|---|---|", *rows])


def _unset(model: type[Model], name: str) -> str:
    below = {*schema.Document.model_fields, *schema.ScenarioEntry.model_fields}
    if model is schema.Override and name in below:
        return "as above"  # an override lies over what has a default already
    extra = model.model_fields[name].json_schema_extra
    assert isinstance(extra, dict)
    return str(extra["unset"])


def _sentence(field: FieldInfo) -> str:
    return (field.description or "").removesuffix(".")


def _takes(fragment: Any) -> str:
    """What a key may be, in a few words."""
    if "$ref" in fragment:
        return _link(fragment["$ref"].rpartition("/")[2])
    if "enum" in fragment:
        return " or ".join(f"`{word}`" for word in fragment["enum"])
    options = fragment.get("anyOf") or fragment.get("oneOf")
    if options:
        return " or ".join(dict.fromkeys(map(_takes, options)))
    return _kind(fragment)


def _link(name: str) -> str:
    heading = next((title for title, model in MODELS.items() if model.__name__ == name), None)
    if heading is None:  # a profile is the document over again
        return "[keys of a document](#the-document)"
    return f"[{heading[0].lower()}{heading[1:]}](#{heading.lower().replace(' ', '-')})"


def _kind(fragment: Any) -> str:
    if "pattern" in fragment and "MiB" in fragment["pattern"]:
        return "size"
    kind = fragment.get("type")
    if kind == "array":
        return f"list of: {_takes(fragment['items'])}" if fragment["items"] else "list"
    if kind == "object" and "then" in fragment.get("properties", {}):
        return "[rule](#several-objectives)"
    if kind == "object":
        values = fragment.get("additionalProperties")
        return f"by name: {_takes(values)}" if isinstance(values, dict) else "mapping"
    return _WORDS.get(kind, kind or "any value") + _bounds(fragment)


def _bounds(fragment: Any) -> str:
    words = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to"}
    return "".join(f" {word} {fragment[key]:g}" for key, word in words.items() if key in fragment)


def with_tables(page: str) -> str:
    """The page with the last table of each section as it should be."""
    head, *sections = page.split("\n## ")
    fresh = [head]
    for section in sections:
        before, first_row, after = section.partition("\n| key |")
        rest = re.sub(r"\A.*\n(\|.*\n)*", "", after)
        fresh.append(
            f"{before}\n{table(MODELS[before.partition(chr(10))[0]])}\n{rest}"
            if first_row
            else section
        )
    return "\n## ".join(fresh)


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
