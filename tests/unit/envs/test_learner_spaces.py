"""Environments look to a learner as their spaces say: counted from 0, observations in form."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from harness.core.scenario import Scenario, Wrapper
from harness.envs import Guard, make, random_returns
from harness.envs.learner_spaces import count_from_zero, observation_form
from harness.errors import EnvironmentFailedError

ACTIONS = {
    "discrete": spaces.Discrete(3, start=-1),
    "several": spaces.MultiDiscrete([2, 3], start=[5, -2]),
}


class Counted(gymnasium.Env[Any, Any]):
    """Refuses actions outside its space, and observes the last one in a dictionary."""

    def __init__(self, kind: str = "discrete") -> None:
        self.action_space = ACTIONS[kind]
        self.observation_space = spaces.Dict(
            last=self.action_space, side=spaces.Box(-1, 1, (1,), np.float32)
        )

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.steps = 0
        return {"last": self.action_space.start, "side": 0.5}, {}  # type: ignore[attr-defined]

    def step(self, action: Any) -> Any:
        assert self.action_space.contains(action), f"{action} outside {self.action_space}"
        self.steps += 1
        return {"last": action, "side": 0.5}, float(np.sum(action)), self.steps == 9, False, {}


gymnasium.register("Counted-v0", entry_point=Counted)


@pytest.mark.parametrize("kind", list(ACTIONS))
def test_learners_count_from_zero(kind: str) -> None:
    env = make(Scenario(name="c", env="Counted-v0", action="Discrete", arguments={"kind": kind}))
    assert isinstance(env.observation_space, spaces.Dict)
    assert env.observation_space["last"] == env.action_space
    assert not np.any(env.action_space.start)  # type: ignore[attr-defined]
    env.reset(seed=0)
    for _ in range(8):
        action = env.action_space.sample()
        observation, reward, *_ = env.step(action)
        assert np.array_equal(observation["last"], action)
        assert reward == np.sum(action + ACTIONS[kind].start)
        assert env.observation_space.contains(observation)


WHOLE = {
    "numbers": spaces.Box(-3, 7, (2,), np.int32),
    "one number": spaces.Box(0, 255, (), np.uint8),
    "wide": spaces.Box(-(2**31), 2**31 - 1, (1,), np.int32),
    "flags": spaces.Box(0, 1, (2,), np.bool_),
    "half precision": spaces.Box(-1, 0.1, (2,), np.float16),
    "twice the precision": spaces.Box(-1, 0.1, (2,), np.longdouble),
    "a short choice": spaces.Discrete(3, dtype=np.int16),
    "a short choice from elsewhere": spaces.Discrete(3, dtype=np.uint8, start=4),
    "short choices": spaces.MultiDiscrete([2, 3], dtype=np.int8),
    "short choices from elsewhere": spaces.MultiDiscrete([2, 3], dtype=np.int8, start=[4, -1]),
}


@pytest.mark.parametrize("kind", list(WHOLE))
def test_what_a_learner_chooses_is_an_action_of_the_space(kind: str) -> None:
    class Strict(Counted):
        def __init__(self) -> None:
            self.action_space = WHOLE[kind]
            self.observation_space = spaces.Box(-1, 1, (1,), np.float32)

        def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
            self.steps = 0
            return [0.5], {}

        def step(self, action: Any) -> Any:
            _, *rest = super().step(action)
            return [0.5], *rest

    env = count_from_zero(Strict())
    space = env.action_space
    env.reset()
    actions = [space.sample() for _ in range(8)]
    if isinstance(space, spaces.Box):
        assert space.dtype == np.float32
        actions += [space.low, space.high]
    for action in actions:
        env.step(action)


def test_a_whole_number_is_the_nearest() -> None:
    class Told(gymnasium.Env[Any, Any]):
        action_space = spaces.Box(-3, 7, (4,), np.int64)
        observation_space = spaces.Box(-3, 7, (4,), np.int64)

        def step(self, action: Any) -> Any:
            return action, 0.0, False, False, {}

    observation, *_ = count_from_zero(Told()).step(np.array([-2.6, 0.4, 0.6, 7], np.float32))
    assert observation.tolist() == [-3, 0, 1, 7]


def test_random_actions_reach_an_environment_that_counts_from_elsewhere() -> None:
    scenario = Scenario(name="c", env="Counted-v0", action="Discrete")
    returns = random_returns(scenario, seed=1)
    assert len({next(returns) for _ in range(20)}) > 3


def test_an_environment_that_counts_from_zero_is_left_alone() -> None:
    env = gymnasium.make("CartPole-v1")
    assert count_from_zero(env) is env


@pytest.mark.parametrize(
    ("space", "observation", "form"),
    [
        (spaces.Box(-1, 1, (1,)), 0.5, [0.5]),
        (spaces.Box(-1, 1, (1,)), np.float64(0.5), [0.5]),
        (spaces.Box(-1, 1, (3,)), np.ones((1, 3)), [1, 1, 1]),
        (spaces.Box(-1, 1, (3,)), (1, 0, 1), [1, 0, 1]),
        (spaces.Box(-1, 1, (1, 3)), [1.0, 0.0, 1.0], [[1, 0, 1]]),
        (spaces.Box(-1, 1, ()), np.zeros((1,)), 0),
        (spaces.Box(0, 255, (2,), np.uint8), [3.0, 255.0], [3, 255]),
        (spaces.MultiBinary(2), [True, False], [1, 0]),
        (spaces.MultiDiscrete([2, 3]), [1, 2], [1, 2]),
        (spaces.Discrete(3), np.array([2]), 2),
        (spaces.Discrete(3), 2.0, 2),
    ],
)
def test_an_observation_takes_the_form_of_its_space(
    space: spaces.Space[Any], observation: Any, form: Any
) -> None:
    formed = observation_form(space)(observation)
    assert np.asarray(formed).tolist() == form
    assert np.asarray(formed).dtype == space.dtype
    assert space.contains(formed)


@pytest.mark.parametrize(
    ("space", "observation", "fault"),
    [
        (spaces.Box(-1, 1, (2,)), 0.5, r"shape \(\), not \(2,\)"),
        (spaces.Box(-1, 1, (2, 3)), np.zeros((3, 2)), r"shape \(3, 2\)"),
        (spaces.Box(-1, 1, (2,)), None, "is a NoneType, not numbers"),
        (spaces.Box(-1, 1, (2,)), [[1.0], [1.0, 2.0]], "is no array"),
        (spaces.Box(-1, 1, (1,)), "0.5", "is a str"),
        (spaces.Box(0, 255, (1,), np.uint8), [0.5], "holds 0.5, which is no uint8"),
        (spaces.Box(0, 255, (1,), np.uint8), [-1], "holds -1, which is no uint8"),
        (spaces.Discrete(3), 3, "is 3, counted from 0, and there are 3"),
        (spaces.MultiDiscrete([2, 2]), [0, 2], "counted from 0"),
        (spaces.Dict(a=spaces.Discrete(2)), {"b": 0}, "lacks `a`"),
        (spaces.Dict(a=spaces.Discrete(2)), {"a": "x"}, "`a` is a str"),
        (spaces.Dict(a=spaces.Discrete(2)), 0, "is a int, not a dictionary"),
    ],
)
def test_what_is_no_observation_of_its_space_is_refused(
    space: spaces.Space[Any], observation: Any, fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        observation_form(space)(observation)


class Odd(gymnasium.Env[Any, Any]):
    """Returns a step that is no step."""

    observation_space = spaces.Box(-1.0, 1.0, (2,))
    action_space = spaces.Discrete(2)

    def __init__(self, **parts: Any) -> None:
        self.parts = {"observation": [0.0, 0.0], "reward": 1.0, "info": {}} | parts

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        return np.zeros(2, np.float32), {}

    def step(self, action: Any) -> Any:
        return self.parts["observation"], self.parts["reward"], False, False, self.parts["info"]


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("observation", [1.0], r"observation of Odd has the shape \(1,\).*\(step 1\)"),
        ("reward", None, "reward of Odd is None, a NoneType .* a float"),
        ("reward", [1.0, 2.0], "reward of Odd"),
        ("info", None, "information of Odd is a NoneType .* a dictionary"),
    ],
)
def test_a_malformed_step_is_a_failure_of_the_environment(
    part: str, value: Any, message: str
) -> None:
    guard = Guard(Odd(**{part: value}))
    guard.reset()
    with pytest.raises(EnvironmentFailedError, match=message):
        guard.step(0)


@pytest.mark.parametrize("reward", [np.array([2.0]), np.array(2.0), np.float32(2.0), True + 1])
def test_a_reward_becomes_a_number(reward: Any) -> None:
    guard = Guard(Odd(reward=reward))
    guard.reset()
    assert guard.step(0)[1] == 2.0
    assert type(guard.step(0)[1]) in {float, int}


class Ranged(Odd):
    """Takes infinite numbers alone."""

    def __init__(self, reach: Any, low: Any = -np.inf) -> None:
        assert reach == [0.7, np.inf]
        assert low == -np.inf
        super().__init__()


class Lowered(gymnasium.Wrapper[Any, Any, Any, Any]):
    def __init__(self, env: gymnasium.Env[Any, Any], low: float) -> None:
        assert low == -np.inf
        super().__init__(env)


gymnasium.register("Ranged-v0", entry_point=Ranged)


@pytest.mark.parametrize("infinity", [".inf", np.inf])
def test_an_environment_and_its_wrappers_get_infinite_numbers(infinity: Any) -> None:
    wrapper = Wrapper(path=f"{__name__}.Lowered", arguments={"low": "-.inf"})
    make(
        Scenario(
            name="r",
            env="Ranged-v0",
            action="Discrete",
            arguments={"reach": [0.7, infinity]},
            wrappers=(wrapper,),
        )
    )
