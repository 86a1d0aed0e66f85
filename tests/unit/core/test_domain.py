"""Domains: the way from a value to its axis and back loses nothing."""

import json
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.core.domain import Choice, Float, Int, PowerOfTwo, domain_from_json

finite = st.floats(min_value=1e-6, max_value=1e6, allow_nan=False)


@st.composite
def domains(draw):
    kind = draw(st.sampled_from(["float", "complement", "int", "power", "choice"]))
    if kind == "float":
        low, high = sorted((draw(finite), draw(finite)))
        return Float(low=low, high=high, log=draw(st.booleans()))
    if kind == "complement":
        low, high = sorted((draw(st.floats(0, 0.9999)), draw(st.floats(0, 0.9999))))
        return Float(low=low, high=high, log=draw(st.booleans()), complement=True)
    if kind == "int":
        low, high = sorted((draw(st.integers(1, 10_000)), draw(st.integers(1, 10_000))))
        return Int(low=low, high=high, log=draw(st.booleans()))
    if kind == "power":
        low, high = sorted((draw(st.integers(0, 14)), draw(st.integers(0, 14))))
        return PowerOfTwo(low=2**low, high=2**high)
    options = st.one_of(st.integers(-5, 5), st.text(max_size=4), st.none())
    return Choice(options=tuple(draw(st.lists(options, min_size=1, max_size=5, unique_by=repr))))


def point(draw, domain):
    axis = domain.axis("x")
    if axis.kind == "categorical":
        return draw(st.sampled_from(axis.choices))
    if axis.kind == "int":
        return draw(st.integers(int(axis.low), int(axis.high)))
    return draw(st.floats(axis.low, axis.high))


@given(st.data(), domains())
def test_a_point_of_the_axis_is_a_value_of_the_domain_and_comes_back(data, domain):
    assert domain.problems() == []
    coordinate = point(data.draw, domain)
    value = domain.from_axis(coordinate)
    if isinstance(domain, Float) and domain.complement:
        # 12 decimals are kept; a bound with more may be left by less than that.
        assert domain.low - 1e-11 <= value <= domain.high + 1e-11
        assert domain.to_axis(value) == pytest.approx(coordinate, abs=1e-11)
    else:
        assert domain.contains(value)
        assert domain.to_axis(value) == coordinate


@given(domains())
def test_json_round_trip(domain):
    assert domain_from_json(json.loads(json.dumps(domain.to_json()))) == domain


@given(domains(), st.integers(1, 6))
def test_a_grid_lies_on_the_axis(domain, points):
    axis = domain.axis("x")
    grid = domain.grid(points)
    assert len(grid) == len({repr(value) for value in grid})
    if axis.kind == "categorical":
        assert tuple(grid) == axis.choices
    else:
        assert len(grid) <= points
        assert all(axis.low <= value <= axis.high for value in grid)


@given(domains())
def test_positions_run_from_0_to_1_in_the_direction_of_the_values(domain):
    if isinstance(domain, Choice):
        assert domain.position(domain.options[0]) is None
        return
    assume(domain.low + 1e-6 < domain.high)
    assert domain.position(domain.low) == pytest.approx(0, abs=1e-6)
    assert domain.position(domain.high) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        (Float(low=2, high=1), "low 2 is above high 1"),
        (Float(low=0, high=1, log=True), "cannot start at 0"),
        (Float(low=math.nan, high=1), "not finite"),
        (Float(low=0.9, high=1.0, log=True, complement=True), "must be below 1"),
        (Int(low=0, high=4, log=True), "cannot start at 0"),
        (PowerOfTwo(low=3, high=8), "3 is not a power of two"),
        (PowerOfTwo(low=8, high=4), "low 8 is above high 4"),
        (Choice(options=()), "no choices"),
        (Choice(options=("a", "a")), 'choice "a" appears twice'),
    ],
)
def test_what_does_not_hold_is_said(domain, words):
    assert any(words in problem for problem in domain.problems())


def test_true_is_not_one():
    assert not Choice(options=(1, 2)).contains(True)
    assert not Int(low=0, high=4).contains(True)


def test_discounts_are_searched_by_their_distance_from_one():
    axis = Float(low=0.9, high=0.9999, log=True, complement=True).axis("gamma")
    assert (axis.name, axis.low, axis.high, axis.log) == ("1-gamma", 0.0001, 0.1, True)
