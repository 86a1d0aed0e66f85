"""Masks, several environments, normalisation and schedules do what they say."""

from dataclasses import replace

import numpy as np
import pytest
from stable_baselines3.common.callbacks import BaseCallback

from harness import envs
from harness.algorithms import ALGORITHMS
from harness.core.evaluation import Schedule
from harness.core.run_result import Status
from harness.core.scenario import Normalize
from harness.core.spaces.value_rules import Context
from harness.testing.algorithm_contract import resolve_space
from harness.training import build, train
from harness.training.evaluate import Arena

OBSERVED = Normalize(observation=True)
BOTH = Normalize(observation=True, reward=True)

pytestmark = pytest.mark.training


def test_forbidden_actions_are_never_taken(run, corridor_of):
    result = train(run("ppo_mask", corridor_of(masked=True)))
    assert result.failure is None
    assert result.score == 10.0


def test_masks_are_optional(run, corridor_of):
    result = train(run("ppo_mask", corridor_of()))
    assert result.failure is None
    assert result.status is Status.COMPLETE


def test_several_at_once(run, cartpole):
    four = run("ppo", replace(cartpole, n_envs=4), arguments={"n_steps": 32})
    result = train(four)
    assert result.failure is None
    assert result.steps == 256


def test_each_has_its_own_seed(run, cartpole):
    learner = build(run("ppo", replace(cartpole, n_envs=3), seed=41))
    first = learner.env.reset()
    learner.env.close()
    for place in range(3):
        alone = envs.make(cartpole)
        observation, _ = alone.reset(seed=41 + place)
        alone.close()
        assert np.array_equal(first[place], observation)


@pytest.mark.parametrize("name", ["ppo", "td3"])
def test_normalised(name, run, pendulum):
    result = train(run(name, replace(pendulum, normalize=BOTH)))
    assert result.failure is None
    # Raw returns, not normalised ones.
    assert result.score < -100


def test_normalisation_discounts_as_the_learner_does(run, pendulum):
    for arguments, gamma in (({"gamma": 0.9}, 0.9), ({}, 0.99)):
        learner = build(run("ppo", replace(pendulum, normalize=BOTH), arguments=arguments))
        assert learner.get_vec_normalize_env().gamma == gamma
        learner.env.close()


def test_evaluation_uses_the_frozen_statistics(run, corridor_of):
    """With statistics moved far off, the same weights play another game."""
    normalised = run("ppo", replace(corridor_of(scale=5.0), normalize=OBSERVED), steps=640)
    learner = build(normalised)
    learner.learn(640)
    arena = Arena(normalised.scenario, normalised.schedule, masks=False)
    statistics = learner.get_vec_normalize_env().obs_rms
    before = statistics.copy()
    seen = arena.evaluate(learner)
    assert np.array_equal(statistics.mean, before.mean)
    assert statistics.count == before.count
    statistics.mean = statistics.mean + 100.0
    moved = arena.evaluate(learner)
    arena.close()
    learner.env.close()
    assert seen.returns != moved.returns


@pytest.mark.parametrize(("kind", "half"), [("linear", 0.5e-3), ("cosine", 0.5e-3)])
def test_the_learning_rate_falls(kind, half, run, cartpole):
    rates = []

    class Rates(BaseCallback):
        def _on_rollout_start(self):
            rates.append(self.model.policy.optimizer.param_groups[0]["lr"])

        def _on_step(self):
            return True

    scheduled = run(
        "ppo",
        cartpole,
        steps=256,
        arguments={
            "n_steps": 64,
            "batch_size": 32,
            "learning_rate": {"schedule": kind, "initial": 1e-3},
        },
    )
    learner = build(scheduled)
    learner.learn(256, callback=Rates())
    learner.env.close()
    assert rates[0] == pytest.approx(1e-3)
    assert rates[2] == pytest.approx(half)
    assert rates == sorted(rates, reverse=True)
    assert learner.policy.optimizer.param_groups[0]["lr"] == pytest.approx(0.0)


@pytest.mark.parametrize("name", ["a2c", "dqn", "ppo_recurrent"])
def test_pictures_are_seen(name, run, pictures):
    result = train(
        run(
            name,
            pictures,
            steps=32,
            arguments={"learning_starts": 8} if name == "dqn" else {"n_steps": 16},
        )
    )
    assert result.failure is None
    assert result.evaluations[-1].lengths == (5, 5, 5)


@pytest.mark.parametrize("name", ["ppo", "dqn"])
def test_dictionaries_are_normalised_where_they_are_numbers(name, run, nested):
    scenario = replace(nested, normalize=BOTH)
    learner = build(run(name, scenario))
    assert set(learner.get_vec_normalize_env().obs_rms) == {"number"}
    learner.env.close()
    assert train(run(name, scenario)).failure is None


@pytest.mark.parametrize(
    ("algorithm", "action"),
    [
        pytest.param(algorithm, action, id=f"{algorithm.name}-{action}")
        for algorithm in ALGORITHMS
        for action in ("Discrete", "Box")
        if action in algorithm.actions
    ],
)
@pytest.mark.parametrize("corner", [0, -1], ids=["low", "high"])
def test_the_corners_of_every_space_can_be_trained(
    algorithm, action, corner, run, cartpole, pendulum
):
    space = resolve_space(algorithm, action)
    point = {name: places[corner] for name, places in space.grid(2).items()}
    context = Context(n_envs=1, steps=192, action=action)
    arguments = space.arguments(space.decode(point), context)
    scenario = cartpole if action == "Discrete" else pendulum
    steps = 192
    # The most expensive corners take minutes otherwise, for nothing new.
    if "n_epochs" in arguments:
        arguments["n_epochs"] = 1
    if not algorithm.on_policy:
        arguments |= {"train_freq": 16, "gradient_steps": 1}
        steps = 32
    result = train(
        run(
            algorithm.name,
            scenario,
            arguments=arguments,
            steps=steps,
            schedule=Schedule(evals=1, episodes=1, seed=7),
        )
    )
    assert result.failure is None
