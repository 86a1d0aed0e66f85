"""Types and ranges of learner arguments."""

import pytest

from harness.core.learner_arguments.argument_contradictions import Signature
from harness.core.learner_arguments.argument_problems import (
    are_decided,
    argument_problems,
    normal_arguments,
)
from harness.core.scenario import Scenario

SAC = Signature(
    parameters={"buffer_size": 10, "ent_coef": "auto", "n_steps": 1, "train_freq": 1, "tau": 0.1}
)


def messages(arguments, signature=SAC):
    return [problem.message for problem in argument_problems(arguments, signature)]


def world(**changes):
    return Scenario(**{"name": "W", "env": "W-v0", "action": "Discrete"} | changes)


def test_counts_have_one_form():
    written = {
        "buffer_size": 1e6,
        "train_freq": [2.0, "step"],
        "policy_kwargs": {"net_arch": [8.0]},
    }
    normal = normal_arguments(written, SAC)
    assert str(normal) == str(
        {"buffer_size": 1000000, "train_freq": [2, "step"], "policy_kwargs": {"net_arch": [8]}}
    )


def test_the_memory_saving_buffer_leaves_time_limits_out():
    normal = normal_arguments({"optimize_memory_usage": True}, SAC)
    assert normal["replay_buffer_kwargs"] == {"handle_timeout_termination": False}
    assert messages(normal) == []
    assert len(messages(normal | {"n_steps": 3})) == 1


@pytest.mark.parametrize("text", ["auto", "auto_0.1", "auto_1", "auto_1e-3"])
def test_a_temperature_may_be_learned(text):
    assert messages({"ent_coef": text}) == []


@pytest.mark.parametrize("text", ["auto_", "auto_0", "auto_0.0", "auto_-1", "Auto", "auto_0e5"])
def test_other_words_are_no_temperature(text):
    assert len(messages({"ent_coef": text})) == 1


def test_what_environments_do_not_allow_is_said():
    several = Signature(parameters=SAC.parameters, scenario=world(n_envs=2))
    assert len(messages({"train_freq": [1, "episode"]}, several)) == 1
    assert messages({"train_freq": [1, "step"]}, several) == []
    assert len(messages({"use_sde": True}, several)) == 1
    dicts = Signature(parameters=SAC.parameters, scenario=world(observation="dict", action="Box"))
    assert messages({"use_sde": True}, dicts) == []
    assert len(messages({"n_steps": 3}, dicts)) == 1


@pytest.mark.parametrize(
    ("arguments", "decided"),
    [
        ({"tau": 1, "policy_kwargs": {"net_arch": [8], "ortho_init": True}}, True),
        ({"policy_kwargs": None}, True),
        ({"policy_kwargs": {"optimizer_kwargs": {"eps": 1}}}, False),
        ({"policy_kwargs": {"squash_output": True}}, False),
        ({"replay_buffer_kwargs": {}}, False),
        ({"unheard_of": 1}, False),
        ({"policy_kwargs": {"net_arch": [8, 4096]}}, True),
        ({"policy_kwargs": {"net_arch": {"pi": [8], "vf": [4097]}}}, False),
        ({"policy_kwargs": {"lstm_hidden_size": 10**9}}, False),
    ],
)
def test_options_of_other_classes_and_huge_networks_are_not_decided_here(arguments, decided):
    assert are_decided(arguments) is decided


@pytest.mark.parametrize(
    ("names", "legal", "illegal"),
    [
        ("batch_size n_steps n_epochs buffer_size train_freq", [1, 10**6], [0, 1.5]),
        ("gamma gae_lambda exploration_final_eps", [0, 1], [-0.1, 1.1]),
        ("tau exploration_fraction", [0.001, 1], [0, 1.1]),
        ("vf_coef target_policy_noise", [0, 5], [-0.1]),
        ("max_grad_norm rms_prop_eps", [0.01, 5], [0]),
        ("learning_rate clip_range", [0.01, 5], [0]),
        ("gradient_steps", [-1, 1, 5], [-2, 0]),
        ("learning_starts top_quantiles_to_drop_per_net", [0, 5], [-1, 0.5]),
        ("sde_sample_freq", [-1, 0, 5], [-2]),
    ],
)
def test_the_ends_of_what_an_argument_may_be(names, legal, illegal):
    for name in names.split():
        signature = Signature(parameters={name: 5})
        assert [value for value in legal if messages({name: value}, signature)] == []
        assert [value for value in illegal if not messages({name: value}, signature)] == []


