"""The contract, run over everything that is registered, and over a package of somebody else."""

from __future__ import annotations

import warnings
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from harness.core.scenario import Scenario
from harness.envs import make
from harness.envs.ids import find_spec
from harness.testing.scenario import ScenarioContract
from scenarios import SCENARIOS

_REGISTERED = [
    scenario
    for point in entry_points(group="harness.scenarios")
    for scenario in point.load().SCENARIOS
]


def _named(scenario: Scenario) -> str:
    return scenario.name


class TestRegistered(ScenarioContract):
    @pytest.fixture(params=_REGISTERED, ids=_named)
    def scenario(self, request: pytest.FixtureRequest) -> Scenario:
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
    spec = find_spec(scenario.env, scenario.imports)
    assert scenario.max_episode_steps == spec.max_episode_steps
    assert scenario.threshold == spec.reward_threshold


@pytest.mark.training
@pytest.mark.parametrize("scenario", SCENARIOS, ids=_named)
def test_stable_baselines_accepts_it(scenario: Scenario) -> None:
    from stable_baselines3.common.env_checker import check_env

    env = make(scenario)
    with warnings.catch_warnings():
        # It advises against action ranges that are not -1 .. 1, which belong to the task.
        warnings.simplefilter("ignore", UserWarning)
        check_env(env)
    env.close()
