"""Spaces: one object samples, decodes, validates, serialises and describes."""

import json
from dataclasses import replace

import pytest

from harness.core.space import Space
from harness.core.spaces.domain import MISSING, Choice, Float, PowerOfTwo
from harness.core.spaces.parameter import Parameter, When
from harness.core.spaces.value_rules import Context, RecordedRule

CONTEXT = Context(n_envs=4, steps=10_000, action="Box")


def halve(values, context):
    return values | {"batch_size": values["batch_size"] // 2, "envs": context.n_envs}


SPACE = Space(
    parameters=(
        Parameter(name="gamma", domain=Float(low=0.9, high=0.999, log=True, complement=True)),
        Parameter(name="batch_size", domain=PowerOfTwo(low=32, high=512)),
        Parameter(
            name="activation",
            domain=Choice(options=("tanh", "relu")),
            default="tanh",
            target="policy_kwargs.activation_fn",
        ),
        Parameter(
            name="use_sde",
            domain=Choice(options=(False, True)),
            actions=frozenset({"Box"}),
        ),
        Parameter(
            name="sde_sample_freq",
            domain=Choice(options=(-1, 4)),
            when=When(parameter="use_sde", values=(True,)),
            actions=frozenset({"Box"}),
        ),
    ),
    rules=(halve,),
)
CONSTRUCTOR = {"gamma": 0.99, "batch_size": 64, "use_sde": False, "sde_sample_freq": -1}


def test_defaults_come_from_the_constructor_unless_stated():
    space = SPACE.with_defaults(CONSTRUCTOR | {"activation": "relu"})
    assert space.problems() == []
    assert space.default_values() == {
        "gamma": 0.99,
        "batch_size": 64,
        "activation": "tanh",
        "use_sde": False,
    }


def test_the_default_survives_the_way_through_the_optimiser():
    space = SPACE.with_defaults(CONSTRUCTOR)
    coordinates = space.encode(space.default_values())
    assert coordinates == {
        "1-gamma": 0.01,
        "log2(batch_size)": 6,
        "activation": "tanh",
        "use_sde": False,
    }
    assert space.decode(coordinates) == space.default_values()


def test_an_inactive_parameter_has_neither_coordinate_nor_argument():
    active = {"gamma": 0.99, "batch_size": 64, "activation": "relu", "use_sde": True}
    assert "sde_sample_freq" in SPACE.encode(active | {"sde_sample_freq": 4})
    with pytest.raises(ValueError, match="`sde_sample_freq` has no value"):
        SPACE.encode(active)
    off = active | {"use_sde": False, "sde_sample_freq": 4}
    assert "sde_sample_freq" not in SPACE.encode(off)


def test_arguments_are_nested_and_ruled():
    values = {"gamma": 0.99, "batch_size": 64, "activation": "relu"}
    assert SPACE.arguments(values, CONTEXT) == {
        "gamma": 0.99,
        "batch_size": 32,
        "policy_kwargs": {"activation_fn": "relu"},
        "envs": 4,
    }


def test_a_value_outside_its_domain_is_refused_by_name():
    with pytest.raises(ValueError, match=r"`gamma` = 0.5 is outside 0.9 .. 0.999"):
        SPACE.encode({"gamma": 0.5})


def test_only_some_action_spaces_have_a_parameter():
    assert "use_sde" not in SPACE.for_actions("Discrete")
    assert "use_sde" in SPACE.for_actions("Box")


def test_fixing_a_parameter_takes_those_along_that_depend_on_it():
    names = SPACE.without(frozenset({"use_sde"})).names
    assert "use_sde" not in names
    assert "sde_sample_freq" not in names


def test_problems_name_the_parameter():
    assert ("gamma", "has no default") in SPACE.problems()


def test_a_default_may_lie_outside_its_range_and_is_no_point_then():
    space = SPACE.with_defaults(CONSTRUCTOR | {"batch_size": 1024})
    assert space.problems() == []
    values = space.default_values()
    assert values["batch_size"] == 1024
    assert not space.contains(values)
    assert space.contains(values | {"batch_size": 512})
    assert space.coordinates(values) == {"1-gamma": 0.01, "activation": "tanh", "use_sde": False}


def test_what_is_suggested_keeps_its_digits_unless_it_is_moved():
    space = SPACE.with_defaults(CONSTRUCTOR)
    suggested = {
        "1-gamma": 0.012345678901234567,
        "log2(batch_size)": 7,
        "activation": "relu",
        "use_sde": False,
    }
    values = space.decode(suggested)
    assert space.coordinates(values, suggested) == suggested
    moved = space.coordinates(values | {"batch_size": 32}, suggested)
    assert moved == suggested | {"log2(batch_size)": 5}


def layers(values, context):
    return values | {"activation": [values["activation"]]}


def test_trained_values_are_what_rules_leave_of_them():
    values = {"gamma": 0.99, "batch_size": 64, "activation": "relu", "use_sde": False}
    ruled = replace(SPACE, rules=(halve, layers))
    assert ruled.trained_values(values, CONTEXT) == values | {"batch_size": 32}


@pytest.mark.parametrize(
    ("value", "outcome", "trained"),
    [
        (False, True, True),
        (False, 3, False),  # a rate made of a switch is no other value of it
        (8, 4, 4),
        (8, 0.5, 0.5),
        (8, True, 8),
        (8, "auto", 8),
        ("relu", "tanh", "tanh"),
        ("relu", ["relu"], "relu"),
    ],
)
def test_only_an_outcome_of_the_same_kind_is_another_value(value, outcome, trained):
    free = Parameter(name="free", domain=Choice(options=(value,)), default=value)
    space = Space(parameters=(free,), rules=(lambda values, context: {"free": outcome},))
    assert space.trained_values({"free": value}, CONTEXT) == {"free": trained}


def test_a_parameter_takes_its_namesakes_place():
    replaced = Parameter(name="batch_size", domain=PowerOfTwo(low=8, high=16), default=8)
    space = SPACE.with_parameter(replaced)
    assert space.names == SPACE.names
    assert space["batch_size"] is replaced


def test_the_grid_counts_every_axis():
    assert SPACE.grid_size(3) == 3 * 3 * 2 * 2 * 2


def test_a_parameter_is_found_by_its_name():
    assert SPACE["batch_size"] is SPACE.parameters[1]
    with pytest.raises(KeyError, match="n_steps"):
        SPACE["n_steps"]
    added = Parameter(name="n_steps", domain=PowerOfTwo(low=8, high=16), default=8)
    assert SPACE.with_parameter(added).names == (*SPACE.names, "n_steps")


def test_a_missing_coordinate_is_an_error_and_a_needless_one_is_none():
    coordinates = {"1-gamma": 0.01, "log2(batch_size)": 6, "activation": "relu", "use_sde": False}
    decoded = SPACE.decode(coordinates | {"sde_sample_freq": 4, "other": 1})
    assert set(decoded) == {"gamma", "batch_size", "activation", "use_sde"}
    with pytest.raises(KeyError, match="sde_sample_freq"):
        SPACE.decode(coordinates | {"use_sde": True})


def test_a_space_comes_back_from_its_json_and_is_a_text():
    space = replace(SPACE.with_defaults(CONSTRUCTOR), budget_rules=(held_batch,))
    data = json.loads(str(space))
    assert data == space.to_json()
    assert data["rules"] == ["held_batch", "halve"]
    read = Space.from_json(data)
    assert read.to_json() == data
    assert read.rules == (RecordedRule("held_batch"), RecordedRule("halve"))


def held_batch(values, context):
    return values | {"batch_size": max(values.get("batch_size", 0), 64)}


def test_a_parameter_may_stand_for_another_one_in_rules():
    def double(values, context):
        return values | {"learning_rate": values["learning_rate"] * 2}

    sgd_rate = Parameter(
        name="sgd_rate", domain=Float(low=0.1, high=1.0), default=0.5, stands_for="learning_rate"
    )
    space = Space(parameters=(sgd_rate,), rules=(double,))
    assert space.arguments({"sgd_rate": 0.2}, CONTEXT) == {"learning_rate": 0.4}
    assert space.trained_values({"sgd_rate": 0.2}, CONTEXT) == {"sgd_rate": 0.4}


@pytest.mark.parametrize(("count", "seen"), [(8, 8), (0, 4), (True, 4), (2.0, 4), (None, 4)])
def test_rules_see_the_environments_that_a_configuration_trains_in(count, seen):
    envs = Parameter(
        name="n_envs", domain=Choice(options=(count,)), default=1, target="scenario.n_envs"
    )

    def tell(values, context):
        return {"envs": context.n_envs}

    space = Space(parameters=(envs,), rules=(tell,))
    assert space.arguments({"n_envs": count}, CONTEXT) == {"envs": seen}


@pytest.mark.parametrize(
    ("options", "value", "arguments"),
    [
        (("[1, 2]",), "[1, 2]", {"deep": {"x": [1, 2]}}),
        (('{"a": 1}',), '{"a": 1}', {"deep": {"x": {"a": 1}}}),
        (("text",), "text", {"deep": {"x": "text"}}),
        ((1,), None, {}),  # nobody asked for a null
        ((1, None), None, {"deep": {"x": None}}),
    ],
)
def test_values_are_written_as_the_constructor_takes_them(options, value, arguments):
    inner = Parameter(name="x", domain=Choice(options=options), default=1, target="deep.x")
    assert Space(parameters=(inner,)).arguments({"x": value}, CONTEXT) == arguments


def test_a_null_of_the_learner_itself_is_passed():
    assert Space().arguments({"target_kl": None}, CONTEXT) == {"target_kl": None}
    assert Space().arguments({"deep.x": None}, CONTEXT) == {"deep": {"x": None}}


def test_all_that_does_not_hold_is_listed():
    space = Space(
        parameters=(
            Parameter(name="a", domain=Float(low=2, high=1), default=MISSING),
            Parameter(name="b", domain=Float(low=1, high=2), default=MISSING),
            Parameter(
                name="c",
                domain=Float(low=1, high=2),
                default=1,
                when=When(
                    parameter="z", values=(1,), further=When(parameter="y", values=(1,))
                ),
            ),
            Parameter(
                name="d", domain=Float(low=1, high=2), default=9,
                when=When(parameter="a", values=(1,)),
            ),
        )
    )  # fmt: skip
    assert space.problems() == [
        ("a", "low 2 is above high 1"),
        ("b", "has no default"),
        ("c", "depends on `y`, which is not here"),
        ("c", "depends on `z`, which is not here"),
    ]
