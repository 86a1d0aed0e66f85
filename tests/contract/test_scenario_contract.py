"""The contract, run over everything that is registered, and over a package of somebody else."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest
from gymnasium.envs.registration import EnvSpec

from harness.core.scenario import Scenario
from harness.envs.ids import find_spec
from harness.errors import MissingExtraError
from harness.testing.scenario import ScenarioContract
from scenarios import SCENARIOS

_REGISTERED = [
    scenario
    for point in entry_points(group="harness.scenarios")
    for scenario in point.load().SCENARIOS
]


def _named(scenario: Scenario) -> str:
    return scenario.name


def _spec(scenario: Scenario) -> EnvSpec:
    """The environment's entry; the test is skipped where its extra is not installed."""
    try:
        return find_spec(scenario.env, scenario.imports, requires=scenario.requires)
    except MissingExtraError as error:
        pytest.skip(f"{error.message}; {error.help}")


class TestRegistered(ScenarioContract):
    @pytest.fixture(params=_REGISTERED, ids=_named)
    def scenario(self, request: pytest.FixtureRequest) -> Scenario:
        _spec(request.param)
        return request.param


class TestPlugin(ScenarioContract):
    @pytest.fixture
    def scenario(self, monkeypatch: pytest.MonkeyPatch) -> Scenario:
        folder = Path(__file__).parent.parent / "plugin_package"
        monkeypatch.syspath_prepend(str(folder))
        from corridor_plugin import scenarios

        return scenarios.SCENARIOS[0]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=_named)
def test_limit_and_threshold_are_the_environments_own(scenario: Scenario) -> None:
    spec = _spec(scenario)
    assert scenario.max_episode_steps == spec.max_episode_steps
    assert scenario.threshold == spec.reward_threshold
