"""The built-in scenarios as data."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from importlib.metadata import metadata
from pathlib import Path

import gymnasium
import pytest

from harness.core.scenario import family_of
from harness.envs import random_score
from scenarios import FAMILIES, SCENARIOS
from scenarios.scenario_scores import RANDOM, SCORES, measured_scores

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
    own = {"-joint-": "-", "-randomised-": "-", "-slope-": "-"}
    for scenario in gymnasiums:
        name = scenario.name
        for setting, plain in own.items():
            name = name.replace(setting, plain)
        assert scenario.env.removeprefix("scenarios.terrain:") == name


@pytest.mark.parametrize("family", ["classic_control", "box2d", "mujoco", "toy_text"])
def test_families_are_complete(family: str) -> None:
    registered = {
        name
        for name, spec in gymnasium.registry.items()
        if f"gymnasium.envs.{family}" in str(spec.entry_point)
        and spec.namespace is None
        and (family != "mujoco" or spec.version == 5)
    }
    # CartPole-v0 is the shorter CartPole-v1; the others are variants by an argument.
    left_out = {"CartPole-v0", "CliffWalkingSlippery-v1"}
    offered = {scenario.name for scenario in SCENARIOS if scenario.family == family}
    assert offered == registered - left_out


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scores_are_complete_and_sourced(scenario) -> None:  # type: ignore[no-untyped-def]
    assert scenario.random.source.startswith("measured: uniformly random policy")
    episodes = re.search(r"(\d+) episodes", scenario.random.source)
    assert episodes is not None
    # Simulators of 5 ms a step and more are left at fewer; a game of pursuit takes seconds.
    slow = scenario.requires.startswith("rl-harness") or scenario.name == "CarRacing-v3"
    few = 10 if scenario.name == "sisl/pursuit-v5" else 30
    assert int(episodes[1]) >= (few if slow else 100)
    for score in (scenario.random, scenario.reference, *scenario.baselines.values()):
        if score is not None and score.source.startswith("measured"):
            assert re.search(r"\d+ episodes, standard error \d", score.source)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_score_of_another_version_says_what_the_versions_share(scenario) -> None:  # type: ignore[no-untyped-def]
    if scenario.reference is None or "reached on" not in scenario.reference.source:
        return
    task, scale = re.search(r"; reached on ([^:]+): (.+)$", scenario.reference.source).groups()  # type: ignore[union-attr]
    assert re.search(r"-v\d+$", task)
    assert task != scenario.name
    assert "the same rewards" in scale


def test_every_measured_score_is_a_scenarios() -> None:
    known = json.loads(SCORES.read_text(encoding="utf-8"))
    plain = {scenario.name for scenario in SCENARIOS if scenario.family != "bucket_brigade"}
    assert known.keys() == plain
    assert all("random" in policies for policies in known.values())


def test_what_was_never_measured_has_no_score() -> None:
    assert RANDOM not in measured_scores("CartPole-v9")
    assert not measured_scores("CartPole-v9")


@pytest.mark.parametrize(
    ("name", "episodes"),
    [
        ("CartPole-v1", 300),
        ("Pendulum-v1", 60),
        ("Hopper-v5", 150),
        ("InvertedPendulum-v5", 300),
        ("FrozenLake-v1", 1000),
        ("locomotion/Hopper-slope-v5", 60),
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


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("ALE/Enduro-v5", "atari"),
        ("ale_py:ALE/Enduro-v5", "atari"),
        ("BabyAI-GoToLocal-v0", "minigrid"),
        ("dm_control/fish-swim-v0", "dm_control"),
        ("AntMaze_UMaze-v5", "robotics"),
        ("racetrack-v1", "highway"),
        ("PandaStack-v3", "panda"),
        ("CartPole-v1", None),
    ],
)
def test_other_ids_belong_to_a_family(name: str, family: str | None) -> None:
    found = family_of(name, FAMILIES)
    assert (found and found.draft.family) == family


def test_every_extra_is_one_of_the_package() -> None:
    extras = set(metadata("rl-harness").get_all("Provides-Extra") or [])
    for scenario in [*SCENARIOS, *(family.draft for family in FAMILIES)]:
        if scenario.requires.startswith("rl-harness"):
            assert re.fullmatch(r"rl-harness\[(.+)\]", scenario.requires)[1] in extras  # type: ignore[index]
            assert scenario.packages


@pytest.mark.parametrize(
    "name", ["FrozenLake-v1", "FrozenLake8x8-v1", "Taxi-v4", "CliffWalking-v1", "Blackjack-v1"]
)
def test_nothing_beats_the_references_of_toy_text(name: str) -> None:
    path = Path(__file__).parents[2] / "benchmarks" / "optima.py"
    spec = importlib.util.spec_from_file_location("optima", path)
    assert spec is not None
    assert spec.loader is not None
    optima = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(optima)
    best = optima.best_blackjack() if name == "Blackjack-v1" else optima.best_return(name)
    assert BY_NAME[name].reference.value == pytest.approx(best, abs=5e-5)
