"""The effort of a search: what is spent, what one more trial may take, and how it is counted."""

import math
from dataclasses import replace
from heapq import nlargest

import pytest
from builders import cell, ppo, pruned, searched, still_open, trial
from hypothesis import given
from hypothesis import strategies as st

from harness.core.costs.budget_split import confirm_after, split
from harness.core.costs.effort import relative_to
from harness.core.costs.search_budget import (
    EffortCache,
    cost_limit,
    distinct_best,
    find_effort_limit,
    room_for_trial,
    run_share,
    shrink_confirm,
    trial_share,
)
from harness.core.run_result import Status
from harness.core.search_settings import Objective


def test_a_trial_is_as_long_as_its_seeds():
    each = searched(seeds=3)
    assert (run_share(each), trial_share(each)) == (0.5, 1.5)


def test_the_effort_of_a_trial_is_worked_out_once():
    each, cache = searched(ppo, seeds=2), EffortCache()
    dear = {"n_epochs": 30}
    effort = cache.of(each, trial(1, 1.0, dear), {})
    assert effort == relative_to(each, dear, {}) > 1.5
    assert cache.of(each, trial(1, 1.0, {}), {}) == effort
    assert cache.of(each, trial(2, 1.0, {}), {}) == 1.0


class TestRoom:
    """What the next trial may take."""

    def test_the_first_one_is_the_default_and_always_has_room(self):
        assert find_effort_limit(searched(budget=4), [], 0) == math.inf

    def test_none_is_told_without_a_budget_or_beyond_the_last_trial(self):
        one = [trial(0, 1.0)]
        assert find_effort_limit(searched(budget=None), one, 1) is None
        assert find_effort_limit(searched(budget=None), [], 0) is None
        assert find_effort_limit(searched(budget=9, trials=1), one, 1) is None
        assert find_effort_limit(searched(budget=9, trials=2), one, 1) is not None

    @pytest.mark.parametrize(
        ("budget", "limit"),
        [
            # Half a run for the default, one for its two confirm runs; the rest for one more
            # trial and its two confirm runs.
            (5.0, 3.5 / 3),
            (3.0, 0.5),
            (3.0 - 1e-6, None),
        ],
    )
    def test_a_trial_and_its_confirm_runs_take_what_is_left(self, budget, limit):
        found = find_effort_limit(searched(budget=budget), [trial(0, 1.0)], 1)
        assert found == (limit and pytest.approx(limit))

    @given(st.data())
    def test_what_is_told_uses_the_budget_up_exactly(self, data):
        counts = {name: data.draw(st.integers(1, 3)) for name in ("seeds", "top", "confirm")}
        each = searched(ppo, budget=data.draw(st.floats(8, 40)), **counts)
        trials = [trial(0, 1.0, {})]
        for number in range(1, data.draw(st.integers(1, 6))):
            arguments = {"n_epochs": number + data.draw(st.sampled_from([1, 10, 20]))}
            score = data.draw(st.sampled_from([0.0, 1.0, 2.0]))
            share = data.draw(st.sampled_from([None, 0.25, 1.5]))
            full = each.search.steps * each.search.seeds
            trials.append(
                trial(number, score, arguments)
                if share is None
                else pruned(number, int(share * full), arguments)
            )
        results = data.draw(st.integers(0, len(trials)))
        length = each.search.seeds * 0.5
        efforts = [relative_to(each, one.arguments, {}) * length for one in trials]
        spent = sum(
            effort * (min(1.0, one.result.steps / (each.search.steps * each.search.seeds))
                      if one.number < results and one.result.status is Status.PRUNED else 1.0)
            for one, effort in zip(trials, efforts, strict=True)
        )  # fmt: skip
        known = sorted(
            (one for one in trials[1:results] if one.result.status is Status.COMPLETE),
            key=lambda one: (-one.result.score, one.number),
        )
        best = [efforts[one.number] for one in known[: each.confirm.top]]
        rivals = best + efforts[max(1, results) :]

        def needed(effort):
            dearest = nlargest(each.confirm.top, [*rivals, effort])
            runs = each.confirm.seeds / each.search.seeds
            return spent + effort + runs * (length + sum(dearest))

        limit = find_effort_limit(each, trials, results)
        if limit is None:
            assert needed(length) > each.search.budget - 1e-6
        else:
            assert needed(limit) == pytest.approx(each.search.budget)
            assert limit >= length - 1e-6

    def test_pruned_trials_leave_room(self):
        each = searched(budget=4.0)
        given_up = [trial(0, 1.0), *(pruned(number, 20) for number in (1, 2, 3))]
        complete = [trial(0, 1.0), *(trial(number, 1.0) for number in (1, 2, 3))]
        assert find_effort_limit(each, complete, 4) is None
        assert find_effort_limit(each, given_up, 4) == pytest.approx((4 - 0.5 - 0.3 - 1) / 3)
        # While their results may not be known they count as whole.
        assert find_effort_limit(each, given_up, 1) is None

    def test_each_result_in_turn_may_make_room(self):
        each = searched(budget=4.8, in_flight=3)
        trials = [trial(0, 1.0), *(pruned(number, 20) for number in (1, 2, 3))]
        assert room_for_trial(each, trials, 1) is None
        later = room_for_trial(each, trials, 4)
        limits = [find_effort_limit(each, trials, count) for count in range(2, 5)]
        # The first results that do, not all that there are.
        assert later == next(limit for limit in limits if limit is not None) != limits[-1]

    def test_a_suggestion_waits_for_all_results_but_those_in_flight(self):
        each = searched(budget=20.0, in_flight=2)
        trials = [trial(0, 1.0), trial(1, 1.0), trial(2, 1.0)]
        assert room_for_trial(each, trials, 1) is None
        assert room_for_trial(each, trials, 2) is not None
        assert room_for_trial(searched(budget=20.0, in_flight=9), trials, 0) is not None


