"""Repeated searches, as a matrix writes them."""

from __future__ import annotations

import pytest

from harness.config.cell_selection import keep_cells

TWO = "scenarios: [CartPole-v1, Acrobot-v1]\nalgorithms: [ppo, a2c]\n"


def names_of(matrix):
    return [cell.name for cell in matrix.cells]


def test_every_cell_is_searched_once_before_any_is_searched_again(load):
    first = names_of(load(TWO))
    matrix = load(TWO + "search: {repeats: 3}\n")
    assert names_of(matrix) == [
        *first,
        *(f"{name}#2" for name in first),
        *(f"{name}#3" for name in first),
    ]
    assert {cell.first_search for cell in matrix.cells} == set(first)


def test_an_override_repeats_some(load):
    text = TWO + "overrides: [{match: 'ppo@Acro*', search: {repeats: 2}}]\n"
    assert [name for name in names_of(load(text)) if "#" in name] == ["ppo@Acrobot-v1#2"]


def test_a_first_search_is_the_same_experiment_with_and_without_others(load):
    once, repeated = load(TWO), load(TWO + "search: {repeats: 2}\n")
    for before, after in zip(once.cells, repeated.cells, strict=False):
        assert before.identity() == after.identity()
        assert before.study_digest() == after.study_digest()
    first, second = repeated["ppo@CartPole-v1"], repeated["ppo@CartPole-v1#2"]
    assert second.study_digest() != first.study_digest()


def test_what_is_no_matter_of_a_search_is_left_to_the_first(load):
    matrix = load(
        TWO + "search: {repeats: 2}\n"
        "variants: {mine: {arguments: {ppo: {gamma: 0.9}, a2c: {gamma: 0.9}}}}\n"
        "test:\n"
        "  variants: [default, tuned, mine]\n"
        "  against: mine\n"
        "  seeds: {start: 4, step: 5, max: 9}\n"
        "transfer: {seeds: 2}\n"
    )
    second = matrix["ppo@CartPole-v1#2"]
    assert second.test.tested_variants == ("tuned",)
    assert (second.test.seeds, second.transfer.seeds, second.variants) == (4, 0, ())
    assert matrix["ppo@CartPole-v1"].transfer.seeds == 2


def test_a_repeat_begins_with_what_repeats_of_its_number_ship(load):
    text = TWO.replace("]\nalg", ", Pendulum-v1]\nalg") + (
        "search: {transfer: true, repeats: 2}\n"
        "overrides: [{match: 'ppo@Acro*', search: {repeats: 1}}]\n"
    )
    donors = {cell.name: [each.name for each in cell.donors] for cell in load(text).cells}
    assert donors["ppo@CartPole-v1#2"] == []
    assert donors["a2c@Pendulum-v1#2"] == ["a2c@CartPole-v1#2", "a2c@Acrobot-v1#2"]
    assert donors["ppo@Pendulum-v1#2"] == ["ppo@CartPole-v1#2", "ppo@Acrobot-v1"]
    assert donors["a2c@Pendulum-v1"] == ["a2c@CartPole-v1", "a2c@Acrobot-v1"]


def test_a_cell_is_selected_with_its_repeats(load):
    matrix = load(TWO + "search: {repeats: 3}\n")
    assert names_of(keep_cells(matrix, ["ppo@CartPole-v1"])) == [
        "ppo@CartPole-v1",
        "ppo@CartPole-v1#2",
        "ppo@CartPole-v1#3",
    ]
    assert names_of(keep_cells(matrix, ["*#2"])) == [f"{name}#2" for name in names_of(load(TWO))]
    part = keep_cells(load(TWO + "search: {steps: 300}\n"), ["ppo@CartPole-v1"])
    assert {note.cell for note in part.notes} == {"ppo@CartPole-v1"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("search: {repeats: 0}", "repeats"),
        ("search: {repeats: 101}", "repeats"),
        ("search: {repeats: yes}", "repeats"),
    ],
)
def test_numbers_outside_the_bounds_are_refused(problems, text, message):
    (problem,) = problems(TWO + text)
    assert message in problem.message
    assert problem.line == 3


def test_repeats_count_as_cells(problems):
    scenarios = ", ".join(f"{{name: s{n}, env: CartPole-v1}}" for n in range(21))
    (problem,) = problems(
        f"scenarios: [{scenarios}]\nalgorithms: [ppo]\nsearch: {{repeats: 100}}\n"
    )
    assert "2,100 cells; 2,000 are the most" in problem.message
    assert problem.line == 3
