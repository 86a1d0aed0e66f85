"""Opponents that were trained: on a panel of PettingZoo's games, and as files nobody has opened."""

from __future__ import annotations

import base64
import json
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest
from gymnasium import spaces
from pettingzoo import ParallelEnv

from harness import saved_models
from harness.core.evaluation import RETURN_PARTS
from harness.core.opponents import SavedModel
from harness.core.scenario import Scenario
from harness.envs import make, spaces_of
from harness.errors import UsageError

SEEN = spaces.Box(0, 9, (3,), np.float32)


class Guess(ParallelEnv):  # type: ignore[misc]
    """One round: whoever does the other's number earns 1; actions 0 .. 3."""

    metadata: dict[str, Any] = {"name": "guess_v0"}  # noqa: RUF012

    def __init__(self) -> None:
        self.possible_agents = ["left", "right"]
        self.agents: list[str] = []

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Box(0, 9, (1,), np.float32)

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Discrete(4)

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.agents = list(self.possible_agents)
        return {name: np.full(1, 7, np.float32) for name in self.agents}, {}

    def step(self, actions: dict[str, int]) -> Any:
        names, self.agents = self.agents, []
        same = float(actions["left"] == actions["right"])
        seen = {name: np.zeros(1, np.float32) for name in names}
        return seen, dict.fromkeys(names, same), dict.fromkeys(names, True), {}, {}

    def close(self) -> None:
        pass


class Fake:
    """Acts by chance, or always in one way; remembers what it saw."""

    name = "model 01234567"
    observation_space = SEEN
    action_space = spaces.Discrete(4)

    def __init__(self, action: int | None = None) -> None:
        self._action = action
        self.seen: list[Any] = []

    def __call__(self, observations: Any, masks: Any, rng: np.random.Generator) -> Any:
        assert masks is None
        self.seen.append(observations.tolist())
        drawn = rng.integers(4, size=len(observations))
        return drawn if self._action is None else np.full(len(observations), self._action)


@pytest.fixture(autouse=True)
def _module(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = types.ModuleType("guess_v0")
    module.parallel_env = Guess
    monkeypatch.setitem(sys.modules, "guess_v0", module)


def guessing(*panel: Any, **arguments: Any) -> Scenario:
    return Scenario(
        name="guess",
        env="pettingzoo:guess_v0",
        action="Discrete",
        arguments={"mode": "learner_vs", "panel": list(panel), **arguments},
    )


def earned(scenario: Scenario, action: int, seed: int) -> Any:
    env = make(scenario)
    env.reset(seed=seed)
    return env.step(action)


def test_it_takes_the_other_seat_and_sees_what_a_learner_sees_there() -> None:
    fake = Fake(2)
    assert earned(guessing(fake), 2, seed=0)[1] == 1
    assert earned(guessing(fake), 1, seed=1)[1] == 0
    # The board, and a one-hot of the seat: the learner plays left, then right.
    assert fake.seen == [[[7, 0, 1]], [[7, 1, 0]]]


def test_it_takes_turns_with_scripted_players_under_its_own_name() -> None:
    scenario = guessing("random", Fake(2), learners=["left"])
    parts = [set(earned(scenario, 0, seed)[4][RETURN_PARTS]) for seed in range(2)]
    assert parts == [{"against random"}, {"against model 01234567"}]


def test_what_it_draws_follows_from_the_seed_of_the_game() -> None:
    def games(first: int) -> list[float]:
        return [earned(guessing(Fake()), 0, seed)[1] for seed in range(first, first + 16)]

    assert games(0) == games(0)
    assert games(0) != games(100)


@pytest.mark.parametrize(
    ("what", "space", "message"),
    [
        ("observation_space", spaces.Box(0, 9, (4,), np.float32), r"sees Box\(\(4,\), float32\)"),
        ("action_space", spaces.Discrete(5), r"acts in Discrete\(5\)"),
    ],
)
def test_one_of_another_game_is_refused(what: str, space: Any, message: str) -> None:
    fake = Fake()
    setattr(fake, what, space)
    with pytest.raises(UsageError, match=message):
        make(guessing(fake))


def test_a_mapping_is_no_player() -> None:
    with pytest.raises(UsageError, match="`panel` has a player"):
        make(guessing({"savedmodel": "a.zip"}))


def saved(path: Path, seen: spaces.Space[Any]) -> SavedModel:
    data = {
        "policy_class": {"__module__": "my.policies"},
        **{
            key: {":serialized:": base64.b64encode(cloudpickle.dumps(space)).decode()}
            for key, space in (("observation_space", seen), ("action_space", spaces.Discrete(4)))
        },
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data", json.dumps(data))
        archive.writestr("policy.pth", "")
    return SavedModel(path=str(path), sha256=saved_models.read(path).sha256)


def test_a_file_is_held_against_the_game_before_anything_is_trained(tmp_path: Path) -> None:
    assert spaces_of(guessing(saved(tmp_path / "a.zip", SEEN)))[0] == "Discrete(4)"
    other = saved(tmp_path / "b.zip", spaces.Box(0, 9, (8,), np.float32))
    with pytest.raises(UsageError, match=r"sees Box\(\(8,\)"):
        spaces_of(guessing(other))


def test_a_file_that_nobody_has_opened_does_not_act(tmp_path: Path) -> None:
    env = make(guessing(saved(tmp_path / "a.zip", SEEN)), guard=False)
    env.reset(seed=0)
    with pytest.raises(UsageError, match="plays in trainings and evaluations only"):
        env.step(0)