class TestCostLimit:
    @pytest.mark.parametrize("multiple", [None, 4.0])
    def test_without_a_budget_it_is_the_setting(self, multiple):
        each = searched(budget=None, cost_aware=multiple)
        assert cost_limit(each, [trial(0, 1.0)]) == multiple

    @pytest.mark.parametrize(
        ("budget", "multiple", "limit"),
        [
            (5.0, None, 3.5 / 3 / 0.5),
            (5.0, 4.0, 3.5 / 3 / 0.5),
            (5.0, 2.0, 2.0),
            (1.0, 4.0, 1.0),  # later results made room for one like the default
        ],
    )
    def test_a_budget_bounds_it_too(self, budget, multiple, limit):
        each = searched(budget=budget, cost_aware=multiple)
        assert cost_limit(each, [trial(0, 1.0)]) == pytest.approx(limit)

    def test_it_knows_only_the_results_that_the_suggestion_knows(self):
        each = searched(budget=8.0, in_flight=2)
        trials = [trial(0, 1.0), trial(1, 1.0), pruned(2, 10)]
        assert cost_limit(each, trials) == find_effort_limit(each, trials, 2) / 0.5


class TestEarlyEnd:
    """The confirm rung of a search that is closed early."""

    def test_it_shrinks_with_the_search(self):
        counts = split(240)
        each = searched(
            budget=120.0, trials=counts.trials, top=counts.top, confirm=counts.seeds
        )  # fmt: skip
        assert shrink_confirm(each, []) == (counts.top, counts.seeds)
        trials = [trial(number, 1.0) for number in range(8)]
        assert shrink_confirm(each, trials) == confirm_after(8) < (counts.top, counts.seeds)
        # What was given up took less, and what is dear took more.
        short = [trial(0, 1.0), *(pruned(number, 10) for number in range(1, 100))]
        assert shrink_confirm(each, short) == confirm_after(1 + 9.9)
        many = [trial(number, 1.0) for number in range(230)]
        assert shrink_confirm(each, many) == (counts.top, counts.seeds)

    @pytest.mark.parametrize("changes", [{"budget": None}, {"top": 2}, {"confirm": 2}])
    def test_what_somebody_wrote_stays(self, changes):
        counts = split(240)
        settings = {"budget": 120.0, "top": counts.top, "confirm": counts.seeds} | changes
        each = searched(trials=counts.trials, **settings)
        assert shrink_confirm(each, [trial(0, 1.0)]) == (settings["top"], settings["confirm"])


class TestBest:
    """The best trials that differ."""

    def test_only_complete_configurations_unlike_the_default_and_one_another(self):
        trials = [
            trial(0, 9.0, {}),
            trial(1, 1.0, {"lr": 1}),
            trial(2, 2.0, {"lr": 2}),
            trial(3, 3.0, {"lr": 2}),
            trial(4, 8.0, {"lr": 4}, Status.PRUNED),
            trial(5, None, {"lr": 5}, Status.FAILED),
            still_open(6, {"lr": 6}),
            trial(7, 7.0, {}),
            trial(8, 1.0, {"lr": 8}),
        ]
        numbers = [
            [each.number for each in distinct_best(cell(), {}, trials, top)] for top in range(5)
        ]
        # Of equal scores the first one.
        assert numbers == [[], [3], [3, 1], [3, 1, 8], [3, 1, 8]]

    def test_of_several_objectives_the_best_are_those_of_the_front(self):
        objectives = (
            Objective(name="return", direction="max"),
            Objective(name="parameters", direction="min"),
        )
        each = searched(budget=None, objectives=objectives)

        def sized(number, score, parameters):
            one = trial(number, score)
            return replace(one, result=replace(one.result, parameters=parameters))

        trials = [
            sized(1, 1.0, 10),
            sized(2, 0.5, 20),  # worse in both
            sized(3, 3.0, 30),
            sized(4, 9.0, None),  # not measured
        ]
        best = distinct_best(each, {}, trials, 2)
        assert {one.number for one in best} == {1, 3}
