"""No parameter of a search is idle: each decides an argument, and no other one decides it too."""

from __future__ import annotations

from typing import Any

import pytest

from harness.algorithms import ALGORITHMS
from harness.config.documents.nodes import Location, build
from harness.config.ranges.search_spaces import TailoredSpace, tailor
from harness.constructors import read
from harness.core.algorithm import Algorithm
from harness.core.arguments import RESERVED
from harness.core.space import Space
from harness.core.spaces.value_rules import Context

BY_NAME = {algorithm.name: algorithm for algorithm in ALGORITHMS}


def tailored(
    name: str, space: dict[str, Any], arguments: dict[str, Any] | None = None
) -> tuple[TailoredSpace, Context]:
    algorithm = BY_NAME[name]
    action = "Box" if "Box" in algorithm.actions else "Discrete"
    context = Context(n_envs=1, steps=1_000_000, action=action)
    parameters = read(algorithm.learner).parameters
    settings = build({"space": space}, Location(source="matrix.yaml"))
    return tailor(algorithm, parameters, context, arguments or {}, settings), context


def is_idle(space: Space, name: str, context: Context) -> bool:
    """Whether a parameter that moves alone never changes an argument."""
    parameter = space[name]
    values = space.default_values()
    if parameter.when is not None:
        values[parameter.when.parameter] = parameter.when.values[0]
    options = [parameter.domain.from_axis(point) for point in parameter.domain.grid(5)]
    outcomes = [space.arguments({**values, name: option}, context) for option in options]
    return len(options) > 1 and all(outcome == outcomes[0] for outcome in outcomes)


@pytest.mark.parametrize("name", list(BY_NAME))
def test_every_parameter_changes_an_argument(name: str) -> None:
    found, context = tailored(name, {})
    assert [each for each in found.space.names if is_idle(found.space, each, context)] == []


def ranges_of_arguments(algorithm: Algorithm) -> dict[str, dict[str, Any]]:
    ranges: dict[str, dict[str, Any]] = {}
    for name, default in read(algorithm.learner).parameters.items():
        if name in RESERVED or name in algorithm.space:
            continue
        if isinstance(default, bool) or default is None:
            ranges[name] = {"choices": [False, True]}
        elif isinstance(default, int | float):
            ranges[name] = {"low": min(1, default), "high": max(4, 4 * default)}
    return ranges


@pytest.mark.parametrize(
    ("name", "argument", "entry"),
    [
        (algorithm.name, argument, entry)
        for algorithm in ALGORITHMS
        for argument, entry in ranges_of_arguments(algorithm).items()
    ],
)
def test_any_other_argument_can_be_searched(name: str, argument: str, entry: Any) -> None:
    found, context = tailored(name, {argument: entry})
    assert found.problems == ()
    assert [each for each in found.space.names if is_idle(found.space, each, context)] == []
    assert argument in found.space


@pytest.mark.parametrize(
    ("name", "argument", "rivals"),
    [
        ("sac", "gradient_steps", {"replay_ratio"}),
        ("dqn", "gradient_steps", {"replay_ratio"}),
        ("ars", "n_top", {"top_fraction"}),
        ("td3", "action_noise", {"noise", "noise_sigma"}),
        ("ppo", "policy_kwargs", {"net_arch", "activation_fn"}),
    ],
)
def test_what_comes_to_the_same_argument_leaves_the_search(
    name: str, argument: str, rivals: set[str]
) -> None:
    entry = {"choices": [1, 2]}
    found, _ = tailored(name, {argument: entry})
    assert found.problems == ()
    assert rivals.isdisjoint(found.space.names)
    for rival in rivals:
        both, _ = tailored(name, {rival: {"choices": [1, 2]}, argument: entry})
        messages = [each.message for each in both.problems]
        assert f"`{argument}` and `{rival}` decide the same argument" in messages


