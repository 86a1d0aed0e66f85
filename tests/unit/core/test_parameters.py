"""Parameters: their conditions, their JSON, and places in nested arguments."""

import json

import pytest
from builders import cell

from harness.core.learner_arguments.cell_arguments import configuration
from harness.core.matrix import Cell
from harness.core.search_settings import Search
from harness.core.spaces.domain import MISSING, Choice, Float
from harness.core.spaces.parameter import Parameter, When, assign, look_up

ON = When(parameter="use", values=(True,))
BOTH = When(parameter="optimizer", values=("sgd", "rmsprop"), further=ON)


@pytest.mark.parametrize(
    ("values", "holds"),
    [
        ({"optimizer": "sgd", "use": True}, True),
        ({"optimizer": "rmsprop", "use": True}, True),
        ({"optimizer": "sgd", "use": False}, False),
        ({"optimizer": "adam", "use": True}, False),
        ({"use": True}, False),
    ],
)
def test_all_of_a_condition_must_hold(values, holds):
    assert BOTH.holds(values) is holds


def test_a_condition_is_said_and_read_again():
    assert BOTH.describe() == '`optimizer` is "sgd" or "rmsprop" and `use` is true'
    assert BOTH.parameters == {"optimizer", "use"}
    assert BOTH.every == (BOTH, ON)
    for each in (ON, BOTH):
        assert When.from_json(json.loads(json.dumps(each.to_json()))) == each
    assert "further" not in ON.to_json()


def test_what_is_known_to_hold_is_left_out():
    assert BOTH.without({"use"}) == When(parameter="optimizer", values=("sgd", "rmsprop"))
    assert BOTH.without({"optimizer"}) == ON
    assert BOTH.without({"use", "optimizer"}) is None
    assert BOTH.without(()) == BOTH


@pytest.mark.parametrize(
    "parameter",
    [
        Parameter(name="a", domain=Float(low=0.0, high=1.0), default=0.5, target="b.a", when=BOTH),
        Parameter(
            name="a", domain=Choice(options=(1, None)), default=None, target="a", stands_for="b",
            full_domain=Choice(options=(1, 2, None)),
        ),
    ],
)  # fmt: skip
def test_a_parameter_comes_back_from_its_json(parameter):
    assert Parameter.from_json(json.loads(json.dumps(parameter.to_json()))) == parameter


def test_the_json_of_a_parameter_says_where_it_goes():
    plain = Parameter(name="a", domain=Float(low=0.0, high=1.0), source="a paper")
    assert plain.to_json() == {
        "name": "a", "domain": plain.domain.to_json(), "default": None, "target": "a", "when": None,
    }  # fmt: skip
    assert plain.default is MISSING
    assert plain.axis.name == "a"


def test_a_place_is_made_and_found():
    arguments = {"a": {"b": 1}}
    assign(arguments, "a.c", 2)
    assign(arguments, "d.e.f", 3)
    assign(arguments, "a.b", 4)
    assert arguments == {"a": {"b": 4, "c": 2}, "d": {"e": {"f": 3}}}
    assert look_up(arguments, "d.e.f") == (True, 3)
    assert look_up(arguments, "d.x.f") == (False, None)


COORDINATES = {"lr": 0.05, "net": "big"}


class TestConfigurations:
    """What a trial trains."""

    CELL: Cell = cell(
        search=Search(trials=6, steps=100, first=({"lr": 0.01, "net": "big"},)),
        arguments={"fixed": 1},
    )

    def test_the_first_one_is_the_library_with_what_the_matrix_fixes(self):
        values, arguments = configuration(self.CELL, 0, COORDINATES)
        assert values == {"lr": 1e-3, "net": "small"}
        assert arguments == {"fixed": 1}

    def test_then_come_those_that_the_matrix_names(self):
        values, arguments = configuration(self.CELL, 1, COORDINATES)
        assert values == {"lr": 0.01, "net": "big"}
        assert arguments == {"lr": 0.01, "net": "big", "fixed": 1}

    def test_then_what_is_suggested(self):
        values, arguments = configuration(self.CELL, 2, COORDINATES)
        assert values == {"lr": 0.05, "net": "big"}
        assert arguments == {"lr": 0.05, "net": "big", "fixed": 1}