@pytest.mark.parametrize(
    ("name", "legal", "illegal"),
    [
        ("renorm_warmup_steps", [0, 1], [-1]),
        ("log_std_init", [-20, 20], [-21, 21]),
        ("clip_mean", [0], [-1]),
        ("batch_norm_momentum", [1, 0.01], [0, 1.1]),
        ("n_critics", [1], [0]),
    ],
)
def test_the_ends_of_what_a_policys_argument_may_be(name, legal, illegal):
    signature = Signature(parameters={"policy_kwargs": None}, policy={name: 5})
    for value in legal + illegal:
        found = messages({"policy_kwargs": {name: value}}, signature)
        assert bool(found) == (value in illegal), value


def test_a_temperature_and_a_coefficient_may_be_nought():
    assert messages({"ent_coef": 0}) == []
    assert len(messages({"ent_coef": -0.1})) == 1
    coefficient = Signature(parameters={"ent_coef": 0.0})
    assert messages({"ent_coef": 0}, coefficient) == []
    assert len(messages({"ent_coef": -0.1}, coefficient)) == 1


def test_a_class_is_no_value_of_a_matrix():
    (message,) = messages(
        {"rollout_buffer_class": "x"}, Signature(parameters={"rollout_buffer_class": 1})
    )
    assert "takes a Python class, which a matrix cannot hold" in message
    normal = normal_arguments({"rollout_buffer_class": "x", "use_sde": True}, SAC)
    assert normal == {"rollout_buffer_class": "x", "use_sde": True}


def test_the_rollout_that_leaves_one_advantage_is_said():
    parameters = {"n_steps": 32, "sub_sampling_factor": 1, "normalize_advantage": True}
    signature = Signature(parameters=parameters, scenario=world(n_envs=2))
    (message,) = messages({"sub_sampling_factor": 64}, signature)
    assert message.startswith("`sub_sampling_factor` must be below the rollout of 64, not 64: one")
    assert messages({"sub_sampling_factor": 63}, signature) == []


@pytest.mark.parametrize(
    ("policy", "is_wrong"),
    [
        ({"optimizer_kwargs": {"eps": 1.0}}, True),
        ({"optimizer_kwargs": {"eps": 1.0}, "optimizer_class": "adam"}, False),
        ({"optimizer_kwargs": {}}, False),
        ({}, False),
    ],
)
def test_options_of_an_optimizer_count_for_nothing_beside_the_learners_own(policy, is_wrong):
    a2c = Signature(parameters={"use_rms_prop": True, "policy_kwargs": None})
    text = "`optimizer_kwargs` count for nothing beside `use_rms_prop`"
    assert messages({"policy_kwargs": policy}, a2c) == [text] * is_wrong
    assert messages({"policy_kwargs": policy, "use_rms_prop": False}, a2c) == []


def test_a_configurations_scenario_is_looked_at_too():
    assert messages({"scenario": {"n_envs": 0}}) == ["`n_envs` must be at least 1, not 0"]


def test_a_strategy_is_one_of_the_librarys_words():
    signature = Signature(parameters={"replay_buffer_kwargs": None})
    written = {"replay_buffer_kwargs": {"goal_selection_strategy": "final"}}
    assert normal_arguments(written, signature) == written
    assert messages(written, signature) == []
    written["replay_buffer_kwargs"]["goal_selection_strategy"] = "best"
    (message,) = messages(written, signature)
    assert "must be one of future, final, episode" in message
