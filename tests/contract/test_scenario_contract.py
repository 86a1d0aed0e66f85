"""The contract, run over everything that is registered, and over a package of somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import ClassVar

import pytest
import sweeps

from harness.core.scenario import Scenario, Score
from harness.envs.environment_lookup import find_spec
from harness.registry import package_version
from harness.testing.scenario_contract import ScenarioContract
from harness.testing.scenario_facts import FACTS, ScenarioFacts
from scenarios import SCENARIOS

_REGISTERED = [
    scenario
    for point in entry_points(group="harness.scenarios")
    for scenario in point.load().SCENARIOS
]


def _named(scenario: Scenario) -> str:
    return scenario.name


# Its 120 scenarios are one environment with other numbers.
_ALIKE = [scenario for scenario in _REGISTERED if scenario.family == "bucket_brigade"]
_LEFT_OUT = {scenario.name for scenario in _ALIKE}
_LEFT_OUT -= {scenario.name for scenario in sweeps.part(_ALIKE, 12)}

# A step of theirs takes 2 to 50 ms.
_SLOW = [scenario for scenario in _REGISTERED if scenario.family in {"atari", "highway"}]
_SLOW += [scenario for scenario in _REGISTERED if scenario.name == "CarRacing-v3"]


def _installed(scenario: Scenario) -> Scenario:
    missing = [package for package in scenario.packages if package_version(package) == "missing"]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}: pip install '{scenario.requires}'")
    return scenario


_UNSOLVED = "its authors name no return at which it is solved"
_SUCCESS = "its authors count successes and name no return"

LACKING = {
    "reference": {
        "locomotion/*": "slopes and bodies are this project's own; none was trained to the end",
        "sisl/multiwalker-v9": "returns were published of versions that pay otherwise, and walking "
        "takes more than a script",
    },
    "threshold": {
        "Pendulum-v1": _UNSOLVED,
        "Walker2d-v5": _UNSOLVED,
        "Humanoid*-v5": _UNSOLVED,
        "Blackjack-v1": _UNSOLVED,
        "CliffWalking-v1": _UNSOLVED,
        "locomotion/*": "those of the plain tasks are on flat ground and for one body",
        "dm_control/*": "the suite has none; 1,000 is the most there is",
        "ALE/*": "games are compared with chance and with humans",
        "Fetch*": _SUCCESS,
        "HandReach-v3": _SUCCESS,
        "PointMaze_UMaze-v3": _SUCCESS,
        "Panda*": _SUCCESS,
        "parking-v0": _SUCCESS,
        "MiniGrid-*": _SUCCESS,
        "highway-fast-v0": _UNSOLVED,
        "merge-v1": _UNSOLVED,
        "roundabout-v1": _UNSOLVED,
        "bucket_brigade/*": _UNSOLVED,
        "mpe/*": _UNSOLVED,
        "sisl/*": _UNSOLVED,
        "butterfly/*": _UNSOLVED,
        "classic/connect_four-v3": "a game is won or lost against whoever is there",
    },
}
"""What scenarios do not say of themselves, and why."""


class TestDescribed(ScenarioFacts):
    """What a scenario says of itself can be looked at without its package."""

    lacking = LACKING

    @pytest.fixture(params=_REGISTERED, ids=_named)
    def scenario(self, request: pytest.FixtureRequest) -> Scenario:
        return request.param


_FAST = [s for s in _REGISTERED if s not in _SLOW and s.name not in _LEFT_OUT]


class TestRegistered(ScenarioContract):
    lacking = LACKING

    @pytest.fixture(params=_FAST, ids=_named)
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
    lacking: ClassVar = {
        fact: {"corridor/*": "it is an example"}
        for fact in ("licence", "random", "reference", "threshold")
    }

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


def _known(**given: object) -> Scenario:
    score = Score(value=1.0, source="measured: 9 episodes, standard error 0.01")
    said = Scenario(
        name="known/one",
        env="One-v0",
        action="Discrete",
        threshold=1.5,
        random=score,
        reference=replace(score, value=2.0),
        steps=1,
        licence="MIT",
        description="One.",
    )
    return replace(said, **given)  # type: ignore[arg-type]


def _facts(scenario: Scenario, lacking: Mapping[str, Mapping[str, str]]) -> None:
    facts = ScenarioFacts()
    facts.lacking = lacking  # type: ignore[misc]
    facts.test_it_describes_itself(scenario)
    facts.test_its_scores_have_sources_and_an_order(scenario)
    facts.test_its_random_score_is_known_well(scenario)


@pytest.mark.parametrize("fact", FACTS)
def test_what_a_scenario_does_not_say_needs_a_reason(fact: str) -> None:
    _facts(_known(), {})
    silent = _known(**{fact: "" if fact in {"description", "licence"} else None})
    with pytest.raises(AssertionError, match=f"no {fact}, and"):
        _facts(silent, {})
    with pytest.raises(AssertionError, match="no reason"):
        _facts(silent, {fact: {"known/*": ""}})
    _facts(silent, {fact: {"known/*": "nobody knows"}})
    # A reason that has become untrue has to go.
    with pytest.raises(AssertionError, match=f"has the {fact} that"):
        _facts(_known(), {fact: {"known/*": "nobody knows"}})


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"random": Score(value=1.0, source="")}, "no source"),
        ({"baselines": {"idle": Score(value=1.0, source="")}}, "no source"),
        ({"random": Score(value=1.5, source="standard error 0.01")}, "no less than 1.5"),
        ({"random": Score(value=2.5, source="standard error 0.01")}, "no less than 2.0"),
        ({"random": Score(value=1.0, source="measured")}, "names no `standard error`"),
        ({"random": Score(value=1.0, source="standard error 0.051, v 1")}, "more than 5%"),
        ({"random": Score(value=1.0, source="standard error 3e+02")}, "more than 5%"),
    ],
)
def test_scores_need_sources_an_order_and_little_doubt(
    given: dict[str, object], complaint: str
) -> None:
    with pytest.raises(AssertionError, match=complaint):
        _facts(_known(**given), {})


def test_doubt_needs_a_reason_and_a_reason_doubt() -> None:
    reason = {"certainty": {"known/*": "it is slow"}}
    _facts(_known(random=Score(value=1.0, source="standard error 0.2")), reason)
    with pytest.raises(AssertionError, match="has the certainty"):
        _facts(_known(), reason)
    with pytest.raises(AssertionError, match="other things"):
        _facts(_known(), {"colour": {"known/*": "it has none"}})
