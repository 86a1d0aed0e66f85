"""The contract, run over everything that is registered, and over a package of somebody else."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from harness.core.scenario import Scenario
from harness.envs.ids import find_spec
from harness.registry import installed
from harness.testing.scenario import ScenarioContract
from scenarios import SCENARIOS

_REGISTERED = [
    scenario
    for point in entry_points(group="harness.scenarios")
    for scenario in point.load().SCENARIOS
]


def _named(scenario: Scenario) -> str:
    return scenario.name


# A step of theirs takes 2 to 50 ms.
_SLOW = [scenario for scenario in _REGISTERED if scenario.family in {"atari", "highway"}]
_SLOW += [scenario for scenario in _REGISTERED if scenario.name == "CarRacing-v3"]


def _installed(scenario: Scenario) -> Scenario:
    missing = [package for package in scenario.packages if installed(package) == "missing"]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}: pip install '{scenario.requires}'")
    return scenario


class TestRegistered(ScenarioContract):
    @pytest.fixture(params=[s for s in _REGISTERED if s not in _SLOW], ids=_named)
    def scenario(self, request: pytest.FixtureRequest) -> Scenario:
        return _installed(request.param)

    @pytest.mark.training
    def test_stable_baselines3_accepts_it(self, scenario: Scenario) -> None:
        super().test_stable_baselines3_accepts_it(scenario)


class TestSlow(TestRegistered):
    steps = 20

    @pytest.fixture(params=_SLOW, ids=_named)
    def scenario(self, request: pytest.FixtureRequest) -> Scenario:
        return _installed(request.param)

    def test_an_episode_ends_at_its_limit(self, scenario: Scenario) -> None:
        shortened = replace(scenario, max_episode_steps=5)
        super().test_an_episode_ends_at_its_limit(shortened)


class TestPlugin(ScenarioContract):
    @pytest.fixture
    def scenario(self, monkeypatch: pytest.MonkeyPatch) -> Scenario:
        folder = Path(__file__).parent.parent / "plugin_package"
        monkeypatch.syspath_prepend(str(folder))
        from corridor_plugin import scenarios

        return scenarios.SCENARIOS[0]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=_named)
def test_limit_and_threshold_are_the_environments_own(scenario: Scenario) -> None:
    spec = find_spec(_installed(scenario).env, scenario.imports, requires=scenario.requires)
    # Some end their episodes themselves, which gymnasium does not know of, or never.
    if spec.max_episode_steps is not None:
        assert scenario.max_episode_steps == spec.max_episode_steps
    assert scenario.threshold == spec.reward_threshold
