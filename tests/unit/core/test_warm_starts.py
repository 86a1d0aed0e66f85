"""Searches that begin with what other cells shipped."""

from dataclasses import replace

import pytest
from builders import SPACE, cell_of, ladders

from harness.algorithms.rules import network
from harness.core.decisions.transfer import ShippedConfiguration
from harness.core.decisions.warm_starts import warm_start, warm_values, with_donors
from harness.core.run import DEFAULT
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Float, PowerOfTwo
from harness.core.spaces.parameter import Parameter


def learning(name, **changes):
    cell = cell_of(name, **changes)
    return replace(cell, search=replace(cell.search, transfer=True))


def shipped(name, **values):
    return ShippedConfiguration(cell=cell_of(name), values=values or None)


def test_a_cell_learns_from_those_before_it_of_its_algorithm():
    asked = [learning("a@X"), cell_of("a@Y"), learning("b@X"), learning("a@Z")]
    donors = {cell.name: [donor.name for donor in cell.donors] for cell in with_donors(asked)}
    assert donors == {"a@X": [], "a@Y": [], "b@X": [], "a@Z": ["a@X", "a@Y"]}


def test_another_donor_is_another_search():
    one = with_donors([cell_of("a@X"), learning("a@Z")])[-1]
    two = with_donors([cell_of("a@Y"), learning("a@Z")])[-1]
    changed = with_donors([replace(cell_of("a@X"), seed=8), learning("a@Z")])[-1]
    assert len({each.study_digest() for each in (one, two, changed)}) == 3


def test_the_first_trials_are_the_distinct_winners_in_the_donors_order():
    cell = replace(learning("a@Z"), search=replace(learning("a@Z").search, first=({"lr": 0.1},)))
    received = [
        shipped("a@V"),
        shipped("a@W", lr=1e-2, net="big"),
        shipped("a@X", lr=1e-2, net="big"),
        shipped("a@Y", lr=1e-4, net="small"),
        shipped("a@U", lr=1e-3, net="small"),  # the default's values
    ]
    given = [warm_start(cell, received, number) for number in range(6)]
    assert [each and (each.number, each.source) for each in given] == [
        None,
        None,
        (2, "a@W"),
        (3, "a@Y"),
        None,
        None,
    ]
    assert given[3].coordinates == SPACE.encode({"lr": 1e-4, "net": "small"})


NARROW = Space(
    parameters=(
        Parameter(name="lr", domain=Float(low=1e-4, high=1e-2, log=True), default=1e-3),
        Parameter(name="net", domain=Choice(options=("big", "huge")), default="small"),
        Parameter(name="batch", domain=PowerOfTwo(low=16, high=128), default=32),
        Parameter(name="gamma", domain=Float(low=0.9, high=0.999), default=0.99),
    )
)


@pytest.mark.parametrize(
    ("values", "fixed", "expected"),
    [
        ({"lr": 1.0, "batch": 1000}, {}, {"lr": 1e-2, "batch": 128}),
        ({"lr": 1e-9, "batch": 100}, {}, {"lr": 1e-4, "batch": 128}),
        ({"net": "big", "gamma": 0.95}, {}, {"net": "big", "gamma": 0.95}),
        ({"net": "gone"}, {"gamma": 0.97}, {"net": "huge", "gamma": 0.97, "batch": 32}),
    ],
)
def test_values_are_moved_into_the_ranges_of_the_cell(values, fixed, expected):
    donor = replace(cell_of("a@X"), arguments=fixed)
    cell = replace(learning("a@Z"), space=NARROW)
    moved = warm_values(cell, ShippedConfiguration(cell=donor, values=values))
    assert NARROW.contains(moved)
    assert {name: moved[name] for name in expected} == pytest.approx(expected)


def test_what_a_donor_fixes_is_known_by_the_words_of_the_search():
    rate = Parameter(name="learning_rate", domain=Float(low=1e-4, high=1e-2), default=1e-3)
    layers = Parameter(
        name="net_arch",
        domain=Choice(options=("small", "medium")),
        default="small",
        target="policy_kwargs.net_arch",
    )
    cell = replace(learning("a@Z"), space=Space(parameters=(rate, layers), rules=(network,)))
    fixed = {
        "learning_rate": {"schedule": "linear", "initial": 5e-3},
        "policy_kwargs": {"net_arch": {"pi": [256, 256], "vf": [256, 256]}},
    }
    donor = replace(cell_of("a@X"), arguments=fixed)
    values = warm_values(cell, ShippedConfiguration(cell=donor, values={"gamma": 0.9}))
    assert values == {"learning_rate": 5e-3, "net_arch": "medium"}


def test_a_search_waits_for_its_donors_but_not_with_the_default():
    cells = with_donors([cell_of("a@X"), learning("a@Y"), learning("a@Z")])
    opened = {}
    for progress in ladders(cells, lambda planned: float(planned.trial or 0)):
        for name, each in progress.items():
            decided = {other for other, p in progress.items() if p.winner is not None}
            donors = {donor.name for donor in each.cell.donors}
            if len(each.trials) > 1:
                opened.setdefault(name, decided)
                assert donors <= decided
            assert len(each.trials) >= 1
        last = progress
    assert opened == {"a@X": set(), "a@Y": {"a@X"}, "a@Z": {"a@X", "a@Y"}}
    assert all(each.done for each in last.values())
    assert {each.winner.variant for each in last.values()} != {DEFAULT}
