"""Tiny environments that misbehave in one way each, and runs on them."""

import sys
from dataclasses import replace

import pytest
import torch

from harness.algorithms import ALGORITHMS
from harness.core.evaluation import Schedule
from harness.core.run import Run
from harness.core.scenario import Scenario
from harness.training import build
from harness.training.callbacks import EvaluationCallback
from harness.training.cost_meter import Meter
from harness.training.evaluate import Arena

BY_NAME = {algorithm.name: algorithm for algorithm in ALGORITHMS}

SHORT = {
    "a2c": {"n_steps": 16},
    "ars": {"n_delta": 2},
    "crossq": {"policy_kwargs": {"net_arch": [32]}},
    "ppo": {"n_steps": 64, "batch_size": 32, "n_epochs": 2},
    "ppo_mask": {"n_steps": 64, "batch_size": 32, "n_epochs": 2},
    "ppo_recurrent": {
        "n_steps": 64,
        "batch_size": 64,
        "n_epochs": 1,
        "policy_kwargs": {"lstm_hidden_size": 16},
    },
    "trpo": {"n_steps": 64, "batch_size": 32},
}
"""Arguments that let a learner update within a few hundred steps."""


@pytest.fixture
def pictures():
    return Scenario(
        name="pictures",
        env="Pictures-v0",
        imports=("small_worlds",),
        action="Discrete",
        observation="image",
    )


@pytest.fixture
def nested(pictures):
    return replace(pictures, observation="dict", arguments={"nested": True})


@pytest.fixture
def cartpole():
    return Scenario(name="CartPole-v1", env="CartPole-v1", action="Discrete")


@pytest.fixture
def pendulum():
    return Scenario(name="Pendulum-v1", env="Pendulum-v1", action="Box", max_episode_steps=50)


@pytest.fixture
def corridor_of():
    def make(**options):
        action = "Box" if options.get("continuous") else "Discrete"
        return Scenario(
            name="corridor",
            env="Corridor-v0",
            imports=("small_worlds",),
            action=action,
            arguments=options,
        )

    return make


@pytest.fixture
def run():
    def make(name, scenario, **changes):
        algorithm = BY_NAME[name]
        settings = {
            "arguments": SHORT.get(name, {}),
            "seed": 11,
            "steps": 192,
            "schedule": Schedule(evals=2, episodes=3, seed=7),
        }
        return Run(
            scenario=scenario,
            algorithm=algorithm,
            policy=algorithm.policies[scenario.observation],
            **(settings | changes),
        )

    return make


@pytest.fixture
def learned():
    """Weights after the training of a run with its evaluations."""

    def weights(run):
        learner = build(run)
        arena = Arena(run.scenario, run.schedule, masks=run.algorithm.masks)
        watch = EvaluationCallback(run, arena, Meter(), None)
        try:
            learner.learn(run.steps, callback=watch, log_interval=sys.maxsize)
            watch.finish(learner)
        finally:
            arena.close()
            learner.env.close()
        parameters = learner.policy.parameters()
        return torch.nn.utils.parameters_to_vector(parameters).detach().numpy()

    return weights
