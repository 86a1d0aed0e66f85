"""Episodes of panda-gym with two cubes: nothing of the one before is left."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest

from harness import envs
from harness.campaign.matrices import registry

pytest.importorskip("panda_gym", reason="the extra `panda` is not installed")


def episode(env: gymnasium.Env[Any, Any], seed: int, way: np.ndarray[Any, Any]) -> list[Any]:
    """What is seen on the way of these actions."""
    seen = [env.reset(seed=seed)[0]["observation"].tolist()]
    return seen + [env.step(action)[0]["observation"].tolist() for action in way]


def test_two_cubes_lie_as_if_nothing_had_been_before() -> None:
    env = envs.make(registry().scenario("PandaStack-v3"), guard=False)
    way = np.random.default_rng(3).uniform(-1, 1, (20, 4)).astype(np.float32)
    down = np.tile(np.array([0, 0, -1, -1], dtype=np.float32), (40, 1))
    first = episode(env, 1, way)
    for before in range(100, 106):
        episode(env, before, down)
        assert episode(env, 1, way) == first
    env.close()
