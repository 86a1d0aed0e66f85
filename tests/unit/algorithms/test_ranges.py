"""The ranges that users already search with lie inside ours."""

import re

import pytest

from harness.algorithms import ALGORITHMS
from harness.core.spaces.search_words import Vocabulary
from harness.core.spaces.value_rules import Context

BY_NAME = {algorithm.name: algorithm for algorithm in ALGORITHMS}


def domain(algorithm, parameter):
    return BY_NAME[algorithm].space[parameter].domain


@pytest.mark.parametrize(
    ("algorithm", "parameter", "values"),
    [
        # locomotion guide
        ("ppo", "learning_rate", (1e-5, 1e-3)),
        ("ppo", "n_steps", (1024, 8192)),
        ("ppo", "batch_size", (64, 512)),
        ("ppo", "n_epochs", (3, 20)),
        ("ppo", "ent_coef", (1e-6, 0.01)),
        ("sac", "learning_rate", (1e-4, 1e-3)),
        ("sac", "buffer_size", (100_000, 1_000_000)),
        ("sac", "batch_size", (256, 1024)),
        ("sac", "tau", (0.005, 0.02)),
        ("sac", "train_freq", (1, 64)),
        # tutorials
        ("ppo", "learning_rate", (1e-5, 1e-2)),
        ("ppo", "gamma", (0.9, 0.9999)),
        ("ppo", "n_steps", (32, 4096)),
        ("ppo", "batch_size", (32, 4096)),
        ("ppo", "net_arch", ("small", "[128, 128]")),
        ("ppo", "activation_fn", ("tanh", "relu")),
        ("ppo", "gae_lambda", (0.9, 0.99)),
        ("ppo", "clip_range", (0.1, 0.4)),
        ("ppo", "vf_coef", (0.1, 1.0)),
        ("ppo", "max_grad_norm", (0.3, 1.0)),
        ("ppo", "ent_coef", (1e-8, 0.1)),
        ("ppo", "n_epochs", (3, 30)),
        ("a2c", "n_steps", (5, 128)),
    ],
)
def test_published_ranges_are_inside(algorithm, parameter, values):
    for value in values:
        assert domain(algorithm, parameter).contains(value)


@pytest.mark.parametrize("name", ["a2c", "crossq", "ppo", "ppo_recurrent", "sac", "tqc", "trpo"])
def test_state_dependent_exploration_is_for_continuous_actions(name):
    space = BY_NAME[name].space
    assert "use_sde" in space.for_actions("Box")
    assert "sde_sample_freq" in space.for_actions("Box")
    assert "use_sde" not in space.for_actions("Discrete")
    assert "sde_sample_freq" not in space.for_actions("Discrete")


def test_conditional_parameters_follow_their_switch():
    space = BY_NAME["td3"].space
    quiet = space.decode({p.axis.name: _any(p, noise="none") for p in space.parameters})
    noisy = space.decode({p.axis.name: _any(p, noise="normal") for p in space.parameters})
    assert "noise_sigma" not in quiet
    assert "noise_sigma" in noisy
    context = Context(n_envs=1, steps=100_000, action="Box")
    assert space.arguments(quiet, context)["action_noise"] is None
    assert space.arguments(noisy, context)["action_noise"]["noise"] == "normal"


def _any(parameter, *, noise):
    return noise if parameter.name == "noise" else parameter.domain.grid(2)[0]


def test_networks_land_in_the_policy_arguments():
    space = BY_NAME["ppo"].space
    context = Context(n_envs=1, steps=100_000, action="Box")
    arguments = space.arguments({"net_arch": "tiny", "activation_fn": "elu"}, context)
    assert arguments == {"policy_kwargs": {"net_arch": [64], "activation_fn": "elu"}}


TUNED = {
    "dqn": {"target_update_interval": [10, 250, 600, 1000], "train_freq": [4, 16, 256]},
    "qrdqn": {"target_update_interval": [1, 10, 250, 600], "train_freq": [4, 16, 256]},
    "ppo": {
        "n_steps": [8, 16, 2048],
        "batch_size": [32, 512],
        "learning_rate": [2.0633e-05, 0.001],
    },
    "ars": {
        "learning_rate": [0.01, 0.03, 0.02],
        "delta_std": [0.0075, 0.2],
        "n_delta": [1, 2, 4, 6, 8, 32, 40, 60, 64],
    },
    "tqc": {
        "batch_size": [256, 512, 2048],
        "train_freq": [1, 8, 32, 64],
        "net_arch": ["[512, 512, 512]"],
    },
    "crossq": {"net_arch": ['{"pi": [256, 256], "qf": [2048, 2048]}']},
    "sac": {"tau": [0.01, 0.02], "gamma": [0.95, 0.9999]},
    "trpo": {"target_kl": [0.04]},
}
"""Values of the hyperparameter files of rl-baselines3-zoo 2.8.0."""


@pytest.mark.parametrize("name", TUNED)
def test_spaces_reach_what_the_field_tuned(name):
    (algorithm,) = [each for each in ALGORITHMS if each.name == name]
    for parameter, values in TUNED[name].items():
        domain = algorithm.space[parameter].domain
        assert all(domain.contains(value) for value in values), parameter


def test_ars_reaches_what_the_zoo_samples():
    for value in (1e-5, 0.002):
        assert domain("ars", "learning_rate").contains(value)
    for value in (4, 64):
        assert domain("ars", "n_delta").contains(value)


def test_the_zoo_is_cited_by_its_release():
    sources = {p.source for each in ALGORITHMS for p in each.space.parameters}
    constructor = dict.fromkeys(("policy_kwargs", "replay_buffer_kwargs", "target_kl"))
    vocabulary = Vocabulary(space=BY_NAME["sac"].space, parameters=constructor)
    sources |= {word.parameter.source for word in vocabulary.words}
    cited = [source for source in sources if "zoo" in source]
    assert cited
    for source in cited:
        assert source.count("rl-baselines3-zoo") == len(re.findall(r"zoo 2\.\d\.0", source)), source
