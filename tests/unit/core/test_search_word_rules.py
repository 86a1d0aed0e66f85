"""The rules that make arguments of words: schedules, switches, the optimiser's betas, layers."""

import pytest

from harness.core.spaces.parameter import Parameter
from harness.core.spaces.search_words import (
    NO_RANGE,
    decided_path,
    joined_betas,
    layered_network,
    scheduled,
    switched,
)
from harness.core.spaces.value_rules import Context

CONTEXT = Context(n_envs=1, steps=100, action="Box")
OPTIONS = "policy_kwargs.optimizer_kwargs"
RATE = {"learning_rate": 1, "lr_schedule": "linear"}


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ({"x": 0.2, "x.schedule": "linear"}, {"x": {"schedule": "linear", "initial": 0.2}}),
        (
            {"x": 0.2, "x.schedule": "cosine", "x.final": 0.1, "y": 1},
            {"x": {"schedule": "cosine", "initial": 0.2, "final": 0.1}, "y": 1},
        ),
        ({"x": 0.2, "x.schedule": "constant", "x.final": 0.1}, {"x": 0.2}),
        ({"x": 0.2, "x.final": 0.1}, {"x": 0.2}),
        ({"x": None, "x.schedule": "linear"}, {"x": None}),
        ({"x.schedule": "linear"}, {}),
        (
            {"learning_rate": 1, "lr_schedule": "linear", "learning_rate.final": 0.5},
            {"learning_rate": {"schedule": "linear", "initial": 1, "final": 0.5}},
        ),
        # Another rule knows what the space's own schedule means.
        (RATE, RATE),
        (
            {"x": 0.2, "x.final": 0.1, "lr_schedule": "linear"},
            {"x": 0.2, "lr_schedule": "linear"},
        ),
    ],
)
def test_the_parts_of_a_schedule_become_one_argument(values, outcome):
    before = dict(values)
    assert scheduled(values, CONTEXT) == outcome
    assert values == before


def test_no_value_is_a_value_where_the_switch_says_so():
    values = {"target_kl": 0.1, "target_kl.use": False, "vf": 0.3, "vf.use": True, "n": 1}
    assert switched(values, CONTEXT) == {"target_kl": None, "vf": 0.3, "n": 1}
    assert switched({"target_kl.use": False}, CONTEXT) == {"target_kl": None}


@pytest.mark.parametrize(
    ("values", "betas"),
    [
        ({"beta1": 0.8}, [0.8, 0.999]),
        ({"beta2": 0.9}, [0.9, 0.9]),
        ({"beta1": 0.7, "beta2": 0.95}, [0.7, 0.95]),
        ({}, None),
    ],
)
def test_both_betas_are_one_option(values, betas):
    outcome = {} if betas is None else {f"{OPTIONS}.betas": betas}
    assert joined_betas({"n": 1, **values}, CONTEXT) == {"n": 1, **outcome}


@pytest.mark.parametrize(
    ("values", "network"),
    [
        ({"net_arch.layers": 2, "net_arch.width_1": 8, "net_arch.width_2": 4}, [8, 4]),
        ({"net_arch.layers": 1, "net_arch.width_1": 8, "net_arch.width_2": 4}, [8]),
        ({"net_arch.layers": 3, "net_arch.width_1": 8, "net_arch.width_2": 4}, [8, 4, 4]),
        (
            {
                "net_arch.pi.layers": 1,
                "net_arch.pi.width_1": 8,
                "net_arch.vf.layers": 2,
                "net_arch.vf.width_1": 4,
                "net_arch.vf.width_2": 2,
            },
            {"pi": [8], "vf": [4, 2]},
        ),
    ],
)
def test_layers_and_widths_make_a_network(values, network):
    assert layered_network({"n": 1, **values}, CONTEXT) == {
        "n": 1, "policy_kwargs.net_arch": network,
    }  # fmt: skip


def test_without_layers_there_is_no_network():
    assert layered_network({"n": 1, "other.layers": 2}, CONTEXT) == {"n": 1, "other.layers": 2}
    assert layered_network({"net_arch.layers": 2}, CONTEXT) == {}
    half = {"net_arch.pi.layers": 1, "net_arch.pi.width_1": 8, "net_arch.vf.layers": 2}
    assert layered_network(half, CONTEXT) == {}


@pytest.mark.parametrize(
    ("name", "target", "path"),
    [
        ("beta1", f"{OPTIONS}.beta1", f"{OPTIONS}.betas.0"),
        ("beta2", f"{OPTIONS}.beta2", f"{OPTIONS}.betas.1"),
        ("momentum", f"{OPTIONS}.momentum", f"{OPTIONS}.momentum"),
        ("gamma", "", "gamma"),
        ("beta1", "", "beta1"),
    ],
)
def test_a_beta_decides_a_part_of_the_option(name, target, path):
    parameter = Parameter(name=name, domain=NO_RANGE, target=target)
    assert decided_path(parameter) == path
