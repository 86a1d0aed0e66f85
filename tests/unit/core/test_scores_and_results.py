"""The score of a run, the steps of its evaluations, and results that survive JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.evaluation import (
    describe_score,
    evaluation_steps,
    late_count,
    late_mean,
    longest_episode,
    over_seeds,
    score_of,
)
from harness.core.run_result import Cost, Evaluation, Failure, RunResult, Status
from harness.core.search_settings import Search


@given(st.integers(1, 10**7), st.integers(1, 100))
def test_evaluations_are_even_and_end_with_the_run(steps, evals):
    points = evaluation_steps(max(steps, evals), evals)
    assert len(points) == len(set(points)) == evals
    assert list(points) == sorted(points)
    assert points[-1] == max(steps, evals)
    gaps = [b - a for a, b in zip((0, *points), points, strict=False)]
    assert max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize(("evals", "late"), [(1, 1), (4, 1), (5, 2), (10, 3), (20, 5)])
def test_the_last_quarter_is_late(evals, late):
    assert late_count(evals) == late


def test_the_score_is_the_late_mean_not_the_best():
    means = [500.0, 500.0, 500.0, 500.0, 500.0, 500.0, 500.0, 10.0, 20.0, 30.0]
    assert late_mean(means, 10) == 20.0
    assert late_mean(means[:2], 10) == 500.0


numbers = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=20)
results = st.builds(
    RunResult,
    run_id=texts,
    status=st.sampled_from(Status),
    score=st.none() | numbers,
    steps=st.integers(0, 10**9),
    evaluations=st.lists(
        st.builds(
            Evaluation,
            step=st.integers(0, 10**9),
            returns=st.lists(numbers, min_size=1, max_size=4).map(tuple),
            lengths=st.lists(st.integers(0, 1000), min_size=1, max_size=4).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    failure=st.none()
    | st.builds(Failure, kind=texts, message=texts, step=st.none() | st.integers()),
    pruner_attrs=st.dictionaries(texts, numbers, max_size=2),
    cost=st.builds(Cost, wall=numbers, host=texts),
)


@given(results)
def test_a_result_survives_json(result):
    assert RunResult.from_json(json.loads(json.dumps(result.to_json()))) == result


@pytest.mark.parametrize(
    ("kind", "score"),
    [("late", 6.0), ("last", 5.0), ("best", 9.0), ("mean", 4.25), ("median", 4.0)],
)
def test_a_search_says_what_its_evaluations_make(kind, score):
    means = [1.0, 9.0, 2.0, 3.0, 0.0, 7.0, 7.0, 5.0]
    assert score_of(means, 8, kind) == score


@pytest.mark.parametrize(
    ("scores", "kind", "score"),
    [
        ([1.0, 3.0, 100.0, 2.0], "mean", 26.5),
        ([1.0, 3.0, 100.0, 2.0], "median", 2.5),
        ([1.0, 3.0, 100.0, 2.0], "iqm", 2.5),
        ([9.0, 1.0, 2.0], "median", 2.0),
        ([9.0, 1.0, 2.0], "iqm", 4.0),  # too few to cut one off
        ([100.0, 1.0, 3.0, -50.0], "iqm", 2.0),
        ([100.0, 1.0, 3.0, -50.0, 5.0], "iqm", 3.0),
        ([7.0], "iqm", 7.0),
        ([5.0, 3.0], "median", 4.0),
    ],
)
def test_a_search_says_what_its_seeds_make(scores, kind, score):
    assert over_seeds(scores, kind) == score


def test_the_number_that_trials_are_compared_by_is_said():
    assert describe_score(Search()) == (
        "mean return over the last quarter of the evaluations, without exploration; "
        "one training seed each"
    )
    assert describe_score(Search(score="last", seeds=2, over_seeds="iqm")) == (
        "mean return of the last evaluation, without exploration; "
        "of 2 training seeds the mean of the middle half"
    )


@pytest.mark.parametrize(
    ("time_limit", "steps", "longest"),
    [
        (None, None, 100_000),
        (500, None, 100_000),
        (60_000, None, 120_000),
        (None, 2_000, 20_000),
        (None, 100, 10_000),  # of a short training, but never this short
        (None, 10**6, 100_000),
        (8_000, 100, 16_000),
        (5_000, 100, 10_000),
    ],
)
def test_an_episode_without_an_end_is_ended(time_limit, steps, longest):
    assert longest_episode(time_limit, steps) == longest
