"""A matrix finds its cells by name; a cell's digests follow what it was set to."""

from dataclasses import replace

import pytest
from builders import cell

from harness.core.matrix import Cell, Matrix, cell_name, scenario_in, section_names
from harness.core.search_settings import Component, Objective, Search, Tolerance, Until
from harness.core.settings import Margin, Transfer


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


def test_the_scenario_is_read_from_the_name_of_a_cell() -> None:
    assert cell_name("ppo", "X-v0", 2) == "ppo@X-v0#2"
    assert cell_name("ppo", "X-v0", 1) == "ppo@X-v0"
    assert [scenario_in(name) for name in ("ppo@X-v0#2", "ppo@X-v0", "ppo@a#b@c")] == [
        "X-v0", "X-v0", "a#b@c",
    ]  # fmt: skip


def test_a_later_search_knows_the_first_and_the_policy_its_observations() -> None:
    second = replace(cell(), repeat=2)
    assert (second.name, second.first_search) == ("toy@Toy-v0#2", "toy@Toy-v0")
    assert second.policy == "MlpPolicy"
    assert second.study_digest() != cell().study_digest()


def test_the_context_is_that_of_the_shortest_training() -> None:
    context = cell(arguments={"scenario": {"n_envs": 4}}).context()
    assert (context.steps, context.n_envs) == (100, 4)
    assert set(context.domains) == {"lr", "net"}


def test_parameters_are_ranked_by_what_they_matter() -> None:
    ranked = replace(cell().algorithm, importance=("b", "a"))
    assert ranked.most_important(["c", "a", "d", "b"], 3) == ("b", "a", "c")
    assert ranked.most_important(["c"], 3) == ("c",)
    assert ranked.most_important(["c"], 0) == ()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Margin(amount=0.05, is_share=True), "5 %"),
        (Margin(amount=12.5, is_share=False), "12.5"),
        (Tolerance(amount=0.05, is_share=True), "within 5 % of the best"),
        (Tolerance(amount=3, is_share=False), "within 3 of the best"),
    ],
)
def test_sizes_are_said_in_words(value: object, text: str) -> None:
    assert str(value) == text


def test_a_component_is_looked_up_where_it_is() -> None:
    registered = Component(name="tpe")
    assert registered.reference == "tpe"
    assert replace(registered, path="/a/own.py:mine").reference == "/a/own.py:mine"


def test_a_search_ends_openly_where_results_say_when() -> None:
    assert not Search().is_open_ended
    assert Search(budget=9).is_open_ended
    assert Search(until=Until(plateau=3)).is_open_ended
    assert Until(plateau=3, regret=2.0, emmr=0.1).limits == {"regret": 2.0, "emmr": 0.1}


def test_an_objective_with_a_place_is_a_users() -> None:
    assert Objective(name="own:measure", direction="min").is_own
    assert not Objective(name="return", direction="max").is_own
