"""Searches that begin with other cells' winners, as a matrix writes them."""

from __future__ import annotations

import pytest

from harness.registry import Registry

TWO = "scenarios: [CartPole-v1, Acrobot-v1]\nalgorithms: [ppo, a2c]\n"


@pytest.fixture(scope="module")
def registry():
    """What is installed: with a sampler that has one point for a trial."""
    return Registry.from_packages()


def donors_of(matrix):
    return {cell.name: [donor.name for donor in cell.donors] for cell in matrix.cells}


def test_a_cell_begins_with_those_before_it(load):
    matrix = load(TWO + "search: {transfer: true}\n")
    assert donors_of(matrix) == {
        "ppo@CartPole-v1": [],
        "a2c@CartPole-v1": [],
        "ppo@Acrobot-v1": ["ppo@CartPole-v1"],
        "a2c@Acrobot-v1": ["a2c@CartPole-v1"],
    }
    texts = {note.cell: note.text for note in matrix.notes if "waits for them" in note.text}
    assert list(texts) == ["ppo@Acrobot-v1", "a2c@Acrobot-v1"]
    assert texts["ppo@Acrobot-v1"].endswith("ppo@CartPole-v1")


def test_an_override_leaves_it_to_some_cells(load):
    text = TWO + "overrides: [{match: 'ppo@*', search: {transfer: true}}]\n"
    assert [name for name, donors in donors_of(load(text)).items() if donors] == ["ppo@Acrobot-v1"]


def test_without_it_nothing_is_another_experiment(load):
    assert "transfer" not in load(TWO).cells[2].identity()["search"]
    assert "donors" not in load(TWO).cells[2].identity()
    with_it = load(TWO + "search: {transfer: true}\n").cells[2]
    assert with_it.study_digest() != load(TWO).cells[2].study_digest()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "scenarios: [CartPole-v1]\nalgorithms: [ppo]\nsearch: {transfer: true}\n",
            "`search.transfer`: no scenario of `ppo` comes after another one",
        ),
        (TWO + "search: {transfer: perhaps}\n", "`transfer` must be true or false"),
        (
            TWO.replace(", a2c", "") + "search: {transfer: true, sampler: {name: grid}}\n",
            "`search.transfer` would push points of sampler `grid` out",
        ),
    ],
)
def test_what_cannot_be_is_said_where_it_stands(problems, text, message):
    (problem,) = problems(text)
    assert message in problem.message
    assert problem.line == 3
