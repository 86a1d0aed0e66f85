"""No trial of a search is scored with a network that was hardly ever updated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import constructors
from harness.algorithms import ALGORITHMS, rules
from harness.core.spaces.value_rules import Context

ROLLOUTS = [algorithm for algorithm in ALGORITHMS if "n_steps" in algorithm.space]
BUDGETS = {"steps": st.integers(256, 200_000), "n_envs": st.integers(1, 8), "data": st.data()}


def drawn(space, data):
    """Values anywhere in the space."""
    values = {}
    for parameter in space.parameters:
        if space.is_active(parameter, values):
            coordinate = data.draw(st.sampled_from(parameter.domain.grid(9)))
            values[parameter.name] = parameter.domain.from_axis(coordinate)
    return values


@pytest.mark.parametrize("algorithm", ROLLOUTS, ids=lambda algorithm: algorithm.name)
@given(**BUDGETS)
def test_a_budget_holds_four_rollouts(algorithm, steps, n_envs, data):
    known = constructors.read(algorithm.learner).parameters
    space = algorithm.space.with_defaults(known)
    context = Context(n_envs=n_envs, steps=steps, action="Discrete")
    arguments = space.arguments(drawn(space, data), context)
    assert arguments["n_steps"] <= max(steps / (rules.MIN_UPDATES * n_envs), rules.SHORTEST_ROLLOUT)


@given(
    steps=st.integers(256, 200_000),
    n_envs=st.integers(1, 8),
    n_steps=st.sampled_from([32, 512, 8192]),
    batch_size=st.integers(1, 5000),
)
def test_so_it_does_where_the_batch_is_fixed(steps, n_envs, n_steps, batch_size):
    context = Context(
        n_envs=n_envs, steps=steps, action="Discrete", fixed=frozenset({"batch_size"})
    )
    values = {"n_steps": n_steps, "batch_size": batch_size}
    found = rules.fitted_batch(rules.bounded_rollout(values, context), context)["n_steps"]
    rollout = found * n_envs
    assert rollout % batch_size == 0
    one_batch = rollout <= batch_size * n_envs
    assert one_batch or rollout <= max(steps / rules.MIN_UPDATES, rules.SHORTEST_ROLLOUT * n_envs)


def test_every_learner_with_rollouts_is_among_them():
    assert {"a2c", "ppo", "ppo_mask", "ppo_recurrent", "trpo"} == {a.name for a in ROLLOUTS}
