"""What a search may still gain, with other evaluators in the place of Optuna's Gaussian process."""

from __future__ import annotations

import statistics
from dataclasses import replace

import pytest
from builders import SPACE, trial
from builders import cell as small_cell
from optuna.trial import create_trial

from harness.core.costs.search_budget import FIRST_EMMR, FIRST_REGRET
from harness.core.record import Suggestion
from harness.core.run_result import Evaluation, Status
from harness.core.search_settings import Search, Until
from harness.tuning import terminators
from harness.tuning.optuna_trials import make_finished_trial
from harness.tuning.terminators import SearchRoom


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """Seeds that evaluators were made with; a bound is 6, a model's regret falls with trials."""
    seeds = []

    class Bound:
        def __init__(self, seed):
            seeds.append(("regret", seed))

        def evaluate(self, trials, direction):
            return 6.0

    class Model(Bound):
        def __init__(self, seed):
            seeds.append(("emmr", seed))

        def evaluate(self, trials, direction):
            return 120.0 / len(trials) if trials[-1].value else 0.0

    monkeypatch.setattr(terminators, "RegretBoundEvaluator", Bound)
    monkeypatch.setattr(terminators, "EMMREvaluator", Model)
    return seeds


def measure(count, *, score=1.0, seeds=1, failed=1, spread=0.0, space=SPACE, **until):
    """What is measured after so many complete trials and some failed ones."""
    search = Search(
        trials=80, steps=100, evals=2, episodes=1, seeds=seeds, in_flight=1, until=Until(**until)
    )
    trials = []
    for number in range(count + failed):
        state = Status.COMPLETE if number < count else Status.FAILED
        one = trial(number, score if state is Status.COMPLETE else None, status=state)
        values = {"lr": 1e-3, "net": "small"}
        coordinates = SPACE.coordinates(values)
        # Seed after seed two evaluations, the better of which is the score.
        means = [each for n in range(seeds) for each in (-9.0, score + spread * (-1) ** n)]
        evaluations = tuple(Evaluation(step=50, returns=(mean,), lengths=(1,)) for mean in means)
        suggestion = Suggestion(number=number, coordinates=coordinates)
        outcome = replace(one.result, evaluations=evaluations)
        trials.append(replace(one, suggestion=suggestion, values=values, result=outcome))
    known = [
        make_finished_trial(
            space, each, {}, values=None if each.result.score is None else [each.result.score]
        )
        for each in trials
    ]
    settings = small_cell(search=replace(search, score="best"))
    running = replace(trials[0], result=None)
    return SearchRoom(settings).measure(count, [*trials, running], known)


@pytest.mark.parametrize(
    ("complete", "rules"),
    [
        (1, set()),
        (FIRST_REGRET - 1, set()),
        (FIRST_REGRET, {"regret"}),
        (FIRST_EMMR - 1, {"regret"}),
        (FIRST_EMMR, {"regret", "emmr"}),
    ],
)
def test_each_rule_waits_for_complete_trials_of_its_own(complete, rules):
    assert set(measure(complete, failed=20, regret=1.0, emmr=0.5)) == rules


def test_only_the_rules_of_the_search_are_measured(asked):
    assert measure(40, plateau=3) == {}
    assert measure(40, regret=1.0) == {"regret": 6.0}
    assert set(measure(40, emmr=0.5)) == {"emmr"}
    assert {rule for rule, _ in asked} == {"regret", "emmr"}
    assert set(measure(40, seeds=2, spread=1.0, noise=1.0)) == {"noise"}


def test_the_regret_of_a_model_is_a_share_of_what_it_was_at_first():
    """Of 1 to 20 trials after the first ten; the median of an even number is the upper one."""
    first = statistics.median_high([120 / count for count in range(1, 21)])
    assert measure(40, emmr=0.5) == {"emmr": pytest.approx(120 / 40 / first)}
    # Where there was none at first, no share of it can be told.
    assert measure(40, score=0.0, emmr=0.5) == {}


def test_nothing_is_measured_where_nothing_was_searched(asked):
    search = Search(trials=80, steps=100, evals=2, episodes=1, until=Until(regret=1.0))
    bare = [create_trial(value=1.0) for _ in range(FIRST_REGRET)]
    assert SearchRoom(small_cell(search=search)).measure(5, [], bare) == {}
    assert asked == []


def test_each_suggestion_asks_with_a_seed_of_its_own(asked):
    measure(40, regret=1.0, emmr=0.5)
    measure(41, regret=1.0, emmr=0.5)
    (bound, first, now), (later_bound, same_first, later) = asked[:3], asked[3:]
    assert bound[1] == now[1] != later[1] == later_bound[1]
    assert first == same_first


@pytest.mark.parametrize(("seeds", "spread"), [(2, 1.0), (4, 0.5)])
def test_noise_is_the_bound_in_standard_errors_of_the_best_score(seeds, spread):
    # Scores lie so far from their mean, and share all but one seed with those of a validation.
    error = spread * (1 / seeds + 1 / (seeds - 1)) ** 0.5
    measured = measure(30, seeds=seeds, spread=spread, regret=1.0, noise=1.0)
    assert measured == {"regret": 6.0, "noise": pytest.approx(6 / error)}


def test_without_seeds_or_spread_there_is_no_standard_error():
    assert measure(30, seeds=1, regret=1.0, noise=1.0) == {"regret": 6.0}
    assert measure(30, seeds=2, regret=1.0, noise=1.0) == {"regret": 6.0}
