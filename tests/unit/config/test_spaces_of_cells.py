"""What is left to search in a cell, and what the matrix fixes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config.ranges.entry_domains import domain_of
from harness.core.learner_arguments.cell_arguments import arguments_of
from harness.core.spaces.domain import Choice, Float, Int, PowerOfTwo

HEAD = "scenarios: [CartPole-v1]\nalgorithms: [ppo]\n"


def cell(load, text, scenario="CartPole-v1", algorithm="ppo"):
    (found,) = load(f"scenarios: [{scenario}]\nalgorithms: [{algorithm}]\n{text}").cells
    return found


def test_the_library_gives_the_defaults(load):
    space = cell(load, "").space

    assert space["n_steps"].default == 2048
    assert space["gamma"].default == 0.99
    assert "use_sde" not in space


def test_actions_decide_what_can_be_searched(load):
    assert "use_sde" in cell(load, "", scenario="Pendulum-v1").space


@pytest.mark.parametrize(
    ("name", "entry", "domain"),
    [
        ("learning_rate", "{high: 1e-3}", Float(low=1e-5, high=1e-3, log=True)),
        ("learning_rate", "{log: false}", Float(low=1e-5, high=1e-2)),
        ("gamma", "{low: 0.8}", Float(low=0.8, high=0.9999, log=True, complement=True)),
        ("n_steps", "{high: 2048}", PowerOfTwo(low=32, high=2048)),
        ("n_steps", "{low: 100, high: 3e3, log: true}", Int(low=100, high=3000, log=True)),
        ("n_steps", "{choices: [128, 2048]}", Choice(options=(128, 2048))),
        ("batch_size", "{powers_of_two: [32, 64]}", PowerOfTwo(low=32, high=64)),
        ("n_epochs", "{high: 12}", Int(low=3, high=12)),
        ("vf_coef", "{low: 0, high: 1}", Float(low=0, high=1)),
        ("gae_lambda", "{low: 0.9, high: 1}", Float(low=0.9, high=1)),
    ],
)
def test_ranges_keep_what_they_do_not_say(load, name, entry, domain):
    assert cell(load, f"space: {{{name}: {entry}}}\n").space[name].domain == domain


def test_networks_may_be_written_out(load):
    space = cell(load, "space: {net_arch: {choices: [[64, 64], [8], big]}}\n").space

    assert space["net_arch"].domain == Choice(options=("[64, 64]", "[8]", "big"))
    assert space["net_arch"].default == "[64, 64]"


def test_a_value_alone_fixes_the_parameter_for_every_variant(load):
    fixed = cell(load, "space: {gamma: 0.95}\n")

    assert fixed.arguments == {"gamma": 0.95}
    assert "gamma" not in fixed.space


@pytest.mark.parametrize("network", ["big", "[256, 256]"])
def test_a_network_is_fixed_by_name_or_by_widths(load, network):
    fixed = cell(load, f"space: {{net_arch: {network}}}\n")

    assert fixed.arguments == {"policy_kwargs": {"net_arch": [256, 256]}}
    assert "net_arch" not in fixed.space


def test_null_is_a_value_too(load):
    assert cell(load, "space: {target_kl: null}\n").arguments == {"target_kl": None}


def test_what_the_fixed_value_activates_stays(load):
    fixed = cell(load, "space: {use_sde: true}\n", scenario="Pendulum-v1")

    assert fixed.arguments == {"use_sde": True}
    assert fixed.space["sde_sample_freq"].when is None


def test_what_the_fixed_value_rules_out_goes(load):
    fixed = cell(load, "space: {use_sde: false}\n", scenario="Pendulum-v1")

    assert "sde_sample_freq" not in fixed.space


def test_arguments_take_parameters_out_by_their_place(load):
    fixed = cell(
        load,
        "overrides:\n  - match: '*@*'\n"
        "    arguments: {n_steps: 128, policy_kwargs: {net_arch: {pi: [8], vf: [8]}}}\n",
    )

    assert {"n_steps", "net_arch"}.isdisjoint(fixed.space.names)


def test_the_decay_of_a_fixed_rate_is_not_searched(load):
    assert "lr_schedule" not in cell(load, "space: {learning_rate: 1e-3}\n").space


def test_a_ratio_of_what_is_fixed_is_not_searched(load):
    free = cell(load, "", "Pendulum-v1", "sac").space
    fixed = cell(load, "space: {train_freq: 4}\n", "Pendulum-v1", "sac").space

    assert set(free.names) - set(fixed.names) == {"train_freq", "replay_ratio"}


def test_what_is_no_argument_itself_is_held_in_the_search_alone(load):
    held = cell(load, "space: {lr_schedule: linear}\n")

    assert held.arguments == {}
    assert held.space["lr_schedule"].domain == Choice(options=("linear",))
    assert held.space["lr_schedule"].default == "constant"
    values = held.space.default_values() | {"learning_rate": 1e-3, "lr_schedule": "linear"}
    assert arguments_of(held, values)["learning_rate"] == {"schedule": "linear", "initial": 1e-3}


def test_a_range_for_all_touches_those_that_have_it(load):
    matrix = load(
        "scenarios: [CartPole-v1]\nalgorithms: [ppo, dqn, {name: a2c, arguments: {gamma: 0.9}}]\n"
        "space: {n_epochs: {high: 12}, gamma: {low: 0.95}}\n"
    )

    ppo, dqn, a2c = matrix.cells
    assert ppo.space["n_epochs"].domain == Int(low=3, high=12)
    assert "n_epochs" not in dqn.space
    assert dqn.space["gamma"].domain.low == 0.95
    assert a2c.arguments == {"gamma": 0.9}


def test_the_nearer_range_wins(load):
    matrix = load(
        "scenarios: [CartPole-v1, Acrobot-v1]\n"
        "algorithms: [{name: ppo, space: {n_epochs: {high: 14}}}]\n"
        "space: {n_epochs: {low: 2, high: 12}}\n"
        "overrides: [{match: '*@Acrobot-v1', space: {n_epochs: {choices: [10, 11]}}}]\n"
    )

    assert matrix.cells[0].space["n_epochs"].domain == Int(low=2, high=14)
    assert matrix.cells[1].space["n_epochs"].domain == Choice(options=(10, 11))


def test_a_schedule_may_be_fixed(load):
    fixed = cell(
        load,
        "overrides:\n  - match: '*@*'\n"
        "    arguments: {learning_rate: {schedule: linear, initial: 1e-3}}\n",
    )

    assert fixed.arguments == {"learning_rate": {"schedule": "linear", "initial": 1e-3}}
    assert "learning_rate" not in fixed.space


@given(
    st.sampled_from(
        [
            Float(low=0.1, high=0.9),
            Float(low=0.1, high=0.9, log=True, complement=True),
            Int(low=1, high=9),
            PowerOfTwo(low=2, high=64),
            Choice(options=(1, 2, 3)),
        ]
    ),
    st.integers(1, 50),
    st.integers(1, 50),
)
def test_given_bounds_are_the_bounds(domain, low, high):
    found = domain_of(domain, 1, {"low": low, "high": high})

    assert (found.low, found.high) == (low, high)
