"""Parts of spaces: what makes a parameter count, and what is held beside what is searched."""

from dataclasses import replace

from harness.core.space import Space
from harness.core.spaces.domain import MISSING, Choice, Float, PowerOfTwo
from harness.core.spaces.parameter import HeldParameter, Parameter, When
from harness.core.spaces.value_rules import Context

CONTEXT = Context(n_envs=4, steps=10_000, action="Box")
SPACE = Space(
    parameters=(
        Parameter(name="gamma", domain=Float(low=0.9, high=0.999), default=0.99),
        Parameter(name="batch_size", domain=PowerOfTwo(low=32, high=512), default=64),
        Parameter(name="activation", domain=Choice(options=("tanh", "relu")), default="tanh"),
        Parameter(name="use_sde", domain=Choice(options=(False, True)), default=False),
        Parameter(
            name="sde_sample_freq",
            domain=Choice(options=(-1, 4)),
            default=-1,
            when=When(parameter="use_sde", values=(True,)),
        ),
    )
)


def replace_default(name, value):
    return SPACE.with_parameter(replace(SPACE[name], default=value))


class TestActivation:
    """Points in which a parameter counts."""

    def test_what_a_parameter_depends_on_is_given_a_value_for_which_it_counts(self):
        space = SPACE
        assert space.conditions("sde_sample_freq") == {"use_sde": True}
        assert space.conditions("use_sde") == {}
        assert space.activating("sde_sample_freq") == {
            "gamma": 0.99, "batch_size": 64, "activation": "tanh", "use_sde": True,
            "sde_sample_freq": -1,
        }  # fmt: skip
        assert space.activating("gamma") == space.default_values()

    def test_a_default_outside_its_range_gives_way_to_a_value_inside(self):
        space = replace_default("batch_size", 1024)
        values = space.activating("gamma")
        assert values["batch_size"] == 512
        assert space.contains(values)

    def test_conditions_of_conditions_hold_too(self):
        deep = Parameter(
            name="deep",
            domain=Choice(options=(1, 2)),
            default=1,
            when=When(parameter="sde_sample_freq", values=(4, -1)),
        )
        space = SPACE.with_parameter(deep)
        assert space.conditions("deep") == {"use_sde": True, "sde_sample_freq": 4}
        assert space.contains(space.activating("deep"))
        # What is not searched is not for the search to set.
        outside = replace(deep, when=When(parameter="elsewhere", values=(1,)))
        assert space.with_parameter(outside).conditions("deep") == {}

    def test_a_point_that_a_matrix_does_not_give_keeps_its_default(self):
        empty = Parameter(name="open", domain=Choice(options=()), default=3)
        assert Space(parameters=(empty,)).activating("open") == {"open": 3}


class TestOnly:
    """A search of some parameters, beside which the others are held."""

    def test_the_others_are_held_at_their_defaults(self):
        space = SPACE.only(frozenset({"gamma"}))
        assert space.names == ("gamma",)
        held = {each.parameter.name: each.value for each in space.held}
        assert held == {
            "batch_size": 64, "activation": "tanh", "use_sde": False, "sde_sample_freq": -1,
        }  # fmt: skip
        # Of what has no default nothing is known.
        unknown = replace_default("batch_size", MISSING).only(frozenset({"gamma"}))
        assert "batch_size" not in [each.parameter.name for each in unknown.held]

    def test_what_a_searched_one_depends_on_is_held_where_it_counts(self):
        space = SPACE.only(frozenset({"sde_sample_freq"}))
        assert space["sde_sample_freq"].when is None
        assert {e.parameter.name: e.value for e in space.held}["use_sde"] is True
        both = SPACE.only(frozenset({"sde_sample_freq", "use_sde"}))
        assert both["sde_sample_freq"].when == SPACE["sde_sample_freq"].when

    def test_rules_see_what_is_held_and_it_is_passed_only_where_it_came_of_the_search(self):
        def widen(values, context):
            if "gamma" in values:
                values = values | {"batch_size": values["batch_size"] * 2}
            return values | {"made": values.get("activation")}

        space = replace(SPACE, rules=(widen,))
        arguments = space.only(frozenset({"gamma"})).arguments({"gamma": 0.95}, CONTEXT)
        # The batch was moved beside a searched value; the activation is what it always is.
        assert arguments == {"gamma": 0.95, "batch_size": 128}

    def test_what_is_held_counts_only_where_it_is_active_and_has_a_value(self):
        def seen(values, context):
            return {"seen": sorted(values)}

        frequency = HeldParameter(parameter=SPACE["sde_sample_freq"], value=4)
        nothing = HeldParameter(
            parameter=Parameter(name="none", domain=Choice(options=(None,)), default=None),
            value=None,
        )
        space = Space(parameters=(SPACE["use_sde"],), rules=(seen,), held=(frequency, nothing))
        for switch, names in ((True, ["sde_sample_freq", "use_sde"]), (False, ["use_sde"])):
            arguments = space.arguments({"use_sde": switch}, CONTEXT)
            assert arguments == {"seen": names}

    def test_nested_arguments_are_passed_where_they_are_not_as_usual(self):
        parts = {"a": 1, "b": {"c": 1, "d": 2}, "e": 1, "f": {}}
        held = HeldParameter(
            parameter=Parameter(name="x", domain=Choice(options=(1, 2)), default=1), value=1
        )

        def spread(values, context):
            moved = {**parts, "b": {"c": 1, "d": 3}, "e": {"g": 1}, "f": 1}
            changed = moved if "y" in values else parts
            return values | {"kwargs": changed}

        searched = Parameter(name="y", domain=Choice(options=(1, 2)), default=1)
        space = Space(parameters=(searched,), rules=(spread,), held=(held,))
        assert space.arguments({"y": 2}, CONTEXT) == {
            "y": 2, "kwargs": {"b": {"d": 3}, "e": {"g": 1}, "f": 1},
        }  # fmt: skip
