"""The built-in algorithms hold what third-party ones have to hold."""

from importlib.metadata import entry_points

import pytest

from harness.algorithms import ALGORITHMS
from harness.testing.algorithm_contract import AlgorithmContract


class TestBuiltIn(AlgorithmContract):
    @pytest.fixture(params=ALGORITHMS, ids=lambda algorithm: algorithm.name)
    def algorithm(self, request):
        return request.param


def test_all_of_both_packages_are_here():
    names = [algorithm.name for algorithm in ALGORITHMS]
    assert names == (
        [
            "a2c",
            "ars",
            "crossq",
            "ddpg",
            "dqn",
            "ppo",
            "ppo_mask",
            "ppo_recurrent",
            "qrdqn",
            "sac",
            "td3",
            "tqc",
            "trpo",
        ]
    )


def test_their_entry_point_leads_here():
    points = {point.name: point for point in entry_points(group="harness.algorithms")}
    assert points["built_in"].load().ALGORITHMS is ALGORITHMS
