"""A matrix finds its cells by name; a cell's digests follow what it was set to."""

from dataclasses import replace

import pytest
from builders import cell

from harness.core.matrix import Cell, Matrix, cell_name, section_names
from harness.core.settings import Transfer


def test_a_cell_is_found_by_its_name() -> None:
    first = cell()
    second = replace(first, scenario=replace(first.scenario, name="Other-v0"))
    matrix = Matrix(name="m", cells=(first, second))
    assert matrix["toy@Toy-v0"] is first
    assert matrix["toy@Other-v0"] is second
    assert cell_name("toy", "Other-v0") == second.name
    with pytest.raises(KeyError, match="toy@Else-v0"):
        matrix["toy@Else-v0"]


def test_the_registered_space_is_no_part_of_the_identity() -> None:
    identity = cell().identity()
    assert "space" in identity
    assert "space" not in identity["algorithm"]
    assert identity["algorithm"]["name"] == "toy"


@pytest.mark.parametrize(
    ("change", "same_study"),
    [
        ({"threads": 2}, False),
        ({"seed": 5}, False),
        ({"timeout": 1.0}, True),
        ({"transfer": Transfer(seeds=2)}, True),
    ],
)
def test_a_study_is_another_where_its_numbers_may_be(change, same_study: bool) -> None:
    assert (replace(cell(), **change).study_digest() == cell().study_digest()) is same_study


def test_what_a_cell_was_set_to_is_described_in_order() -> None:
    names = section_names()
    assert names[:3] == ("scenario", "arguments", "search")
    assert names[-1] == "space"
    assert len(set(names)) == len(names)
    assert set(names) <= set(cell().describe())
    assert {"threads", "memory", "test", "transfer", "baseline"} < set(names)


def test_the_context_of_a_cell_is_what_decoding_depends_on() -> None:
    toy: Cell = replace(cell(), arguments={"gamma": 0.9})
    context = toy.context(steps=123)
    assert (context.steps, context.n_envs, context.action) == (
        123,
        toy.scenario.n_envs,
        toy.scenario.action,
    )
    assert context.fixed == frozenset({"gamma"})
