"""docs/matrix.md has a table for every part of a matrix, with what the settings declare."""

from __future__ import annotations

import pytest
from matrix_page import MODELS, PAGE, table, with_tables

from harness.config import json_schema
from harness.config.documents import matrix_schema as schema
from harness.config.documents.derived_models import model_of
from harness.core.search_settings import Search
from harness.core.settings import Adaptive


def test_the_page_is_what_the_settings_declare() -> None:
    """Run ``python tests/unit/config/matrix_page.py`` after a setting has changed."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_tables(page)


def test_every_part_of_the_schema_has_a_table_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for heading in MODELS:
        assert page.count(f"\n## {heading}\n") == 1
        assert "\n| key | takes | default | is |\n" in page.partition(f"\n## {heading}\n")[2]
    parts = set(json_schema()["$defs"]) - {"Overlay"}
    assert parts == {model.__name__ for model in MODELS.values()} - {"Document"}


@pytest.mark.parametrize(
    ("model", "row"),
    [
        (model_of(Search), "| `trials` | whole number from 1 to 10000 | `20` | Trials in all, "),
        (model_of(Search), "| `cost_aware` | true or false or number above 1 | `false` | "),
        (model_of(Search), "| `sampler` | [a sampler or pruner](#a-sampler-or-pruner) | `tpe` | "),
        (model_of(Adaptive), "| `step` | whole number from 1 to 1000 | `5` | Seeds added "),
        (schema.Document, "| `backend` | `auto` or `sb3` or `fast` | `auto` | What trains"),
        (schema.Document, "| `timeout` | number above 0 to 1e+08 or null | none | Seconds"),
        (schema.Document, "| `memory` | size or null | none | Resident memory"),
        (schema.Override, "| `search` | [search](#search) | as above | Budget"),
        (schema.Override, "| `baseline` | number or null | none | A return"),
        (
            schema.ScenarioEntry,
            "| `wrappers` | list of: [a wrapper](#a-wrapper) | the scenario's |",
        ),
    ],
)
def test_a_row_says_what_a_key_takes_and_what_holds_without_it(model, row: str) -> None:
    assert row in table(model)
