"""Domains: the way from a value to its axis and back loses nothing."""

import json
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.core.spaces.domain import Choice, Float, Int, PowerOfTwo, domain_from_json

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
        (Choice(options=(0.5, 1, 1.0)), "choice 1 appears twice"),
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


@pytest.mark.parametrize(
    ("domain", "points", "grid"),
    [
        (Float(low=0, high=1), 5, [0, 0.25, 0.5, 0.75, 1]),
        (Float(low=2, high=6), 2, [2, 6]),
        (Float(low=2, high=6), 1, [2]),
        (Float(low=2, high=2), 4, [2]),
        (Float(low=0.01, high=100, log=True), 5, [0.01, 0.1, 1, 10, 100]),
        (Float(low=0.9, high=0.999, log=True, complement=True), 3, [0.001, 0.01, 0.1]),
        (Float(low=0.2, high=0.8, complement=True), 3, [0.2, 0.5, 0.8]),
        (Int(low=2, high=8), 4, [2, 4, 6, 8]),
        (Int(low=1, high=3), 9, [1, 2, 3]),
        (Int(low=1, high=100, log=True), 3, [1, 10, 100]),
        (PowerOfTwo(low=4, high=64), 3, [2, 4, 6]),
        (PowerOfTwo(low=1, high=1), 3, [0]),
        (Choice(options=("b", "a")), 1, ["b", "a"]),
    ],
)
def test_a_grid_is_even_on_the_axis(domain, points, grid):
    even = domain.grid(points)
    assert even == [value if isinstance(value, str) else pytest.approx(value) for value in grid]
    if domain.axis("x").kind == "int":
        assert all(type(value) is int for value in even)


@pytest.mark.parametrize(
    ("domain", "value", "position"),
    [
        (Float(low=2, high=6), 3, 0.25),
        (Float(low=2, high=2), 2, 0.5),
        (Float(low=0.01, high=100, log=True), 0.1, 0.25),
        (Float(low=0.9, high=0.999, log=True, complement=True), 0.99, 0.5),
        (Float(low=0.2, high=0.8, complement=True), 0.35, 0.25),
        (Int(low=2, high=10), 4, 0.25),
        (Int(low=1, high=100, log=True), 10, 0.5),
        (PowerOfTwo(low=4, high=64), 8, 0.25),
        (Choice(options=(1, 2)), 1, None),
    ],
)
def test_positions_are_shares_of_the_axis(domain, value, position):
    assert domain.position(value) == (position and pytest.approx(position))


@pytest.mark.parametrize(
    ("domain", "inside", "outside"),
    [
        (Float(low=1, high=2), [1, 2, 1.5], [0.999, 2.001, math.nan, math.inf, True, "1", None]),
        (Int(low=1, high=4), [1, 4, 2.0], [0, 5, 2.5, True, "2", math.inf]),
        (PowerOfTwo(low=2, high=8), [2, 4, 8, 4.0], [1, 16, 6, 4.5, True, "4", math.nan]),
        (Choice(options=("a", 1, None)), ["a", 1, None], ["b", 1.0, True, 0]),
    ],
)
def test_bounds_are_inside(domain, inside, outside):
    assert all(domain.contains(value) for value in inside)
    assert not any(domain.contains(value) for value in outside)


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        (Float(low=0.1, high=2), "0.1 .. 2"),
        (Float(low=1e-5, high=2, log=True), "1e-05 .. 2 (log)"),
        (Float(low=0.1, high=0.9, complement=True), "0.1 .. 0.9"),
        (
            Float(low=0.1, high=0.9, log=True, complement=True),
            "0.1 .. 0.9 (log, by distance from 1)",
        ),
        (Int(low=1, high=9), "1 .. 9"),
        (Int(low=1, high=9, log=True), "1 .. 9 (log)"),
        (PowerOfTwo(low=1, high=8), "1 .. 8 (powers of two)"),
        (Choice(options=("a", 1, None)), '"a" | 1 | null'),
    ],
)
def test_ranges_are_said_in_values(domain, words):
    assert domain.describe() == words


@pytest.mark.parametrize(
    "domain",
    [
        Float(low=0, high=1),
        Float(low=1, high=1),
        Float(low=0.0, high=0.9, log=True, complement=True),
        Float(low=0.5, high=1.0, complement=True),
        Float(low=-1, high=2),
        Int(low=1, high=1, log=True),
        Int(low=-3, high=0),
        PowerOfTwo(low=1, high=1),
        Choice(options=(1, True, "1", 1.5)),
    ],
)
def test_ranges_that_can_be_searched(domain):
    assert domain.problems() == []


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        (Float(low=1, high=math.inf), "not finite"),
        (Float(low=0.5, high=1.5, log=True, complement=True), "must be below 1"),
        (Float(low=-1, high=1, log=True), "cannot start at -1"),
        (Int(low=2, high=1), "low 2 is above high 1"),
        (PowerOfTwo(low=0, high=8), "0 is not a power of two"),
        (PowerOfTwo(low=2, high=12), "12 is not a power of two"),
        (PowerOfTwo(low=2.5, high=8), "2.5 is not a power of two"),
    ],
)
def test_ranges_that_cannot(domain, words):
    assert any(words in problem for problem in domain.problems())


def test_what_is_no_domain_cannot_be_read():
    with pytest.raises(ValueError, match="`set` is no domain"):
        domain_from_json({"type": "set", "low": 1})
    assert Float(low=0.1, high=0.2, complement=True).axis("x").name == "1-x"
    assert PowerOfTwo(low=1, high=2).axis("x").name == "log2(x)"


@pytest.mark.parametrize(
    ("domain", "least", "most", "part"),
    [
        (Float(low=1, high=9, log=True), 2, 5, Float(low=2, high=5, log=True)),
        (Float(low=1, high=9), 0, 10, Float(low=1, high=9)),
        (Float(low=1, high=9), 9, 20, Float(low=9, high=9)),
        (Float(low=1, high=9), 9.1, 20, None),
        (Int(low=1, high=9, log=True), 1.5, 8.5, Int(low=2, high=8, log=True)),
        (Int(low=1, high=9), 3, 3, Int(low=3, high=3)),
        (Int(low=1, high=9), 3.1, 3.9, None),
        (PowerOfTwo(low=4, high=64), 5, 40, PowerOfTwo(low=8, high=32)),
        (PowerOfTwo(low=4, high=64), 8, 32, PowerOfTwo(low=8, high=32)),
        (PowerOfTwo(low=4, high=64), 0, 100, PowerOfTwo(low=4, high=64)),
        (PowerOfTwo(low=1, high=64), 0, 1.9, PowerOfTwo(low=1, high=1)),
        (PowerOfTwo(low=4, high=64), 9, 15, None),
        (PowerOfTwo(low=4, high=64), 0, 3, None),
        (PowerOfTwo(low=4, high=64), 0, 0.5, None),
        (PowerOfTwo(low=1, high=64), 0, 0.5, None),
        (Choice(options=(1, 4, "a", True)), 2, 5, Choice(options=(4, "a", True))),
        (Choice(options=(1, 4)), 1, 4, Choice(options=(1, 4))),
        (Choice(options=(1, 4)), 5, 9, None),
    ],
)
def test_a_part_of_a_range(domain, least, most, part):
    assert domain.within(least, most) == part
