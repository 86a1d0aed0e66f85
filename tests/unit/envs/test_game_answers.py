"""What a game of several agents answers is looked at before anything is learned from it."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from harness.core.scenario import Scenario
from harness.envs import make, make_vector
from harness.errors import EnvironmentFailedError, UsageError


class Two:
    """Two agents that see a number and choose one; each earns what it chose, for four steps."""

    sees: spaces.Space[Any] = spaces.Box(0, 9, (1,), np.float32)

    def __init__(self) -> None:
        self.possible_agents = ["left", "right"]
        self.agents: list[str] = []

    def observation_space(self, name: str) -> spaces.Space[Any]:
        return self.sees

    def action_space(self, name: str) -> spaces.Space[Any]:
        return spaces.Discrete(2)

    def observe(self) -> Any:
        return np.array([self.time], np.float32)

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.agents, self.time = list(self.possible_agents), 0
        return {name: self.observe() for name in self.agents}, {}

    def step(self, actions: dict[str, int]) -> Any:
        self.time += 1
        names = self.agents
        over = self.time == 4
        self.agents = [] if over else names
        rewards = {name: float(actions[name]) for name in names}
        observations = {name: self.observe() for name in names}
        return observations, rewards, dict.fromkeys(names, False), dict.fromkeys(names, over), {}

    def close(self) -> None:
        pass


class LongObservation(Two):
    def observe(self) -> Any:
        return np.zeros(2 if self.time == 2 else 1, np.float32)


class TextObservation(Two):
    def observe(self) -> Any:
        return "north"


class OtherChoice(Two):
    sees = spaces.Discrete(3, start=4)

    def observe(self) -> Any:
        return 3


class OldReset(Two):
    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        return super().reset(seed, options)[0]


class NoObservation(Two):
    def step(self, actions: dict[str, int]) -> Any:
        answer = super().step(actions)
        answer[0].pop("right", None)
        return answer


class NoReward(Two):
    def step(self, actions: dict[str, int]) -> Any:
        answer = super().step(actions)
        del answer[1]["left"]
        return answer


class ManyRewards(Two):
    def step(self, actions: dict[str, int]) -> Any:
        answer = super().step(actions)
        answer[1]["left"] = np.array([1.0, 2.0])
        return answer


class Stays(Two):
    def step(self, actions: dict[str, int]) -> Any:
        answer = super().step(actions)
        self.agents = list(self.possible_agents)
        return answer


class Masked(Two):
    sees = spaces.Dict(
        observation=spaces.Box(0, 9, (1,), np.float32), action_mask=spaces.MultiBinary(2)
    )
    mask: Any = (True, False)

    def observe(self) -> Any:
        return {"observation": super().observe(), "action_mask": self.mask}


class ShortMask(Masked):
    mask = (True,)


class NoMask(Masked):
    def observe(self) -> Any:
        return {"observation": [1.0]}


class Unlike(Masked):
    def observe(self) -> Any:
        return np.zeros(1, np.float32)


@pytest.fixture
def scenario(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = types.ModuleType("answers")
    monkeypatch.setitem(sys.modules, "answers", module)

    def describe(game: type) -> Scenario:
        setattr(module, game.__name__, game)
        return Scenario(
            name="two", env=f"pettingzoo:answers:{game.__name__}", action="Discrete", n_envs=2
        )

    return describe


FAULTS = {
    LongObservation: r"observation of agent `left` has the shape \(2,\), not \(1,\)",
    TextObservation: "observation of agent `left` is a str, not numbers",
    OtherChoice: "observation of agent `left` is -1, counted from 0, and there are 3",
    OldReset: "`reset` has to return observations and infos",
    NoObservation: "the observations have none of agent `right`",
    NoReward: "the rewards have none of agent `left`",
    ManyRewards: "the reward of agent `left` has the shape",
    ShortMask: r"the action mask of agent `left` has the shape \(1,\), its actions are 2",
    NoMask: "the observation of agent `left` has no `action_mask`",
    Unlike: "the observation of agent `left` has no `observation`",
    Stays: "agent `left` has ended and is still in `agents`",
}


def play(env: Any, action: Any) -> None:
    env.reset(seed=0)
    for _ in range(8):
        env.unwrapped.action_masks()
        env.step(action)


@pytest.mark.parametrize("game", FAULTS)
def test_an_answer_that_is_none_fails_the_run_with_agent_and_step(
    game: type, scenario: Any
) -> None:
    fault = f"{FAULTS[game]}.*of the game"
    with pytest.raises(EnvironmentFailedError, match=fault):
        play(make_vector(scenario(game)), np.ones(4, int))
    with pytest.raises(EnvironmentFailedError, match=fault):
        play(make(scenario(game)), 1)


class Lists(Two):
    def observe(self) -> Any:
        return [self.time]

    def step(self, actions: dict[str, int]) -> Any:
        answer = super().step(actions)
        return answer[0], {name: np.array([2.0]) for name in answer[1]}, *answer[2:]


class FromFour(Two):
    sees = spaces.Discrete(5, start=4)

    def observe(self) -> Any:
        return 4 + self.time


def test_lists_arrays_of_one_number_and_choices_that_begin_elsewhere_are_understood(
    scenario: Any,
) -> None:
    lists = make_vector(scenario(Lists))
    lists.reset(seed=0)
    observations, rewards, *_ = lists.step(np.ones(4, int))
    assert observations[:, 0].tolist() == [1.0] * 4
    assert rewards.tolist() == [2.0] * 4
    counted = make_vector(scenario(FromFour))
    counted.reset(seed=0)
    observations, *_ = counted.step(np.ones(4, int))
    assert observations[:, :5].tolist() == [[0, 1, 0, 0, 0]] * 4


def test_what_is_no_game_is_refused(scenario: Any) -> None:
    class NoGame:
        pass

    class Nobody(Two):
        def __init__(self) -> None:
            self.possible_agents = []

    for each in (NoGame, Nobody):
        with pytest.raises(UsageError, match="`possible_agents` names no agents"):
            make(scenario(each))