@pytest.mark.parametrize(
    ("name", "space", "arguments", "message"),
    [
        ("sac", {"replay_ratio": {"choices": [1.0, 2.0]}}, {"gradient_steps": 2},
         "`replay_ratio` decides nothing: `gradient_steps` is fixed by `arguments`"),
        ("sac", {"replay_ratio": {"choices": [1.0, 2.0]}}, {"train_freq": [1, "episode"]},
         ("`replay_ratio` decides nothing: its values come to the same, or what it is "
         "taken from is fixed")),
        ("sac", {"use_sde": False, "sde_sample_freq": {"choices": [4, 8]}}, {},
         "`sde_sample_freq` decides nothing: it counts only with another `use_sde`"),
        ("ppo", {"entropy_bonus": False, "ent_coef": {"low": 0.001}}, {},
         "`ent_coef` decides nothing: `ent_coef` is fixed"),
        ("ppo", {"entropy_bonus": False, "ent_coef": 0.01}, {},
         "`ent_coef` fixes what another range fixes otherwise"),
        ("ppo", {"lr_schedule": {"choices": ["linear", "cosine"]}, "learning_rate": 1e-3}, {},
         "`lr_schedule` decides nothing: `learning_rate` is fixed"),
        ("ppo", {"net_arch": {"choices": ["small", "tiny"]}}, {"policy_kwargs": {"net_arch": [8]}},
         "`net_arch` decides nothing: `policy_kwargs.net_arch` is fixed by `arguments`"),
        ("ppo", {"momentum": {"low": 0.1}}, {"policy_kwargs": {"net_arch": [8]}},
         "`momentum` decides nothing: it counts only with another `optimizer`"),
        ("td3", {"noise_sigma": {"low": 0.1}}, {"action_noise": None},
         "`noise_sigma` decides nothing: `action_noise` is fixed by `arguments`"),
        ("sac", {"use_sde_at_warmup": {"choices": [True, False]}}, {"use_sde": False},
         "`use_sde_at_warmup` decides nothing: it counts only with another `use_sde`"),
        ("a2c", {"rms_prop_eps": {"low": 1e-6, "high": 1e-3}}, {"use_rms_prop": False},
         "`rms_prop_eps` decides nothing: it counts only with another `use_rms_prop`"),
        ("a2c", {"use_rms_prop": {"choices": [True, False]}},
         {"policy_kwargs": {"optimizer_class": "adam"}},
         ("`use_rms_prop` decides nothing: its values come to the same, or what it is "
         "taken from is fixed")),
        ("a2c", {"rms_prop_eps": {"low": 1e-6, "high": 1e-3}, "optimizer": {"choices": ["adam"]}},
         {}, "`rms_prop_eps` decides nothing: another parameter takes its place"),
    ],
)  # fmt: skip
def test_a_range_that_decides_nothing_is_a_problem(
    name: str, space: dict[str, Any], arguments: dict[str, Any], message: str
) -> None:
    found, _ = tailored(name, space, arguments)
    assert [each.message for each in found.problems] == [message]


