"""Real trainings of a few hundred steps."""

import math
import random
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from stable_baselines3.common.callbacks import BaseCallback

from harness.algorithms import ALGORITHMS
from harness.core.evaluation import Schedule
from harness.core.run import PruningRule
from harness.core.run_result import RunResult, Status
from harness.core.search_settings import Component
from harness.training import build, train

pytestmark = pytest.mark.training


OFF_POLICY = ("crossq", "ddpg", "dqn", "qrdqn", "sac", "td3", "tqc")
SMALL = {"policy_kwargs": {"net_arch": [32]}, "batch_size": 32}


def quick(name):
    """Arguments with which a learner that updates in every step does so at once."""
    return {"arguments": SMALL} if name in OFF_POLICY else {}


def without_cost(result):
    return {name: value for name, value in result.to_json().items() if name != "cost"}


@pytest.fixture(params=ALGORITHMS, ids=lambda algorithm: algorithm.name)
def any_run(request, run, cartpole, pendulum):
    fitting = cartpole if "Discrete" in request.param.actions else pendulum
    return run(request.param.name, fitting, **quick(request.param.name))


def test_every_algorithm_trains_and_twice_the_same(any_run):
    first = train(any_run)
    assert first.failure is None
    assert first.status is Status.COMPLETE
    assert math.isfinite(first.score)
    assert first.steps >= any_run.steps
    assert first.run_id == any_run.id
    assert len(first.evaluations) == any_run.schedule.evals
    assert first.evaluations[-1].step == first.steps
    torch.rand(3)  # whatever ran before in this process plays no part
    random.random()
    assert without_cost(train(any_run)) == without_cost(first)


def test_results_survive_json(run, cartpole):
    result = train(run("ppo", cartpole))
    assert RunResult.from_json(result.to_json()) == result


def test_another_seed_is_another_training(run, cartpole, learned):
    one, two = run("ppo", cartpole), run("ppo", cartpole, seed=12)
    assert not np.array_equal(learned(one), learned(two))


@pytest.mark.parametrize("deterministic", [True, False])
@pytest.mark.parametrize("name", ["ppo", "a2c", "ppo_recurrent", "dqn", "td3", "ars"])
def test_evaluating_does_not_disturb_training(
    name, deterministic, run, cartpole, pendulum, learned
):
    scenario = pendulum if name == "td3" else cartpole
    rare = run(name, scenario, schedule=Schedule(evals=1, episodes=3, seed=7), **quick(name))
    schedule = Schedule(evals=5, episodes=2, seed=8, deterministic=deterministic)
    often = replace(rare, schedule=schedule)
    assert np.array_equal(learned(rare), learned(often))


def test_evaluations_come_when_their_steps_are_reached(run, cartpole):
    result = train(run("a2c", cartpole, schedule=Schedule(evals=4, episodes=1, seed=7)))
    assert [evaluation.step for evaluation in result.evaluations] == [48, 96, 144, 192]


def test_steps_that_share_a_rollout_of_environments_share_an_evaluation(run, cartpole):
    scenario = replace(cartpole, n_envs=64)
    several = run(
        "a2c",
        scenario,
        arguments={"n_steps": 2},
        steps=128,
        schedule=Schedule(evals=4, episodes=2, seed=7),
    )
    result = train(several)
    assert [evaluation.step for evaluation in result.evaluations] == [64, 64, 128, 128]
    assert result.evaluations[0] == result.evaluations[1]


def test_random_search_is_evaluated_between_its_updates(run, cartpole):
    """Within one the policy is a perturbed one; without any step up to the first it is zero."""
    many = run("ars", cartpole, steps=400, schedule=Schedule(evals=20, episodes=2, seed=7))
    seen = []

    class Updates(BaseCallback):
        def _on_rollout_start(self):
            seen.append(self.model.num_timesteps)

        def _on_step(self):
            return True

    learner = build(many)
    learner.learn(many.steps, callback=Updates(), log_interval=sys.maxsize)
    learner.env.close()
    result = train(many)
    # It ends with the budget, with what the last whole update has made.
    centres = {*seen, result.steps}
    assert len(result.evaluations) == 20
    assert {evaluation.step for evaluation in result.evaluations} <= centres


