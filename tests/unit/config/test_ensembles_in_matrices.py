"""Ensembles as a matrix writes them, and what is said of those that cannot act."""

from __future__ import annotations

import json

import pytest

from harness.core.matrix import Ensemble
from harness.registry import Registry


@pytest.fixture(scope="module")
def registry():
    """What is installed."""
    return Registry.from_packages()


def written(of="top 5", algorithm="ppo", scenario="CartPole-v1", more=""):
    return (
        f"scenarios: [{scenario}]\nalgorithms: [{algorithm}]\n"
        f"variants: {{together: {{of: {of}}}}}\n"
        f"test: {{variants: [default, tuned, together]}}\n{more}"
    )


def test_an_ensemble_is_a_variant_of_every_cell(load):
    matrix = load(written())
    assert matrix.cells[0].ensembles == (Ensemble(name="together", size=5),)
    assert load(json.dumps(matrix.document)).cells == matrix.cells
    # What is tested may change between two commands: old results stay.
    assert matrix.cells[0].identity() == load(written("top 3")).cells[0].identity()


@pytest.mark.parametrize("of", ["top 1", "top 51", "five", "5", "top 5 of all"])
def test_what_is_no_ensemble_is_refused_where_it_stands(problems, of):
    (problem,) = problems(written(of))
    assert f"`of: {of}` is no ensemble" in problem.message
    assert problem.line == 3
    assert "top 5" in problem.help


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"algorithm": "ppo_recurrent"}, "keep a memory"),
        ({"more": "search: {objectives: [return, parameters]}"}, "no order of the best"),
        ({"more": "space: {frame_stack: {choices: [1, 4]}}"}, "different observations"),
    ],
)
def test_what_cannot_act_together_is_refused_where_it_is_tested(load, problems, changes, reason):
    text = written(**changes)
    (problem,) = problems(text)
    assert reason in problem.message
    assert problem.line == 3
    assert "override" in problem.help
    load(text.replace("default, tuned, together", "default, tuned"))


def test_a_search_with_too_few_trials_is_said(load):
    (note,) = (
        note
        for note in load(written(more="search: {trials: 4}")).notes
        if "as many as there are" in note.text
    )
    assert note.source.endswith(":3")


def test_a_variant_that_no_cell_tests_is_said(load):
    text = written().replace("test: {variants: [default, tuned, together]}\n", "")
    (note,) = (note for note in load(text).notes if "not tested" in note.text)
    assert "`test: {variants: [default, tuned, together]}`" in note.text
    assert note.source.endswith(":3")
    assert not [note for note in load(written()).notes if "not tested" in note.text]
    against = text.replace("{of: top 5}", "{arguments: {ppo: {gamma: 0.9}}}")
    assert [note for note in load(against).notes if "not tested" in note.text]
    against += "test: {against: together}\n"
    assert not [note for note in load(against).notes if "not tested" in note.text]


def test_imported_scores_need_no_name_in_the_matrix(problems):
    (problem,) = problems(written().replace("test: {", "test: {against: published, "))
    assert problem.message == "no variant `published` to hold tuned against"
    assert "`harness import` has tuned compared" in problem.help


def test_an_ensemble_has_no_arguments_of_its_own(problems):
    text = written().replace("of: top 5", "of: top 5, arguments: {ppo: {gamma: 0.9}}")
    assert "needs one of" in problems(text)[0].message
