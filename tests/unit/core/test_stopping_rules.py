"""When a search ends before it has all its trials: plateaus, and too little room to gain."""

import math
from dataclasses import replace

import pytest
from builders import cell, trial

from harness.core.costs.search_budget import find_stopping_rule, has_levelled_off, lacks_room
from harness.core.run_result import Failure, Status
from harness.core.search_settings import Search, Until


def until(trials=20, **rules):
    return cell(search=Search(trials=trials, steps=100, evals=4, episodes=2, until=Until(**rules)))


def failed(number):
    lost = trial(number, None, status=Status.FAILED)
    return replace(lost, result=replace(lost.result, failure=Failure(kind="x", message="y")))


def scored(scores):
    """Trials with these scores: None failed, a text was pruned at that score."""
    trials = []
    for number, score in enumerate(scores):
        if score is None:
            trials.append(failed(number))
        elif isinstance(score, str):
            trials.append(trial(number, float(score), status=Status.PRUNED))
        else:
            trials.append(trial(number, score))
    return trials


@pytest.mark.parametrize(
    ("scores", "is_level"),
    [
        ([], False),
        ([1.0], False),
        ([1.0, 0.0, 0.0], False),
        ([1.0, 0.0, 0.0, 0.0], True),
        ([1.0, 1.0, 1.0, 1.0], True),  # as good is no better
        ([1.0, 0.0, 0.0, 2.0, 0.0, 0.0], False),
        ([1.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0], True),
        ([1.0, 0.0, 0.0, 0.0, 2.0], True),  # it had ended before
        ([1.0, "9", "9", "9"], True),  # what was given up was no better
        ([1.0, "9", "9", 2.0], False),
        ([1.0, None, None, None, 0.0], False),  # failed ones say nothing
        ([1.0, 0.0, None, 0.0, 0.0], True),
        (["1", "1", "1"], True),
        ([-5.0, -6.0, -4.0, -5.0, -5.0], False),
    ],
)
def test_a_search_levels_off_after_so_many_trials_without_a_better_one(scores, is_level):
    assert has_levelled_off(until(plateau=3), scored(scores)) == is_level


def test_a_trial_without_a_score_is_no_better_and_an_open_one_says_nothing():
    empty = [trial(number, None) for number in range(3)]
    assert has_levelled_off(until(plateau=3), empty)
    waiting = [replace(each, result=None) for each in empty]
    assert not has_levelled_off(until(plateau=3), waiting)


@pytest.mark.parametrize("each", [cell(), until(regret=1.0)])
def test_without_such_a_rule_no_search_levels_off(each):
    assert not has_levelled_off(each, scored([1.0] * 10))


def measured(number, **room):
    one = trial(number, 1.0)
    return replace(one, suggestion=replace(one.suggestion, room=room))


@pytest.mark.parametrize(
    ("rooms", "lacks"),
    [
        ([], False),
        ([{}, {}], False),
        ([{"regret": 1.0}], False),
        ([{"regret": 0.999}], True),
        ([{"regret": 5.0}, {"regret": 0.5}, {"regret": 5.0}], True),
        ([{"emmr": 0.05}], True),
        ([{"emmr": 0.1, "regret": math.inf}], False),
        ([{"noise": 0.0}], False),  # nobody asked for this one
    ],
)
def test_a_search_lacks_room_once_a_measure_is_below_its_limit(rooms, lacks):
    trials = [measured(number, **room) for number, room in enumerate(rooms)]
    assert lacks_room(until(regret=1.0, emmr=0.1), trials) == lacks
    assert not lacks_room(cell(), trials)


def test_the_rule_that_ended_a_search_is_named():
    flat = scored([1.0, 0.0, 0.0])
    both = until(plateau=2, regret=1.0)
    assert find_stopping_rule(both, flat) == "2 in a row had no better score (`plateau`)"
    low = [*scored([1.0]), measured(1, regret=0.123456), measured(2, regret=0.01)]
    assert find_stopping_rule(until(regret=1.5), low) == "`regret` came to 0.1235, below 1.5"
    assert find_stopping_rule(both, scored([1.0, 0.0])) == ""
    assert find_stopping_rule(until(regret=0.1), [measured(0, regret=0.1)]) == ""


def test_a_search_that_had_all_its_trials_was_ended_by_none():
    flat = scored([1.0, 0.0, 0.0])
    assert find_stopping_rule(until(trials=3, plateau=2), flat) == ""
    assert find_stopping_rule(until(trials=4, plateau=2), flat) != ""
    assert find_stopping_rule(cell(), flat) == ""
