"""The preprocessing of Atari games: one action is four frames, points are clipped in training."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest

pytest.importorskip("ale_py", reason="needs ale-py: pip install 'rl-harness[atari]'")
pytest.importorskip("cv2", reason="needs OpenCV: pip install 'rl-harness[atari]'")

from dataclasses import replace

from descriptions import probe

from harness.envs import make
from harness.errors import UsageError
from scenarios import atari

INVADERS = next(item for item in atari.SCENARIOS if item.name == "ALE/SpaceInvaders-v5")


def played(env: gymnasium.Env[Any, Any], steps: int = 250) -> list[float]:
    env.action_space.seed(1)
    env.reset(seed=1)
    rewards = []
    for _ in range(steps):
        _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        rewards.append(float(reward))
        if terminated or truncated:
            break
    env.close()
    return rewards


def test_an_action_lasts_four_frames_and_may_stick() -> None:
    env = make(INVADERS)
    ale = env.unwrapped.ale  # type: ignore[attr-defined]
    observation, _ = env.reset(seed=0)
    assert observation.shape == (4, 84, 84)
    assert observation.dtype == np.uint8
    before = ale.getEpisodeFrameNumber()
    env.step(0)
    assert ale.getEpisodeFrameNumber() - before == 4
    assert ale.getFloat("repeat_action_probability") == 0.25
    env.close()


def test_points_are_clipped_in_training_only() -> None:
    points, clipped = played(make(INVADERS)), played(make(INVADERS, training=True))
    assert max(points) >= 5
    assert clipped == list(np.sign(points))


def test_a_lost_life_does_not_end_the_game() -> None:
    env = make(INVADERS)
    env.action_space.seed(0)
    env.reset(seed=0)
    ale = env.unwrapped.ale  # type: ignore[attr-defined]
    lives = ale.lives()
    while ale.lives() == lives:
        _, _, terminated, _, _ = env.step(env.action_space.sample())
        assert not terminated
    env.close()


def test_skipping_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="frame"):
        make(replace(INVADERS, arguments={}))


def test_any_other_game_is_made_the_same_way() -> None:
    found = probe("ALE/Freeway-v5", atari.FAMILIES[0].draft)
    assert found is not None
    assert (found.action, found.observation) == ("Discrete", "image")
    assert found.wrappers == INVADERS.wrappers
    assert found.random is None
    assert found.reference is None
