"""Arguments that another campaign found, and what is searched again around them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from harness.config import load_matrix
from harness.core.learner_arguments.cell_arguments import configuration
from harness.errors import MatrixError
from harness.registry import Registry

SHIPPED = {
    "ppo@CartPole-v1": {
        "arguments": {
            "learning_rate": {"schedule": "linear", "initial": 1e-3},
            "gamma": 0.95,
            "n_steps": 256,
            "policy_kwargs": {"net_arch": [256, 256]},
        },
        "values": {
            "learning_rate": 1e-3,
            "lr_schedule": "linear",
            "gamma": 0.95,
            "n_steps": 256,
            "net_arch": "big",
        },
    },
    "a2c@CartPole-v1": {"arguments": {}, "values": {"gamma": 0.99}},
}


@pytest.fixture
def fine(write, registry):
    """Load a matrix where `coarse` has ended."""
    knowing = replace(registry, best_of=lambda name: {"coarse": SHIPPED}.get(name, {}))

    def load(more="", *, algorithm="ppo", arguments="from_campaign: coarse", registry=knowing):
        text = (
            f"scenarios: [CartPole-v1]\nalgorithms: [{{name: {algorithm}, "
            f"arguments: {{{arguments}}}}}]\n{more}\n"
        )
        return load_matrix(write(text), registry)

    return load


def test_everything_is_fixed_but_what_is_named(fine):
    cell = fine("search: {parameters: [gamma, batch_size], trials: 9}").cells[0]
    shipped = SHIPPED["ppo@CartPole-v1"]["arguments"]
    assert cell.arguments == {name: shipped[name] for name in shipped if name != "gamma"}
    assert cell.space.names == ("gamma", "batch_size")
    assert cell.search.first == ({"gamma": 0.95, "batch_size": 64},)


def test_a_range_around_what_was_found_is_searched(fine):
    parameters = "parameters: [learning_rate, gamma, n_steps, net_arch]"
    cell = fine(f"search: {{{parameters}, trials: 9}}").cells[0]
    rate, steps = cell.space["learning_rate"].domain, cell.space["n_steps"].domain
    assert rate.low < 1e-3 < rate.high
    # A third of 1e-5 .. 1e-2 on its logarithmic axis.
    assert rate.high / rate.low == pytest.approx(1e3 ** (1 / 3))
    assert (steps.low, steps.high) == (64, 1024)
    assert cell.space["gamma"].domain.contains(0.95)
    assert cell.space["gamma"].domain.high < 0.99
    assert len(cell.space["net_arch"].domain.options) == 2
    assert cell.arguments == {}
    (first,) = cell.search.first
    assert first == {"learning_rate": 1e-3, "gamma": 0.95, "n_steps": 256, "net_arch": "big"}


def test_a_range_by_hand_and_arguments_beside_it_count(fine):
    cell = fine(
        "space: {gamma: {low: 0.91, high: 0.99}}\nsearch: {parameters: [gamma], trials: 9}",
        arguments="from_campaign: coarse, n_steps: 64",
    ).cells[0]
    assert (cell.space["gamma"].domain.low, cell.space["gamma"].domain.high) == (0.91, 0.99)
    assert cell.arguments["n_steps"] == 64


def test_the_document_holds_what_was_found(fine, registry, load):
    matrix = fine("search: {parameters: [gamma], trials: 9}")
    assert load(json.dumps(matrix.document)).cells == matrix.cells
    assert any("fixes what campaign `coarse` ships" in note.text for note in matrix.notes)
    other = fine("search: {parameters: [gamma], trials: 9}", arguments="n_steps: 256")
    assert other.cells[0].study_digest() != matrix.cells[0].study_digest()


def test_a_default_that_was_shipped_fixes_nothing(fine):
    cell = fine("search: {parameters: [gamma], trials: 9}", algorithm="a2c").cells[0]
    assert cell.arguments == {}
    assert cell.search.first == ({"gamma": 0.99},)


@pytest.mark.parametrize(
    ("algorithm", "campaign", "message"),
    [
        ("dqn", "coarse", "campaign `coarse` ships nothing for `dqn@CartPole-v1`"),
        ("ppo", "elsewhere", "campaign `elsewhere` ships nothing yet"),
    ],
)
def test_what_the_campaign_does_not_have_is_an_error(fine, algorithm, campaign, message):
    with pytest.raises(MatrixError) as caught:
        fine(algorithm=algorithm, arguments=f"from_campaign: {campaign}")
    (problem,) = caught.value.problems
    assert message in problem.message
    assert (problem.line, problem.help != "") == (2, True)


SAC = {
    "arguments": {
        "learning_rate": {"schedule": "cosine", "initial": 2e-3},
        "train_freq": 8,
        "gradient_steps": 4,
        "policy_kwargs": {"net_arch": [64, 64], "optimizer_kwargs": {"betas": [0.8, 0.95]}},
    },
    "values": {
        "learning_rate": 2e-3,
        "lr_schedule": "cosine",
        "train_freq": 8,
        "replay_ratio": 0.5,
        "net_arch": "small",
        "beta1": 0.8,
        "beta2": 0.95,
    },
}
DDPG = {
    "arguments": {
        "learning_rate": 1e-4,
        "action_noise": {"noise": "ornstein_uhlenbeck", "sigma": 0.2},
        "policy_kwargs": {"optimizer_class": "sgd"},
        "scenario": {"n_envs": 2},
    },
    "values": {
        "learning_rate": 1e-4,
        "lr_schedule": "constant",
        "noise": "ornstein_uhlenbeck",
        "noise_sigma": 0.2,
        "optimizer": "sgd",
        "n_envs": 2,
    },
}
PPO = {
    "arguments": {"clip_range": {"schedule": "linear", "initial": 0.3, "final": 0.1}},
    "values": {
        "clip_range": 0.3,
        "clip_range.schedule": "linear",
        "clip_range.final": 0.1,
        "entropy_bonus": False,
    },
}


@pytest.mark.parametrize(
    ("algorithm", "shipped", "again", "space"),
    [
        ("sac", SAC, "learning_rate", ""),
        ("sac", SAC, "lr_schedule", ""),
        ("sac", SAC, "replay_ratio", ""),
        ("sac", SAC, "train_freq, replay_ratio", ""),
        ("sac", SAC, "beta2", ""),
        ("ddpg", DDPG, "lr_schedule", ""),
        ("ddpg", DDPG, "noise", ""),
        ("ddpg", DDPG, "noise_sigma", ""),
        ("ddpg", DDPG, "optimizer, learning_rate", ""),
        ("ddpg", DDPG, "n_envs", "n_envs: {low: 1, high: 4}"),
        ("ppo", PPO, "clip_range", ""),
        ("ppo", PPO, "clip_range.schedule", ""),
        ("ppo", PPO, "clip_range.final", "clip_range.final: {low: 0.0, high: 0.2}"),
    ],
)
def test_trial_1_is_what_was_shipped(algorithm, shipped, again, space, write):
    registry = Registry.from_packages()
    cells = {f"{algorithm}@Pendulum-v1": shipped}
    text = (
        f"scenarios: [Pendulum-v1]\nalgorithms: [{{name: {algorithm}, arguments: "
        f"{{from_campaign: coarse}}}}]\nspace: {{{space}}}\nsearch: {{parameters: [{again}]}}\n"
    )
    (cell,) = load_matrix(write(text), replace(registry, best_of=lambda _: cells)).cells
    assert set(cell.space.names) == set(again.split(", "))
    values, arguments = configuration(cell, 1, {})
    assert values == {name: shipped["values"][name] for name in cell.space.names}
    assert arguments == shipped["arguments"]


def test_what_was_off_is_on_where_it_is_searched(write):
    cells = {"ppo@Pendulum-v1": PPO}
    text = (
        "scenarios: [Pendulum-v1]\nalgorithms: [{name: ppo, arguments: {from_campaign: coarse}}]\n"
        "search: {parameters: [ent_coef]}\n"
    )
    registry = replace(Registry.from_packages(), best_of=lambda _: cells)
    assert load_matrix(write(text), registry).cells[0].space.names == ("ent_coef",)


def test_a_rollout_below_the_default_batch_is_searched_again_too(write, registry):
    shipped = {"arguments": {"n_steps": 32, "batch_size": 32}, "values": {"n_steps": 32}}
    knowing = replace(registry, best_of=lambda _: {"ppo@CartPole-v1": shipped})
    text = (
        "scenarios: [CartPole-v1]\nalgorithms: [{name: ppo, arguments: {from_campaign: coarse}}]\n"
        "search: {parameters: [batch_size]}\n"
    )
    with pytest.raises(MatrixError) as caught:
        load_matrix(write(text), knowing)
    (problem,) = caught.value.problems
    assert "search `n_steps` too" in problem.help
    (cell,) = load_matrix(write(text.replace("[batch", "[n_steps, batch")), knowing).cells
    assert cell.search.first[0]["n_steps"] == 32
