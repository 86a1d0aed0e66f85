"""MiniGrid's codes as one-hot vectors."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

pytest.importorskip("minigrid", reason="needs minigrid: pip install 'rl-harness[minigrid]'")

from scenarios.env_wrappers import COLOURS, LONGEST, OBJECTS, STATES, WORDS, Symbols

CELL = OBJECTS + COLOURS + STATES
VIEW = 49 * CELL


def test_codes_can_be_read_back() -> None:
    env = gymnasium.make("MiniGrid-DoorKey-5x5-v0")
    symbols = Symbols(env)
    env.action_space.seed(0)
    seen, _ = env.reset(seed=0)
    for _ in range(40):
        vector = symbols.observation(seen)
        assert vector in symbols.observation_space
        cells = vector[:VIEW]
        widths = (OBJECTS, COLOURS, STATES)
        starts = np.cumsum([0, *(49 * width for width in widths)])
        codes = [
            cells[start : start + 49 * width].reshape(7, 7, width).argmax(axis=-1)
            for start, width in zip(starts, widths, strict=False)
        ]
        np.testing.assert_array_equal(np.stack(codes, axis=-1), seen["image"])
        assert vector[VIEW : VIEW + 4].argmax() == seen["direction"]
        assert vector.sum() == 3 * 49 + 1
        seen, _, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            seen, _ = env.reset()


@pytest.mark.parametrize(
    ("name", "varies"),
    [
        ("MiniGrid-Empty-5x5-v0", False),
        ("MiniGrid-GoToDoor-5x5-v0", True),
        ("BabyAI-GoToLocal-v0", True),
    ],
)
def test_a_mission_is_shown_where_it_varies(name: str, varies: bool) -> None:
    symbols = Symbols(gymnasium.make(name))
    words = LONGEST * len(WORDS) if varies else 0
    assert symbols.observation_space.shape == (VIEW + 4 + words,)


def test_missions_differ_where_their_words_do() -> None:
    env = gymnasium.make("MiniGrid-GoToDoor-5x5-v0")
    symbols = Symbols(env)
    seen, _ = env.reset(seed=0)
    one = symbols.observation({**seen, "mission": "go to the red door"})
    other = symbols.observation({**seen, "mission": "go to the blue door"})
    assert (one != other).sum() == 2
    with pytest.raises(ValueError, match="`unicorn`"):
        symbols.observation({**seen, "mission": "go to the unicorn"})


def test_it_wants_a_grid() -> None:
    with pytest.raises(TypeError, match="no view of a grid"):
        Symbols(gymnasium.make("CartPole-v1"))
