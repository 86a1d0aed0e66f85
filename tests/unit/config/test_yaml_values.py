"""What a plain word of YAML means here: the core schema of YAML 1.2."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config.documents.nodes import plain
from harness.config.documents.yaml_text import parse


def read(text):
    node, problems = parse(text, "m.yaml")
    assert problems == []
    return plain(node)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("1E6", 1e6),
        ("-.5", -0.5),
        ("3.", 3.0),
        ("1_000", 1000),
        ("50_000.5", 50_000.5),
        ("+7", 7),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("2026-11-20", "2026-11-20"),
        ("1_", "1_"),
        ("e5", "e5"),
        ("'1'", "1"),
        ("!!str 1", "1"),
    ],
)
def test_words(text, value):
    found = read(f"a: {text}")["a"]

    assert found == value
    assert type(found) is type(value)


def test_an_anchor_gives_its_value_again():
    assert read("a: &x {b: [1, 2]}\nc: *x\n") == {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}}


def test_a_merge_key_brings_in_what_is_not_written_itself():
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: {z: 4, <<: [*a, {x: 5, w: 6}]}\n"
    merged = read(text)
    assert merged["b"] == {"x": 1, "y": 3}
    assert merged["c"] == {"x": 1, "y": 2, "w": 6, "z": 4}
    assert read("a: {'<<': {x: 1}}\n") == {"a": {"<<": {"x": 1}}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {<<: 3}", "`<<` takes the content of mappings"),
        ("a: {<<: [{x: 1}, 2]}", "`<<` takes the content of mappings"),
        ("a: &a {<<: *a}", "an alias that contains itself"),
        ("a: &a {x: 1}\nb: {<<: *a, <<: *a}", "`<<` is given twice"),
    ],
)
def test_what_cannot_be_merged_is_said(text, message):
    _, problems = parse(text, "m.yaml")
    assert [problem.message for problem in problems] == [message]


def test_merge_keys_cannot_grow_without_end():
    levels = ["a0: &a0 {x: 1}"]
    levels += [
        f"a{n}: &a{n} {{{', '.join(f'k{i}: {{<<: *a{n - 1}}}' for i in range(10))}}}"
        for n in range(1, 9)
    ]
    _, problems = parse("\n".join(levels), "m.yaml")
    assert {problem.message for problem in problems} == {"too many aliases"}


def test_aliases_cannot_grow_without_end():
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]

    _, problems = parse("\n".join(levels), "m.yaml")

    assert {problem.message for problem in problems} == {"too many aliases"}


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(min_codepoint=32, max_codepoint=126))
)


@given(
    st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text("abcxyz_.@-", min_size=1), inner, max_size=4)
        ),
        max_leaves=20,
    )
)
def test_json_is_read_as_json_means_it(value):
    found = read(json.dumps({"value": value}))["value"]

    assert json.dumps(found) == json.dumps(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_as_python_writes_them(number):
    assert math.isclose(read(f"a: {number!r}")["a"], number, rel_tol=0, abs_tol=0)


@given(st.text())
def test_any_text_is_read_or_explained(text):
    node, problems = parse(text, "m.yaml")

    assert node is not None or problems
