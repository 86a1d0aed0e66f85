"""What every algorithm has to hold, built in or third party.

A package that offers an algorithm runs the suite in its own tests::

    class TestMine(AlgorithmContract):
        @pytest.fixture
        def algorithm(self):
            return mine.ALGORITHM

It needs pytest and Hypothesis, but neither torch nor the learner's package imported.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import constructors
from harness.core.algorithm import Algorithm
from harness.core.identity import canonical
from harness.core.scenario import ACTION_KINDS, OBSERVATION_KINDS
from harness.core.space import Space
from harness.core.spaces.axis import Axis
from harness.core.spaces.domain import domain_from_json
from harness.core.spaces.value_rules import Context

UPDATES: Final = 4
SHORTEST: Final = 8

many = settings(
    max_examples=60,
    deadline=None,
    # The fixture is an immutable value, so examples may share it.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


def resolve_space(algorithm: Algorithm, action: str) -> Space:
    """The algorithm's space for a kind of action space, with the constructor's defaults."""
    defaults = constructors.read(algorithm.learner).parameters
    return algorithm.space.for_actions(action).with_defaults(defaults)


def spaces(algorithm: Algorithm) -> Iterator[tuple[str, Space]]:
    """(kind of action space, resolved space) for every kind the algorithm can act in."""
    for action in sorted(algorithm.actions):
        yield action, resolve_space(algorithm, action)


@st.composite
def coordinates(draw: st.DrawFn, space: Space) -> dict[str, object]:
    """Any point of a space, as an optimiser proposes it; inactive axes have a coordinate too."""
    return {p.axis.name: draw(_on(p.axis)) for p in space.parameters}


def _on(axis: Axis) -> st.SearchStrategy[object]:
    if axis.kind == "categorical":
        return st.sampled_from(axis.choices)
    if axis.kind == "int":
        return st.integers(int(axis.low), int(axis.high))
    return st.floats(axis.low, axis.high, allow_nan=False)


contexts = st.builds(
    Context,
    n_envs=st.integers(1, 16),
    steps=st.integers(100, 2_000_000),
    action=st.just("Box"),
)


class AlgorithmContract:
    """Subclass it and give the fixture `algorithm`."""

    @pytest.fixture
    def algorithm(self) -> Algorithm:
        raise NotImplementedError("override the fixture `algorithm`")

    def test_kinds_are_known(self, algorithm: Algorithm) -> None:
        assert algorithm.policies, "it has no policy for any observation"
        assert set(algorithm.policies) <= set(OBSERVATION_KINDS)
        assert algorithm.actions, "it can act nowhere"
        assert algorithm.actions <= set(ACTION_KINDS)

    def test_is_plain_data(self, algorithm: Algorithm) -> None:
        assert json.loads(json.dumps(canonical(algorithm, everything=True)))

    def test_space_holds_for_every_action_space(self, algorithm: Algorithm) -> None:
        assert {action: space.problems() for action, space in spaces(algorithm)} == {
            action: [] for action in sorted(algorithm.actions)
        }

    def test_every_range_has_a_source(self, algorithm: Algorithm) -> None:
        assert [p.name for p in algorithm.space.parameters if not p.source] == []

    def test_axes_are_distinct(self, algorithm: Algorithm) -> None:
        names = [p.axis.name for p in algorithm.space.parameters]
        assert len(names) == len(set(names))

    def test_domains_survive_json(self, algorithm: Algorithm) -> None:
        for parameter in algorithm.space.parameters:
            document = json.loads(json.dumps(parameter.domain.to_json()))
            assert domain_from_json(document) == parameter.domain

    def test_default_can_be_told_to_an_optimiser(self, algorithm: Algorithm) -> None:
        for _, space in spaces(algorithm):
            values = space.default_values()
            assert space.decode(space.encode(values)) == values

    def test_conditions_come_after_what_they_depend_on(self, algorithm: Algorithm) -> None:
        names: set[str] = set()
        for parameter in algorithm.space.parameters:
            if parameter.when is not None:
                assert parameter.when.parameter in names
                owner = algorithm.space[parameter.when.parameter]
                assert all(owner.domain.contains(value) for value in parameter.when.values)
            names.add(parameter.name)

    def test_targets_are_constructor_arguments(self, algorithm: Algorithm) -> None:
        constructor = constructors.read(algorithm.learner).parameters
        roots = {(p.target or p.name).partition(".")[0] for p in algorithm.space.parameters}
        assert roots <= set(constructor)

    @many
    @given(data=st.data(), context=contexts)
    def test_points_decode_to_arguments_the_constructor_takes(
        self, algorithm: Algorithm, data: st.DataObject, context: Context
    ) -> None:
        for action, space in spaces(algorithm):
            values = space.decode(data.draw(coordinates(space)))
            acting = Context(n_envs=context.n_envs, steps=context.steps, action=action)
            arguments = space.arguments(values, acting)
            constructor = constructors.read(algorithm.learner).parameters
            assert set(arguments) <= set(constructor)
            assert json.loads(json.dumps(arguments, allow_nan=False)) == arguments
            check_batches(algorithm, arguments, acting)

    @many
    @given(data=st.data(), context=contexts)
    def test_rules_leave_alone_what_they_have_moved(
        self, algorithm: Algorithm, data: st.DataObject, context: Context
    ) -> None:
        for _, space in spaces(algorithm):
            values = space.decode(data.draw(coordinates(space)))
            configuration = space.trained_values(values, context)
            assert list(configuration) == list(values)
            assert space.trained_values(configuration, context) == configuration
            assert space.arguments(configuration, context) == space.arguments(values, context)

    @many
    @given(data=st.data())
    def test_points_survive_encoding(self, algorithm: Algorithm, data: st.DataObject) -> None:
        for _, space in spaces(algorithm):
            values = space.decode(data.draw(coordinates(space)))
            active = [p for p in space.parameters if space.is_active(p, values)]
            assert list(values) == [p.name for p in active]
            assert space.decode(space.encode(values)) == values

    @many
    @given(data=st.data(), context=contexts)
    def test_decoding_allows_for_what_a_matrix_has_fixed(
        self, algorithm: Algorithm, data: st.DataObject, context: Context
    ) -> None:
        for _, space in spaces(algorithm):
            names = data.draw(st.sets(st.sampled_from(space.names)))
            rest = space.without(frozenset(names))
            values = rest.decode(data.draw(coordinates(rest)))
            constructor = constructors.read(algorithm.learner).parameters
            assert set(rest.arguments(values, context)) <= set(constructor)


def check_batches(algorithm: Algorithm, arguments: Mapping[str, Any], context: Context) -> None:
    """Rollouts fit into the budget, and batches into rollouts without a rest."""
    if not algorithm.on_policy or "n_steps" not in arguments:
        return
    n_steps = arguments["n_steps"]
    rollout = n_steps * context.n_envs
    assert n_steps <= SHORTEST or rollout * UPDATES <= context.steps
    if "batch_size" in arguments:
        assert rollout % arguments["batch_size"] == 0
        assert arguments["batch_size"] > 1
