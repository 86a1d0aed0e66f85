"""Ends of searches that Optuna's Gaussian process tells; they import torch."""

from __future__ import annotations

import random
import warnings
from dataclasses import replace

import pytest
from builders import SPACE, cell, trial
from optuna.exceptions import ExperimentalWarning
from optuna.study import create_study
from optuna.terminator import RegretBoundEvaluator, StaticErrorEvaluator, Terminator

from harness.core import seeds
from harness.core.costs.search_budget import FIRST_EMMR, FIRST_REGRET, lacks_room
from harness.core.record import Suggestion, TrialRecord
from harness.core.run_result import Evaluation, Status
from harness.core.search_settings import Search, Until
from harness.registry import Registry, component_paths
from harness.tuning.optuna_trials import make_finished_trial
from harness.tuning.search_forecast import suggest_arguments
from harness.tuning.suggestion import Suggester
from harness.tuning.terminators import SearchRoom

pytestmark = pytest.mark.training

REGISTRY = Registry(samplers=component_paths("sampler"))


def ending(seeds=1, **until):
    search = Search(
        trials=80, steps=100, evals=4, episodes=2, seeds=seeds, in_flight=1, until=Until(**until)
    )
    return cell(search=search)


def tried(count, width=1.0):
    """Trials near a best learning rate; every seventh has failed."""
    draws, trials = random.Random(3), []
    for number in range(count):
        rate = 10 ** draws.uniform(-5, -1)
        score = None if number % 7 == 6 else width * (draws.gauss(0, 0.1) - abs(rate - 1e-3))
        status = Status.FAILED if score is None else Status.COMPLETE
        values = {"lr": rate, "net": draws.choice(["small", "big"])}
        coordinates = SPACE.coordinates(values)
        one = trial(number, score, status=status)
        suggestion = Suggestion(number=number, coordinates=coordinates)
        trials.append(replace(one, suggestion=suggestion, values=values))
    return trials


def of_optuna(trials):
    return [
        make_finished_trial(
            SPACE, each, {}, values=None if each.result.score is None else [each.result.score]
        )
        for each in trials
    ]


def test_it_is_measured_once_there_are_enough_complete_trials_and_always_the_same():
    several = ending(regret=1.0, emmr=0.5)
    trials, room = tried(40), SearchRoom(several)
    complete = [sum(t.result.score is not None for t in trials[:n]) for n in range(41)]
    for count in (complete.index(FIRST_REGRET) - 1, complete.index(FIRST_REGRET)):
        measured = room.measure(count, trials[:count], of_optuna(trials[:count]))
        assert set(measured) == ({"regret"} if complete[count] >= FIRST_REGRET else set())
    measured = room.measure(40, trials, of_optuna(trials))
    assert set(measured) == {"regret", "emmr"}
    assert complete[40] >= FIRST_EMMR
    # Not from what was measured before, and not without being asked.
    assert SearchRoom(several).measure(40, trials, of_optuna(trials)) == measured
    assert SearchRoom(ending(plateau=3)).measure(40, trials, of_optuna(trials)) == {}


@pytest.mark.filterwarnings("ignore:.*optuna.terminator.*:FutureWarning")
@pytest.mark.parametrize("factor", [0.99, 1.01])
def test_it_ends_a_search_as_optunas_terminator_would(factor):
    trials = tried(30)
    bound = SearchRoom(ending(regret=1.0)).measure(30, trials, of_optuna(trials))["regret"]
    limited = ending(regret=factor * bound)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        evaluator = RegretBoundEvaluator(seed=seeds.sampler_seed(limited.seed, limited.name, 30))
        terminator = Terminator(evaluator, StaticErrorEvaluator(factor * bound), FIRST_REGRET)
        study = create_study(direction="maximize")
        study.add_trials(of_optuna(trials))
        expected = terminator.should_terminate(study)
    after = replace(trials[-1].suggestion, number=30, room={"regret": bound})
    assert lacks_room(limited, [*trials, replace(trials[-1], suggestion=after)]) == expected
    assert expected == (factor > 1)


def test_noise_is_the_bound_in_standard_errors_over_seeds():
    def of_two(one: TrialRecord) -> TrialRecord:
        if one.result.score is None:
            return one
        means = [(25, 0.0), (50, 0.0), (75, 0.0), (100, one.result.score - 1)]
        means += [(125, 0.0), (150, 0.0), (175, 0.0), (200, one.result.score + 1)]
        evaluations = tuple(Evaluation(step=s, returns=(m,), lengths=(1,)) for s, m in means)
        return replace(one, result=replace(one.result, evaluations=evaluations))

    trials = [of_two(each) for each in tried(30)]
    both = ending(seeds=2, regret=1.0, noise=1.0)
    measured = SearchRoom(both).measure(30, trials, of_optuna(trials))
    # Scores 1 below and 1 above their mean: a variance of 1, times 1 / 2 + 1 / 1.
    assert measured["noise"] == pytest.approx(measured["regret"] / 1.5**0.5)


def test_a_search_keeps_with_each_suggestion_what_it_measured():
    several = ending(regret=1.0)
    trials = tried(30)
    suggestion = Suggester(REGISTRY, "c", several).suggest(trials, [])
    assert suggestion.room == SearchRoom(several).measure(30, trials, of_optuna(trials))
    assert Suggester(REGISTRY, "c", ending(plateau=40)).suggest(trials, []).room == {}


def test_a_plan_asks_no_more_than_the_sampler():
    plain = suggest_arguments(REGISTRY, "c", ending(plateau=40), 25)
    assert suggest_arguments(REGISTRY, "c", ending(seeds=2, regret=1.0, noise=1.0), 25) == plain
