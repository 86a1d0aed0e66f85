"""The counts that a budget of a search stands for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.costs.budget_split import LEAST, confirm_after, split
from harness.core.declarations import MOST_TRIALS


@given(st.floats(LEAST, 2000))
def test_the_confirm_rung_takes_about_a_quarter_of_the_budget(runs):
    counts = split(runs)
    assert counts.top == max(1, counts.seeds - 1)
    confirm = (counts.top + 1) * counts.seeds
    assert 2 <= confirm < 0.75 * runs
    if runs > 100:
        assert 0.2 < confirm / runs < 0.32


@given(st.floats(LEAST, 2000), st.floats(0, 100))
def test_a_larger_budget_has_no_fewer_of_anything(runs, more):
    small, large = split(runs), split(runs + more)
    assert small.seeds <= large.seeds
    assert small.top <= large.top
    assert small.trials <= large.trials


@pytest.mark.parametrize(
    ("runs", "trials", "top", "seeds", "parameters"),
    [
        (LEAST, 26, 1, 1, 4),
        (10.5, 52, 1, 2, 4),
        (29.9, 129, 2, 3, 4),
        (30, 130, 2, 3, None),
        (240, 970, 7, 8, None),
        (10**6, MOST_TRIALS, 499, 500, None),
    ],
)
def test_what_follows_from_a_budget(runs, trials, top, seeds, parameters):
    counts = split(runs)
    assert (counts.trials, counts.top, counts.seeds) == (trials, top, seeds)
    assert counts.parameters == parameters


@given(st.floats(0, 2000))
def test_what_is_confirmed_after_an_early_end_is_what_such_a_budget_would_have(trials):
    top, seeds = confirm_after(trials)
    assert top == max(1, seeds - 1)
    # The budget that this search and this confirm rung have in all has these seeds, and with one
    # more it would not have as many.
    assert split(trials + (seeds + 1) ** 2).seeds <= seeds
    assert seeds == 1 or split(trials + seeds**2).seeds > seeds - 1


def test_settings_are_written_as_a_matrix_writes_them():
    counts = split(30)
    assert counts.settings("tpe") == {
        "search": {
            "trials": 130,
            "pruner": {"name": "median"},
            "sampler": {"name": "auto"},
            "cost_aware": 4.0,
        },
        "confirm": {"top": 2, "seeds": 3},
    }
    # A sampler that somebody asked for stays, and a sequence passes no point over.
    assert "sampler" not in counts.settings("cmaes")["search"]
    assert counts.settings("cmaes")["search"]["cost_aware"] == 4.0
    assert counts.settings("grid")["search"].keys() == {"trials", "pruner"}
