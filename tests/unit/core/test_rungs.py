"""Where a trial is evaluated beside its even parts, for a pruner that judges at rungs."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness.core.evaluation import (
    evaluation_steps,
    first_rung,
    late_count,
    rung_resources,
    rung_steps,
    sees_effort,
)
from harness.core.search_settings import Component


def halving(**options: object) -> Component:
    return Component(name="successive_halving", options=options)


@given(
    st.integers(1, 10**6),
    st.integers(1, 50),
    st.floats(1e-6, 0.99),
    st.integers(2, 10),
    st.floats(0.01, 100),
)
def test_rungs_are_few_and_leave_the_score_as_it_is(
    steps: int, evals: int, share: float, factor: int, effort: float
) -> None:
    evals = min(evals, steps)
    pruner = halving(min_share=share, reduction_factor=factor, by_effort=True)
    rungs = rung_steps(pruner, steps, evals, effort)
    even = evaluation_steps(steps, evals)
    every = evaluation_steps(steps, evals, rungs)
    assert set(even) <= set(every)
    assert all(low < high for low, high in pairwise(every))
    late = late_count(evals)
    assert every[-late:] == even[-late:], "the late evaluations are those of every other run"
    assert len(rungs) < 60


def test_there_are_several_rungs_per_decade() -> None:
    assert rung_steps(halving(min_share=0.01, reduction_factor=2), 100_000, 10) == (
        *(1_000, 2_000, 4_000, 8_000),
        *(16_000, 32_000, 64_000),
    )


def test_a_pruner_without_a_share_judges_at_the_even_parts() -> None:
    for pruner in (halving(), halving(min_resource=1), Component(name="median")):
        assert rung_steps(pruner, 1000, 10) == ()
    # What does not hold is said elsewhere, and harms nothing here.
    for options in ({"min_share": "0.1"}, {"min_share": 0.1, "reduction_factor": "2"}):
        assert rung_steps(halving(**options), 1000, 10) == ()
    assert len(rung_steps(halving(min_share=-1.0, reduction_factor=1), 1000, 10)) < 20


def test_a_dear_trial_is_judged_after_fewer_steps_where_effort_counts() -> None:
    by_steps, by_effort = (halving(min_share=0.01, by_effort=each) for each in (False, True))
    assert [sees_effort(each) for each in (by_steps, by_effort)] == [False, True]
    assert not sees_effort(Component(name="median", options={"by_effort": True}))
    plain = rung_steps(by_steps, 100_000, 10)
    assert plain == (1_000, 4_000, 16_000, 64_000)
    assert rung_steps(by_steps, 100_000, 10, effort=4.0) == plain
    assert rung_steps(by_effort, 100_000, 10, effort=4.0) == (250, 1_000, 4_000, 16_000, 64_000)
    assert rung_steps(by_effort, 100_000, 10, effort=0.5) == (2_000, 8_000, 32_000)


def test_the_first_rung_is_a_share_of_the_steps_and_one_at_least() -> None:
    assert (first_rung(1000, 0.0101), first_rung(10, 1e-9)) == (11, 1)
    assert rung_resources(halving(min_share=0.1), 1000) == (100, 4)
    assert rung_resources(halving(min_share=0.1, reduction_factor=1), 1000) == (100, 2)
    hyperband = Component(name="hyperband", options={"min_share": 0.1})
    assert rung_resources(hyperband, 1000) == (100, 3)
    assert rung_resources(Component(name="median", options={"min_share": 0.1}), 1000) is None
