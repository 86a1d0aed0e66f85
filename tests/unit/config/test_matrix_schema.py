"""The JSON Schema that editors complete and check with."""

from __future__ import annotations

import json

import pytest

from harness.config import builtin_matrices, json_schema, template, template_names
from harness.config.documents.layers import read_layers
from harness.config.documents.matrix_schema import Document
from harness.config.documents.validation import validate
from harness.errors import UnknownNameError


def test_the_schema_names_every_key():
    schema = json_schema()

    assert set(schema["properties"]) == set(Document.model_fields)
    assert schema["additionalProperties"] is False
    assert schema["$schema"].startswith("https://json-schema.org/")


def test_the_schema_allows_the_short_forms():
    definitions = json_schema()["$defs"]

    assert [option["type"] for option in definitions["ScenarioEntry"]["anyOf"]] == [
        "string",
        "object",
    ]
    assert [option["type"] for option in definitions["Normalize"]["anyOf"]] == [
        "boolean",
        "object",
    ]


def test_the_schema_is_json_without_dangling_references():
    text = json.dumps(json_schema())
    names = json_schema()["$defs"]

    references = {part.split('"')[0] for part in text.split("#/$defs/")[1:]}
    assert references <= set(names)
    assert '"minimum": 1' in text
    search = next(
        each
        for each in (names["Search"], *names["Search"].get("anyOf", ()))
        if "properties" in each
    )
    # Nothing ends a search early: that may be said where a matrix below says otherwise.
    allowed = [name for name, each in search["properties"].items() if "null" in json.dumps(each)]
    assert allowed == ["until"]


def limits(node, word):
    """Key -> what the schema says of it by that word, wherever it stands."""
    if isinstance(node, list):
        return [each for child in node for each in limits(child, word)]
    if not isinstance(node, dict):
        return []
    own = [(key, child[word]) for key, child in node.items() if word in dict_of(child)]
    return own + [each for child in node.values() for each in limits(child, word)]


def dict_of(node):
    return node if isinstance(node, dict) else {}


def test_a_text_has_a_letter_and_a_list_an_item_at_least():
    assert {number for _, number in limits(json_schema(), "minLength")} == {1}
    items = limits(json_schema(), "minItems")
    assert {key for key, number in items if number != 1} == {"powers_of_two"}
    assert dict(items)["powers_of_two"] == 2
    assert limits(json_schema(), "maxItems") == [("powers_of_two", 2)]


def test_the_built_in_matrices_are_there():
    assert {"cartpole", "classic", "locomotion", "pendulum", "quick"} <= set(builtin_matrices())


@pytest.mark.parametrize("name", sorted(builtin_matrices()))
def test_a_built_in_matrix_fits_the_schema_and_says_what_it_is_for(name):
    first = builtin_matrices()[name].read_text(encoding="utf-8").split("\n")[0]

    problems = []
    root = read_layers(f"builtin:{name}", problems, profile=None, sets=())
    root = validate(root, problems)

    assert problems == []
    assert first.startswith("# ")
    assert first.endswith(".")
    assert root.get("name").value == name


@pytest.mark.parametrize("name", template_names())
def test_a_template_fits_the_schema_with_and_without_its_profile(name, write):
    write(template(name))

    for profile in (None, "smoke"):
        problems = []
        validate(read_layers("m.yaml", problems, profile=profile, sets=()), problems)
        assert problems == []


def test_the_classic_template_loads(load):
    assert len(load(template("classic")).cells) == 4


@pytest.mark.parametrize(
    ("campaign", "called"), [("", "classic"), ("study", "study"), ("my study", "classic")]
)
def test_a_template_is_called_as_its_file_where_a_folder_can_be(load, campaign, called):
    text = template("classic", campaign)
    assert load(text).name == called
    assert load(text, profile="smoke").name == f"{called}-smoke"


def test_an_unknown_template_is_refused():
    with pytest.raises(UnknownNameError, match="unknown template `clasic`") as caught:
        template("clasic")

    assert caught.value.help == "did you mean `classic`?"
