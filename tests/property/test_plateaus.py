"""A search that ends on a plateau: the same trials whoever runs them, as Optuna would end it."""

import warnings
from dataclasses import replace
from functools import partial
from unittest.mock import patch

import optuna
import virtual
from builders import cell, trial
from fakes import fake_result
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.terminator import BestValueStagnationEvaluator
from sweeps import examples
from virtual import Night

from harness.core.costs.search_budget import (
    count_allowed_trials,
    find_stopping_rule,
    has_levelled_off,
    lacks_room,
)
from harness.core.identity import digest
from harness.core.run_result import Status
from harness.core.scenario import Scenario
from harness.core.search_settings import Search, Until
from harness.core.settings import Confirm, Test


def levelled(plateau, in_flight, trials=40, **rules):
    return cell(
        scenario=Scenario(name="A-v0", env="A-v0", action="Discrete"),
        search=Search(
            trials=trials,
            steps=100,
            evals=4,
            episodes=2,
            in_flight=in_flight,
            until=Until(plateau=plateau, **rules),
        ),
        confirm=Confirm(top=2, seeds=1),
        test=Test(seeds=1, steps=100, evals=4, episodes=2),
    )


def outcome(run, salt=0):
    """Few results are better than those before; some are pruned and some fail."""
    result, draw = fake_result(run), int(digest([run.id, salt])[:4], 16)
    if run.pruning is None or draw % 5:
        score = float(draw % 30)
        return replace(result, status=Status.COMPLETE, steps=run.steps, score=score, failure=None)
    return result


def trials_of(night):
    (progress,) = night.cells.values()
    return [(each.number, each.arguments) for each in progress.trials]


@settings(max_examples=examples(10, 30), deadline=None)
@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 9), st.integers(1, 30))
def test_the_same_trials_for_any_workers_and_after_a_stop(plateau, in_flight, salt, stop_after):
    each, result = levelled(plateau, in_flight), partial(outcome, salt=salt)
    one = Night([each], lambda run: 1.0, workers=1, result=result)
    (progress,) = one.cells.values()
    assert progress.done
    assert not progress.may_go_on
    count = len(progress.trials)
    assert count == 40 or has_levelled_off(each, progress.trials)
    assert (f"{plateau} in a row" in find_stopping_rule(each, progress.trials)) == (count < 40)
    # It went on for as long as nothing known said otherwise.
    assert not has_levelled_off(each, progress.trials[: max(0, count - in_flight)])
    four = Night([each], lambda run: 1 + int(run.id[:2], 16), workers=4, result=result)
    assert trials_of(four) == trials_of(one)
    begun = Night([each], lambda run: 1.0, workers=2, result=result, stop_after=stop_after)
    rest = Night(
        [each], lambda run: 1 + int(run.id[:2], 16), workers=3, ledger=begun.ledger, result=result
    )
    assert trials_of(rest) == trials_of(one)
    longer = Night(
        [levelled(plateau + 2, in_flight)], lambda run: 1.0, workers=2, ledger=rest.ledger,
        result=result,
    )  # fmt: skip
    assert trials_of(longer)[:count] == trials_of(one)
    for night in (one, longer):
        (progress,) = night.cells.values()
        assert count_allowed_trials(each, progress.trials) == count


def with_room(salt):
    """Suggestions, each with what is measured of the results that it knows."""
    suggest = virtual.suggest

    def suggest_with_room(one, finished, running):
        suggestion = suggest(one, finished, running)
        draw = int(digest([salt, [each.run_id for each in finished]])[:4], 16)
        return replace(suggestion, room={"regret": draw % 100} if len(finished) > 3 else {})

    return patch("virtual.suggest", suggest_with_room)


@settings(max_examples=examples(7, 20), deadline=None)
@given(st.integers(1, 4), st.integers(1, 60), st.integers(0, 9), st.integers(1, 30))
def test_a_bound_of_what_is_left_ends_it_alike_for_any_workers(in_flight, limit, salt, stop_after):
    each, result = levelled(None, in_flight, regret=limit), partial(outcome, salt=salt)
    with with_room(salt):
        one = Night([each], lambda run: 1.0, workers=1, result=result)
        begun = Night([each], lambda run: 1.0, workers=2, result=result, stop_after=stop_after)
        rest = Night(
            [each], lambda run: 1 + int(run.id[:2], 16), workers=3, ledger=begun.ledger,
            result=result,
        )  # fmt: skip
        assert trials_of(rest) == trials_of(one)
        (progress,) = one.cells.values()
        assert progress.done
        assert len(progress.trials) == 40 or lacks_room(each, progress.trials)
        ended = len(progress.trials) < 40
        assert find_stopping_rule(each, progress.trials).startswith("`regret` came to") == ended
        # The last suggestion alone may say so: none follows it.
        assert not lacks_room(each, progress.trials[:-1])
        lower = levelled(None, in_flight, regret=limit / 2)
        longer = Night([lower], lambda run: 1.0, workers=2, ledger=rest.ledger, result=result)
        assert trials_of(longer)[: len(progress.trials)] == trials_of(one)
        (more,) = longer.cells.values()
        for trials in (progress.trials, more.trials):
            assert count_allowed_trials(each, trials) == len(progress.trials)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=30), st.integers(1, 8))
def test_it_ends_when_optunas_evaluator_says_so(scores, plateau):
    each = levelled(plateau, 1)
    finished = [trial(number, float(score)) for number, score in enumerate(scores)]
    known = [
        optuna.trial.create_trial(value=float(score), state=optuna.trial.TrialState.COMPLETE)
        for score in scores
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        evaluator = BestValueStagnationEvaluator(plateau)
    room = evaluator.evaluate(known, optuna.study.StudyDirection.MAXIMIZE)
    ended_before = any(
        has_levelled_off(each, finished[:count]) for count in range(1, len(finished))
    )
    assert has_levelled_off(each, finished) == (room <= 0 or ended_before)
