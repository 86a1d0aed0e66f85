"""Trials of several seeds: what they train, and when one is given up between two of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import cell

from harness.core.costs.search_budget import run_share, trial_share
from harness.core.decisions import plan
from harness.core.run import Curve, PruningRule
from harness.core.search_settings import Component, Search
from harness.core.settings import Rung
from harness.tuning.pruning_replay import SeedRace

BEST = (1.0, 2.0, 5.0, 6.0, 7.0, 8.0)
EVALS = 6


def race(pruner="median", finished=5, **options):
    """Five trials of two seeds, the first of them the best."""
    curves = tuple(
        Curve(
            number=number,
            state="complete",
            score=20.0 - number,
            means=tuple(mean - number for mean in (*BEST, *BEST)),
        )
        for number in range(finished)
    )
    rule = PruningRule(
        study="s", number=finished + 1, pruner=Component(name=pruner, options=options),
        finished=curves,
    )  # fmt: skip
    return SeedRace(rule, EVALS)


def test_what_is_clearly_worse_is_given_up_after_its_first_seed():
    worse = [mean - 3 for mean in BEST]
    assert race(p_threshold=0.2, pruner="wilcoxon").judge(worse)
    assert not race(p_threshold=0.2, pruner="wilcoxon").judge([mean + 1 for mean in BEST])


def test_only_the_later_half_of_a_seed_counts():
    slow = [-50.0, -50.0, -50.0, *(mean + 1 for mean in BEST[3:])]
    assert not race(p_threshold=0.2, pruner="wilcoxon").judge(slow)


def test_more_seeds_decide_what_one_does_not():
    slightly = [mean - 0.1 for mean in BEST]
    assert not race().judge(slightly)
    assert race().judge(slightly * 2)


@pytest.mark.parametrize("options", [{"pruner": "none"}, {"finished": 4}])
def test_nothing_is_given_up_without_rivals_or_a_pruner(options):
    assert not race(**options).judge([mean - 3 for mean in BEST] * 2)


def test_all_trials_have_the_same_seeds():
    one = cell(search=Search(trials=4, steps=100, evals=4, episodes=2))
    several = replace(one, search=replace(one.search, seeds=3, over_seeds="iqm"))
    runs = [plan.plan_trial(several, number, {}, ()).run for number in range(3)]
    assert {(run.seed, run.replicas) for run in runs} == {(runs[0].seed, runs[0].replicas)}
    parts = runs[1].parts
    assert len({part.seed for part in parts}) == len({part.schedule.seed for part in parts}) == 3
    assert [part.replicas for part in parts] == [()] * 3
    assert runs[1].over_seeds == "iqm"
    assert not set(plan.search_seeds(several)) & set(plan.confirm_seeds(several))
    single = [plan.plan_trial(one, number, {}, ()).run for number in range(3)]
    assert len({run.seed for run in single}) == 3
    assert single[0].parts == (single[0],)


def test_seeds_count_in_effort_and_steps():
    one = cell(search=Search(trials=4, steps=100, evals=4, episodes=2))
    several = replace(one, search=replace(one.search, seeds=3))
    assert trial_share(several) == 3 * trial_share(one) == 3 * run_share(one)
    steps = [plan.steps_of(each, Rung.SEARCH) for each in (one, several)]
    assert steps[1] == 3 * steps[0]
    assert plan.steps_of(several, Rung.CONFIRM) == steps[0]