def test_every_evaluation_plays_the_same_episodes(run, corridor_of):
    """Nothing is learned at such a rate, so nothing may change between the evaluations."""
    still = run(
        "ppo",
        corridor_of(),
        arguments={"n_steps": 64, "batch_size": 32, "learning_rate": 1e-30},
        schedule=Schedule(evals=3, episodes=12, seed=7),
    )
    result = train(still)
    assert len(result.evaluations[0].returns) == 12
    assert len({evaluation.returns for evaluation in result.evaluations}) == 1
    assert set(result.evaluations[0].lengths) == {10}
    # Episodes have their own seeds.
    assert len(set(result.evaluations[0].returns)) > 1


def test_the_score_is_the_mean_of_the_late_evaluations(run, cartpole):
    result = train(run("ppo", cartpole, schedule=Schedule(evals=8, episodes=2, seed=7)))
    late = result.evaluations[-2:]
    assert result.score == pytest.approx(sum(evaluation.mean for evaluation in late) / 2)


def test_pruning_stops_the_training(run, cartpole):
    told = []

    def second(mean):
        told.append(mean)
        return len(told) == 2

    four = run("a2c", cartpole, schedule=Schedule(evals=4, episodes=2, seed=7))
    result = train(four, should_stop=second)
    assert result.status is Status.PRUNED
    assert result.steps == 96
    assert [evaluation.mean for evaluation in result.evaluations] == told
    assert result.score == told[-1]
    assert result.failure is None


def test_a_trial_is_evaluated_at_its_pruner_s_rungs_too(run, cartpole):
    pruner = Component(name="hyperband", options={"min_share": 0.1, "reduction_factor": 2})
    rule = PruningRule(study="s", number=0, pruner=pruner)
    four = Schedule(evals=4, episodes=1, seed=7)
    result = train(run("a2c", cartpole, steps=200, schedule=four, pruning=rule))
    steps = [each.step for each in result.evaluations]
    assert steps[:-1] == [20, 40, 50, 80, 100, 150, 160]
    assert result.score == result.evaluations[-1].mean
    every = replace(four, score="mean")
    result = train(run("a2c", cartpole, steps=200, schedule=every, pruning=rule))
    means = {each.step: each.mean for each in result.evaluations[:-1]}
    even = [means[step] for step in (50, 100, 150)] + [result.evaluations[-1].mean]
    assert result.score == pytest.approx(sum(even) / 4), "rungs are for the pruner alone"


@pytest.mark.parametrize("name", ["ars", "sac"])
def test_learners_that_ignore_callbacks_stop_too(name, run, cartpole, pendulum):
    scenario = pendulum if name == "sac" else cartpole
    result = train(
        run(name, scenario, steps=400, schedule=Schedule(evals=10, episodes=1, seed=7)),
        should_stop=lambda mean: True,
    )
    assert result.status is Status.PRUNED
    assert result.steps < 400
    assert len(result.evaluations) < 10


def test_the_last_evaluation_is_not_asked_about(run, cartpole):
    told = []
    result = train(run("a2c", cartpole), should_stop=told.append)
    assert len(told) == len(result.evaluations) - 1


def test_threads_are_set(run, cartpole):
    before = torch.get_num_threads()
    try:
        build(run("ppo", cartpole, threads=2)).env.close()
        assert torch.get_num_threads() == 2
        build(run("ppo", cartpole, threads=1)).env.close()
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_costs_are_split(run, cartpole):
    cost = train(run("ppo", cartpole)).cost
    assert cost.learn > 0
    assert cost.evaluate > 0
    assert cost.learn + cost.evaluate <= cost.wall
    assert cost.learn_cpu + cost.evaluate_cpu <= cost.cpu
    assert cost.steps_per_second == pytest.approx(192 / cost.learn)
    assert cost.peak_memory > 50 * 1024**2
    assert cost.started.endswith("+00:00")
    assert cost.host
    assert Path("/proc/cpuinfo").exists() <= bool(cost.cpu_model)


def test_ars_ends_with_the_budget_within_an_update(run, corridor_of):
    # An update takes 4 episodes of 10 steps each.
    result = train(run("ars", corridor_of(), steps=100))
    assert result.failure is None
    assert 100 <= result.steps <= 101
