"""Which names are suggested for one that does not exist."""

import pytest

from harness.errors import did_you_mean, nearest

KEYS = ["search", "confirm", "test", "trials", "evals", "seed", "memory", "learning_rate"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("trails", "trials"),
        ("tirals", "trials"),
        ("trial", "trials"),
        ("Serch", "search"),
        ("lerning_rat", "learning_rate"),
        ("num_trials", "trials"),
        ("n_trails", "trials"),
        ("memory_limit", "memory"),
        ("rate", "learning_rate"),
        ("confirmation", "confirm"),
    ],
)
def test_a_name_that_is_near_is_suggested(name: str, meant: str) -> None:
    assert did_you_mean(name, KEYS) == f"did you mean `{meant}`?"


@pytest.mark.parametrize(
    "name",
    ["defaults", "cells", "net_arch", "sweep", "tags", "report", "s", "n", "", "_", "x" * 999],
)
def test_what_is_only_alike_is_not(name: str) -> None:
    assert did_you_mean(name, KEYS) == ""


def test_the_nearest_comes_first_and_of_equals_the_later() -> None:
    environments = ["CartPole-v0", "CartPole-v1", "CartPoleJax-v0", "Ant-v5"]
    assert nearest("cartpole-v1", environments)[0] == "CartPole-v1"
    assert nearest("CartPole", environments)[0] == "CartPole-v1"
    assert nearest("Ant", environments) == ["Ant-v5"]


def test_names_without_end_are_compared_in_no_time() -> None:
    assert nearest("a" * 100_000, ["a" * 100_001, "b" * 100_000]) == ["a" * 100_001]
