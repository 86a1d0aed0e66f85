"""Ranges of which only every so many values are taken."""

import json
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.core.spaces.domain import Float, Int, domain_from_json

NO_STEP = "a logarithmic range has no `step`"
FROM_0 = "a logarithmic range cannot start at 0; it must be above 0"


@st.composite
def stepped(draw):
    """A range in steps, and all the values that it may take."""
    size, count = draw(st.integers(1, 9)), draw(st.integers(1, 8))
    rest = draw(st.integers(0, size - 1))
    if draw(st.booleans()):
        low = draw(st.integers(-20, 20))
        domain = Int(low=low, high=low + size * count + rest, step=size)
        return domain, [low + n * size for n in range(count + 1)]
    low, step = draw(st.integers(0, 5)) / 10, size / 1000
    domain = Float(
        low=low, high=low + step * (count + rest / size), step=step, complement=draw(st.booleans())
    )
    # Decimals as a person writes them.
    return domain, [float(f"{low + n * step:.12g}") for n in range(count + 1)]


@given(stepped(), st.integers(2, 12))
def test_a_range_in_steps_has_whole_steps_alone(ranges, points):
    domain, values = ranges
    assert domain.problems() == []
    assert domain.high == pytest.approx(values[-1])
    assert all(domain.contains(value) for value in values)
    assert not domain.contains(values[0] + domain.step / 2)
    assert domain_from_json(json.loads(json.dumps(domain.to_json()))) == domain
    grid = domain.grid(points)
    assert len(grid) == len(set(grid)) <= points
    assert grid == sorted(grid)
    reached = sorted(map(domain.from_axis, grid))
    assert all(domain.contains(value) for value in reached)
    assert (reached[0], reached[-1]) == pytest.approx((values[0], values[-1]))
    whole = [domain.from_axis(coordinate) for coordinate in domain.grid(10_000)]
    assert sorted(whole) == pytest.approx(values)


@given(stepped(), st.data())
def test_a_part_of_a_range_in_steps_keeps_its_values(ranges, data):
    domain, values = ranges
    bounds = st.floats(values[0] - 1, values[-1] + 1)
    least, most = sorted((data.draw(bounds), data.draw(bounds)))
    kept = [value for value in values if least <= value <= most]
    assume(all(abs(value - end) > 1e-6 for value in values for end in (least, most)))
    part = domain.within(least, most)
    if not kept:
        assert part is None
        return
    assert (part.low, part.high, part.step) == (
        pytest.approx(kept[0]), pytest.approx(kept[-1]), domain.step,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("domain", "problems"),
    [
        (Float(low=0, high=1, step=1), []),
        (Float(low=0, high=1, step=0.5), []),
        (Float(low=0, high=1, step=0), ["step 0 must be a number above 0"]),
        (Float(low=0, high=1, step=-1), ["step -1 must be a number above 0"]),
        (Float(low=0, high=1, step=math.nan), ["step nan must be a number above 0"]),
        (Float(low=0, high=1, step=1.5), ["step 1.5 is larger than the range from 0 to 1"]),
        (Float(low=1, high=1, step=1.5), []),
        (Float(low=1, high=0, step=0.5), ["low 1 is above high 0"]),
        (Float(low=0, high=math.inf, step=1), ["bounds 0 .. inf are not finite numbers"]),
        (Float(low=1, high=4, log=True, step=1), [NO_STEP]),
        (
            Float(low=0.5, high=0.9, log=True, complement=True, step=0.1),
            [NO_STEP],
        ),
        (Float(low=0.5, high=1.0, complement=True, step=0.1), []),
        (Int(low=1, high=9, log=True, step=2), [NO_STEP]),
        (Float(low=0, high=2, log=True), [FROM_0]),
    ],
)
def test_steps_that_cannot_be_are_said(domain, problems):
    assert domain.problems() == problems


def test_a_step_is_said_and_seen_by_the_optimiser():
    assert Int(low=1, high=9, step=4).describe() == "1 .. 9 (steps of 4)"
    assert Float(low=0, high=1, step=0.25).describe() == "0 .. 1 (steps of 0.25)"
    assert [d.axis("x").step for d in (Int(low=1, high=9, step=4), Int(low=1, high=9))] == [4, None]
    # A suggestion between two steps is the nearer one.
    assert Float(low=0.1, high=0.7, step=0.2).from_axis(0.42) == 0.5


def test_a_range_of_one_step_holds_it_whatever_its_rounding():
    # 0.3 - 0.1 is a little less than 0.2.
    domain = Float(low=0.1, high=0.3, step=0.2)
    assert (domain.high, domain.problems()) == (0.3, [])
    assert domain.grid(5) == [0.1, 0.3]


def test_a_part_that_begins_on_a_step_holds_it():
    # 0.1 + 2 * 0.1 is a little more than 0.3.
    part = Float(low=0.1, high=0.9, step=0.1).within(0.3, 0.7)
    assert (part.low, part.high) == (0.3, 0.7)
    assert part.contains(0.3)


def test_a_part_without_a_step_is_one_value():
    for part, value in (
        (Int(low=1, high=9, step=4).within(2, 8), 5),
        (Float(low=0.1, high=0.9, step=0.4).within(0.0, 0.4), 0.1),
    ):
        assert (part.low, part.high, part.problems()) == (value, value, [])


def test_steps_are_counted_in_decimals_as_they_are_written():
    around_0 = Float(low=-0.3, high=0.3, step=0.1)
    assert around_0.contains(0.0)
    assert around_0.grid(99) == [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3]
    exact = Float(low=0.606844179358399, high=0.74, step=0.044)
    assert all(map(exact.contains, map(exact.from_axis, exact.grid(99))))


def test_the_nearest_point_of_an_axis_lies_on_a_step_between_the_bounds():
    axis = Int(low=1, high=30, step=5).axis("x")
    assert [axis.nearest(x) for x in (-3, 1, 10, 99)] == [1, 1, 11, 26]
    assert Float(low=0.1, high=0.9).axis("x").nearest(0.95) == 0.9
