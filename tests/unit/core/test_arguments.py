"""Types and ranges of learner arguments."""

import pytest

from harness.core.learner_arguments.argument_problems import (
    Signature,
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
