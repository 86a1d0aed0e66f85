"""Which cells a document has, in what order, and which of them a command keeps."""

from __future__ import annotations

import pytest

from harness.config import cell_order
from harness.config.cell_selection import keep_cells
from harness.errors import UsageError

MATRIX = """\
scenarios: [CartPole-v1, {name: Acrobot-v1}, Pendulum-v1]
algorithms: [ppo, a2c]
exclude: ["a2c@Acro*", "*@Pendulum-v1"]
include: [sac@Pendulum-v1]
"""
NAMES = ["ppo@CartPole-v1", "a2c@CartPole-v1", "ppo@Acrobot-v1", "sac@Pendulum-v1"]


def names_of(matrix):
    return [cell.name for cell in matrix.cells]


def test_cells_of_a_document_stand_as_its_matrix_has_them(load):
    matrix = load(MATRIX)
    assert names_of(matrix) == NAMES
    assert cell_order(matrix.document) == tuple(NAMES)
    assert cell_order({}) == ()


@pytest.mark.parametrize(
    ("line", "message", "help"),
    [
        ("include: [sac@*]", "`include` takes cells, not `sac@*`", "one algorithm and one scen"),
        ("include: [ppo@Acrobot-v1]", "`ppo@Acrobot-v1` is in the matrix already", "remove it"),
        ("include: [sac@Pendulum-v1, sac@Pendulum-v1]", "`sac@Pendulum-v1` is in the matrix", "re"),
    ],
)
def test_what_is_included_is_a_cell_that_was_not_there(problems, line, message, help):
    (problem,) = problems(MATRIX.replace("include: [sac@Pendulum-v1]", line))
    assert problem.message.startswith(message)
    assert help in problem.help
    assert problem.line == 4


def test_patterns_keep_cells_in_their_order_with_their_notes(load):
    matrix = load(MATRIX)
    assert keep_cells(matrix, []) is matrix
    kept = keep_cells(matrix, ["sac@*", "ppo@Cart*"])
    assert names_of(kept) == [NAMES[0], NAMES[3]]
    assert {note.cell for note in matrix.notes} > {note.cell for note in kept.notes}
    assert kept.notes == tuple(note for note in matrix.notes if note.cell in names_of(kept))


@pytest.mark.parametrize(
    ("pattern", "help"),
    [
        ("ppo@CartPole-v2", "did you mean `ppo@CartPole-v1`?"),
        ("a3c", "did you mean `a2c`?"),
        ("zzzzzz", f"cells: {', '.join(NAMES)}; `*` and `?` are wildcards"),
    ],
)
def test_a_pattern_without_a_cell_is_refused_with_what_there_is(load, pattern, help):
    with pytest.raises(UsageError) as caught:
        keep_cells(load(MATRIX), ["ppo", pattern])
    assert caught.value.message == f"`--cells {pattern}` matches no cell of the matrix"
    assert caught.value.help == help


def test_a_search_is_not_kept_without_the_one_whose_winner_it_begins_with(load):
    matrix = load(
        "scenarios: [CartPole-v1, Acrobot-v1]\nalgorithms: [ppo]\nsearch: {transfer: true}\n"
    )
    assert names_of(keep_cells(matrix, ["*@CartPole-v1"])) == ["ppo@CartPole-v1"]
    with pytest.raises(UsageError) as caught:
        keep_cells(matrix, ["*@Acrobot-v1"])
    assert caught.value.message == (
        "ppo@Acrobot-v1 begins with what ppo@CartPole-v1 ships, which --cells leaves out"
    )
    assert "--cells ppo@CartPole-v1 too" in caught.value.help
