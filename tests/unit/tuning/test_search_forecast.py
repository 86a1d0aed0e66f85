"""What a search is likely to train: invented results, the search's own sampler and pruner."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.core.search_settings import Component, Until
from harness.errors import UsageError
from harness.registry import Registry, component_paths
from harness.tuning import search_forecast
from harness.tuning.search_forecast import suggest_arguments, trial_shares
from harness.tuning.suggestion import Suggester

REGISTRY = Registry(samplers=component_paths("sampler"), pruners=component_paths("pruner"))


def shares(name, *, in_flight=1, evals=10, steps=1000, **options):
    pruner = Component(name=name, options=options)
    function = REGISTRY.function("pruner", name)
    return trial_shares(pruner, function, in_flight=in_flight, evals=evals, steps=steps)


@pytest.mark.parametrize(
    ("pruner", "options"),
    [("none", {}), ("median", {"n_startup_trials": 30}), ("threshold", {"lower": -1e9})],
)
def test_where_nothing_is_given_up_every_trial_is_trained_whole(pruner, options):
    assert shares(pruner, **options) == (1.0,) * 30


@pytest.mark.parametrize("in_flight", [1, 4])
def test_no_trial_is_given_up_before_five_that_it_knows_are_complete(in_flight):
    found = shares("median", in_flight=in_flight)
    assert found[: 5 + in_flight - 1] == (1.0,) * (5 + in_flight - 1)
    assert min(found[5 + in_flight - 1 :]) < 1
    assert shares("median", in_flight=in_flight) == found


def test_what_is_given_up_at_once_has_had_the_evaluations_before():
    """A threshold that nobody reaches gives up at the first evaluation after the warm-up."""
    assert shares("threshold", lower=1e9) == pytest.approx((0.3,) * 30)
    assert shares("threshold", lower=1e9, n_warmup_steps=0, evals=5) == pytest.approx((0.2,) * 30)


@pytest.mark.parametrize(
    ("pruner", "first", "share"), [("median", 5, 0.471), ("percentile", 5, 0.634),
                                   ("successive_halving", 1, 0.475)],
)  # fmt: skip
def test_the_share_that_a_trial_gets_is_that_of_its_pruner(pruner, first, share):
    """A percentile gives up a quarter where a median gives up half, and a halving the most early.

    Of the invented trainings, which are always the same ones.
    """
    options = {"n_startup_trials": 0} if pruner == "successive_halving" else {}
    found = shares(pruner, **options)[first:]
    assert sum(found) / len(found) == pytest.approx(share, abs=0.01)


def test_an_option_that_does_not_hold_is_refused():
    with pytest.raises(UsageError, match="median"):
        shares("median", n_startup_trials=-1)


@pytest.mark.parametrize("sampler", ["random", "qmc"])
def test_what_is_drawn_without_scores_is_what_will_be_trained(sampler, searching, search):
    cell = searching(sampler=sampler)
    trained = [trial.arguments for trial in search(cell, 8, lambda values: values["epochs"])]
    foreseen = suggest_arguments(REGISTRY, "campaign", cell, 8)
    assert foreseen == [cell.arguments, *trained[1:]]
    assert suggest_arguments(REGISTRY, "campaign", cell, 0) == []


def test_a_suggestion_knows_the_trials_that_have_ended_and_those_in_flight(searching, monkeypatch):
    asked = []

    class Asked(Suggester):
        def suggest(self, finished_trials, running):
            asked.append((self._cell.search.until, len(finished_trials), len(running)))
            return super().suggest(finished_trials, running)

    monkeypatch.setattr(search_forecast, "Suggester", Asked)
    cell = searching(in_flight=3)
    until = replace(cell, search=replace(cell.search, until=Until(plateau=3)))
    suggest_arguments(REGISTRY, "campaign", until, 6)
    assert asked == [(None, max(0, n - 2), min(n, 2)) for n in range(6)]
