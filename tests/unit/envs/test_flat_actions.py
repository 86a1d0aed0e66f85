"""Actions in one flat space, and what the environment gets of them."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from harness.envs import FlattenAction, space_kinds
from harness.errors import UsageError

BOX = spaces.Box(-1.0, 1.0, (2,))


class Echo(gymnasium.Env[Any, Any]):
    """Keeps its last action."""

    observation_space = BOX

    def __init__(self, action: spaces.Space[Any]) -> None:
        self.action_space = action

    def step(self, action: Any) -> Any:
        self.last = action
        return np.zeros(2, np.float32), 0.0, False, False, {}


@pytest.mark.parametrize(
    ("space", "flat"),
    [
        (spaces.MultiBinary([2, 3]), spaces.MultiBinary(6)),
        (spaces.MultiDiscrete([[2, 3], [4, 5]]), spaces.MultiDiscrete([2, 3, 4, 5])),
        (
            spaces.Tuple((spaces.Discrete(3, start=-1), spaces.MultiBinary(2))),
            spaces.MultiDiscrete([3, 2, 2]),
        ),
        (
            spaces.Dict(a=BOX, b=spaces.Dict(c=spaces.Box(0.0, 5.0, (1, 2)))),
            spaces.Box(np.array([-1, -1, 0, 0], np.float32), np.array([1, 1, 5, 5], np.float32)),
        ),
    ],
)
def test_a_flat_space_is_one_that_algorithms_act_in(
    space: spaces.Space[Any], flat: spaces.Space[Any]
) -> None:
    with pytest.raises(UsageError, match=r"harness\.envs\.FlattenAction") as caught:
        space_kinds(Echo(space))
    assert "wrappers" in caught.value.help
    env = FlattenAction(Echo(space))
    assert env.action_space == flat
    space_kinds(env)
    env.action_space.seed(3)
    for _ in range(20):
        env.step(env.action_space.sample())
        assert space.contains(env.unwrapped.last)


def test_whole_numbers_and_their_ends_are_reached() -> None:
    space = spaces.Dict(a=spaces.Box(-3, 7, (2,), np.int32), b=spaces.Box(0, 5, (2,), np.uint8))
    env = FlattenAction(Echo(space))
    env.step(np.array([-2.6, 0.4, 4.6, 5], np.float32))
    last = env.unwrapped.last
    assert (last["a"].tolist(), last["b"].tolist()) == ([-3, 0], [5, 5])
    assert space.contains(last)


@pytest.mark.parametrize("space", [spaces.Tuple((BOX, spaces.Discrete(2))), spaces.Text(3)])
def test_what_has_no_flat_form(space: spaces.Space[Any]) -> None:
    with pytest.raises(UsageError, match="acts in the action space") as caught:
        space_kinds(Echo(space))
    assert "FlattenAction" not in caught.value.help
    with pytest.raises(UsageError, match="no flat form"):
        FlattenAction(Echo(space))