ADAM = {"choices": [[0.9, 0.99], [0.8, 0.99]]}
BETA = {"low": 0.8, "high": 0.95}
DECAY = {"low": 0.0, "high": 0.1}
FLAGS = {"choices": [True, False]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"betas": ADAM}, {"beta1": BETA}),
        ({"beta2": BETA}, {"policy_kwargs.optimizer_kwargs.betas": ADAM}),
        ({"weight_decay": DECAY}, {"policy_kwargs.optimizer_kwargs.weight_decay": DECAY}),
        ({"normalize": FLAGS}, {"normalize.reward": FLAGS}),
        ({"normalize.observation": FLAGS}, {"scenario.normalize": FLAGS}),
        ({"n_envs": {"low": 1, "high": 2}}, {"scenario.n_envs": {"low": 1, "high": 3}}),
        ({"optimizer": {"choices": ["adam", "sgd"]}},
         {"policy_kwargs.optimizer_class": {"choices": ["adam", "sgd"]}}),
    ],
)  # fmt: skip
def test_two_ranges_over_one_argument_are_a_problem_in_either_order(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    for first, second in ((one, other), (other, one)):
        found, _ = tailored("ppo", first | second)
        (name,), (rival,) = first, second
        messages = [each.message for each in found.problems]
        assert messages == [f"`{name}` and `{rival}` decide the same argument"]


def test_ranges_that_exclude_each_other_or_go_together_are_none() -> None:
    apart = {
        "optimizer": {"choices": ["adam", "adamw"]},
        "betas": ADAM | {"when": {"optimizer": "adam"}},
        "beta1": BETA | {"when": {"optimizer": "adamw"}},
    }
    found, _ = tailored("ppo", apart)
    assert found.problems == ()
    assert {"betas", "beta1"} <= {*found.space.names}
    found, _ = tailored("ppo", {"beta1": BETA, "beta2": BETA})
    assert found.problems == ()


def test_the_schedule_of_what_may_have_no_value_counts_where_it_has_one() -> None:
    space = {
        "clip_range_vf": {"low": 0.1, "high": 0.3},
        "clip_range_vf.schedule": {"choices": ["constant", "linear"]},
        "clip_range_vf.final": {"low": 0.0, "high": 0.1},
    }
    found, context = tailored("ppo", space)
    assert found.problems == ()
    values = found.space.default_values()
    assert "clip_range_vf.schedule" not in values
    on = {"clip_range_vf.use": True, "clip_range_vf": 0.2, "clip_range_vf.schedule": "linear"}
    arguments = found.space.arguments(values | on | {"clip_range_vf.final": 0.1}, context)
    schedule = {"schedule": "linear", "initial": 0.2, "final": 0.1}
    assert arguments["clip_range_vf"] == schedule


def test_a_named_optimizer_leaves_nothing_of_rms_prop_to_search() -> None:
    found, _ = tailored("a2c", {}, {"policy_kwargs": {"optimizer_class": "adam"}})
    assert "use_rms_prop" not in found.space
    assert "use_rms_prop" in tailored("a2c", {})[0].space


@pytest.mark.parametrize(
    ("name", "space", "arguments"),
    [
        ("ppo", {"lr_schedule": "linear", "learning_rate": 1e-3},
         {"learning_rate": {"schedule": "linear", "initial": 1e-3}}),
        ("ppo", {"learning_rate": 1e-3, "lr_schedule": "constant"}, {"learning_rate": 1e-3}),
        ("ppo", {"entropy_bonus": True, "ent_coef": 0.01}, {"ent_coef": 0.01}),
        ("ppo", {"net_arch": "tiny", "activation_fn": "elu"},
         {"policy_kwargs": {"net_arch": [64], "activation_fn": "elu"}}),
        ("sac", {"gradient_steps": 4}, {"gradient_steps": 4}),
    ],
)  # fmt: skip
def test_values_that_make_an_argument_together_fix_it(
    name: str, space: dict[str, Any], arguments: dict[str, Any]
) -> None:
    found, _ = tailored(name, space)
    assert found.problems == ()
    assert found.arguments == arguments


def test_arguments_overrule_ranges_for_all_algorithms(load: Any) -> None:
    fixed = "arguments: {policy_kwargs: {net_arch: [8]}}"
    text = "scenarios: [CartPole-v1]\nalgorithms: [{name: ppo, %s}, a2c]\n%s"
    ppo, a2c = load(text % (fixed, "space: {net_arch: {choices: [small, big]}}\n")).cells
    assert "net_arch" not in ppo.space
    assert "net_arch" in a2c.space


@pytest.mark.parametrize(
    ("algorithm", "rest", "idle"),
    [
        ("ppo", "arguments: {sde_sample_freq: 4, use_sde: false}", ["sde_sample_freq"]),
        ("ppo", "arguments: {sde_sample_freq: 4, use_sde: true}", []),
        ("ppo", "arguments: {sde_sample_freq: 4}", []),
        ("ppo", "arguments: {ent_coef: 0.01}", []),
        ("a2c", "arguments: {use_rms_prop: false, rms_prop_eps: 0.1}", ["rms_prop_eps"]),
        ("a2c", "arguments: {rms_prop_eps: 0.1}", []),
        (
            "a2c",
            "arguments: {use_sde: false, policy_kwargs: {full_std: false}}",
            ["policy_kwargs.full_std"],
        ),
    ],
)
def test_a_fixed_argument_that_the_learner_does_not_read_is_said_so(
    load, algorithm: str, rest: str, idle: list[str]
) -> None:
    text = f"name: m\nscenarios: [Pendulum-v1]\nalgorithms: [{{name: {algorithm}, {rest}}}]\n"
    notes = [n.text for n in load(text).notes if "counts for nothing" in n.text]
    assert [note.split("`")[1] for note in notes] == idle
