"""docs/matrix.md names every key of a matrix, and no other, with the defaults there are."""

import re
from pathlib import Path

import pytest

from harness.config import schema
from harness.config.layers import defaults
from harness.config.nodes import plain
from harness.config.syntax import parse

PAGE = Path(__file__).parents[3] / "docs" / "matrix.md"
MODELS = {
    "The document": schema.Document,
    "A scenario": schema.ScenarioEntry,
    "Normalisation": schema.Normalization,
    "A curriculum": schema.CurriculumEntry,
    "A level": schema.LevelEntry,
    "A wrapper": schema.WrapperEntry,
    "A score": schema.ScoreEntry,
    "An algorithm": schema.AlgorithmEntry,
    "Search": schema.SearchEntry,
    "A sampler or pruner": schema.ComponentEntry,
    "Confirm": schema.ConfirmEntry,
    "Test": schema.TestEntry,
    "Seeds that are added": schema.AdaptiveEntry,
    "Transfer": schema.TransferEntry,
    "Resources": schema.ResourcesEntry,
    "A range": schema.Range,
    "A variant": schema.VariantEntry,
    "An override": schema.Override,
    "Which cells": schema.Match,
}


def tables() -> dict[str, dict[str, str]]:
    """Heading -> key -> default as written."""
    found: dict[str, dict[str, str]] = {}
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        heading, _, body = section.partition("\n")
        found[heading] = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", body, re.MULTILINE))
    return found


def test_the_page_has_a_table_for_every_part_of_the_schema() -> None:
    assert set(tables()) == set(MODELS)
    parts = set(schema.json_schema()["$defs"]) - {"Overlay"}
    assert parts == {model.__name__ for model in MODELS.values()} - {"Document"}


@pytest.mark.parametrize("heading", MODELS)
def test_a_table_names_the_keys_of_its_part(heading: str) -> None:
    assert sorted(tables()[heading]) == sorted(MODELS[heading].model_fields)


@pytest.mark.parametrize("part", ["search", "confirm", "test", "transfer", "resources"])
def test_the_parts_defaults_are_those_that_apply(part: str) -> None:
    applied = plain(defaults("matrix"))[part]
    for key, written in tables()[part.capitalize()].items():
        node, _ = parse(written.strip("`"), "page")
        assert node is not None
        value = applied[key]
        assert plain(node) == (value["name"] if isinstance(value, dict) else value)


def test_the_documents_defaults_are_those_that_apply() -> None:
    applied = plain(defaults("matrix"))
    written = tables()["The document"]
    for key in ("seed", "threads"):
        assert written[key] == f"`{applied[key]}`"
