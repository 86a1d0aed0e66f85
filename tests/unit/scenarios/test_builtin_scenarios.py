"""The built-in scenarios as data."""

from __future__ import annotations

import re
import subprocess
import sys

import gymnasium
import pytest

from harness.envs import random_score
from scenarios import SCENARIOS

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def test_importing_them_imports_no_simulator() -> None:
    code = (
        "import sys, scenarios; "
        "sys.exit(bool({'gymnasium', 'pettingzoo', 'mujoco', 'torch', 'Box2D'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_are_unique_and_are_the_gymnasium_ids() -> None:
    assert len(BY_NAME) == len(SCENARIOS)
    # One controller for all agents is the same environment with another setting.
    gymnasiums = [s for s in SCENARIOS if not s.env.startswith("pettingzoo:")]
    assert [s.env for s in gymnasiums] == [s.name.replace("-joint-", "-") for s in gymnasiums]


@pytest.mark.parametrize("family", ["classic_control", "box2d", "mujoco"])
def test_families_are_complete(family: str) -> None:
    registered = {
        name
        for name, spec in gymnasium.registry.items()
        if f"gymnasium.envs.{family}" in str(spec.entry_point)
        and spec.namespace is None
        and (family != "mujoco" or spec.version == 5)
    }
    # CartPole-v0 is the shorter CartPole-v1; CarRacing needs a network for images and a GPU.
    left_out = {"CartPole-v0", "CarRacing-v3"}
    offered = {scenario.name for scenario in SCENARIOS if scenario.family == family}
    assert offered == registered - left_out


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scores_are_complete_and_sourced(scenario) -> None:  # type: ignore[no-untyped-def]
    assert scenario.random.source.startswith("measured: uniformly random policy")
    episodes = re.search(r"(\d+) episodes", scenario.random.source)
    assert episodes is not None
    # A game of pursuit takes seconds, and one is very much like another.
    assert int(episodes[1]) >= (10 if scenario.name == "sisl/pursuit-v5" else 100)
    # Nobody has published a strong return for these versions.
    unknown = {"sisl/multiwalker-v9", "sisl/pursuit-v5"}
    assert (scenario.reference is None) == (scenario.name in unknown)
    assert scenario.steps
    if scenario.threshold is not None:
        assert scenario.random.value < scenario.threshold


@pytest.mark.parametrize(
    ("name", "episodes"),
    [
        ("CartPole-v1", 300),
        ("Pendulum-v1", 60),
        ("Hopper-v5", 150),
        ("InvertedPendulum-v5", 300),
        ("bucket_brigade/default-v0", 200),
        ("bucket_brigade/rest_trap-joint-v1", 200),
        ("bucket_brigade/hard-shared-v0", 200),
    ],
)
def test_random_scores_can_be_measured_again(name: str, episodes: int) -> None:
    scenario = BY_NAME[name]
    assert scenario.random is not None
    again = random_score(scenario, episodes=episodes, seed=99)
    error = float(re.search(r"standard error ([\d.e+-]+)", again.source)[1])  # type: ignore[index]
    # Five standard errors of the smaller sample: no chance in a million.
    assert abs(again.value - scenario.random.value) < 5 * error
