"""Spaces in words, and scenarios for environments that nobody described."""

from __future__ import annotations

import os
from typing import Any

import gymnasium
import numpy as np
import pytest
from descriptions import probe
from gymnasium import spaces

from harness.core.scenario import Scenario, Wrapper
from harness.envs import (
    describe,
    make,
    make_environments,
    random_score,
    render_picture,
    space_kinds,
)
from harness.envs.environment_inspection import space_text
from harness.errors import MissingExtraError, UsageError

VECTOR = spaces.Box(-1.0, 1.0, (3,))
DISCRETE = spaces.Discrete(2)


class Shell(gymnasium.Env[Any, Any]):
    """Nothing but spaces."""

    def __init__(self, action: spaces.Space[Any], observation: spaces.Space[Any]) -> None:
        self.action_space = action
        self.observation_space = observation


@pytest.mark.parametrize(
    ("space", "kind"),
    [
        (DISCRETE, "Discrete"),
        (VECTOR, "Box"),
        (spaces.MultiDiscrete([2, 3]), "MultiDiscrete"),
        (spaces.MultiBinary(4), "MultiBinary"),
    ],
)
def test_kinds_of_action(space: spaces.Space[Any], kind: str) -> None:
    assert space_kinds(Shell(space, VECTOR)) == (kind, "vector")


@pytest.mark.parametrize(
    ("space", "kind"),
    [
        (VECTOR, "vector"),
        (spaces.Discrete(16), "vector"),
        (spaces.Box(0, 255, (84, 84, 3), np.uint8), "image"),
        (spaces.Box(0, 255, (4, 84, 84), np.uint8), "image"),
        # The Nature CNN cannot read 7 x 7 cells; a network of dense layers can.
        (spaces.Box(0, 255, (7, 7, 3), np.uint8), "vector"),
        (spaces.Box(0, 1, (84, 84, 3), np.float32), "vector"),
        (spaces.Dict({"a": VECTOR, "b": DISCRETE}), "dict"),
    ],
)
def test_kinds_of_observation(space: spaces.Space[Any], kind: str) -> None:
    assert space_kinds(Shell(DISCRETE, space)) == ("Discrete", kind)


@pytest.mark.parametrize(
    "space",
    [
        spaces.Tuple((VECTOR, DISCRETE)),
        spaces.Text(5),
        spaces.Dict({"deep": spaces.Dict({"a": VECTOR})}),
    ],
)
def test_observations_that_no_algorithm_reads(space: spaces.Space[Any]) -> None:
    with pytest.raises(UsageError, match="FlattenObservation"):
        space_kinds(Shell(DISCRETE, space))


def test_actions_that_no_algorithm_takes() -> None:
    with pytest.raises(UsageError, match="acts in the action space"):
        space_kinds(Shell(spaces.Tuple((DISCRETE, VECTOR)), VECTOR))


def test_a_description_names_limit_and_threshold() -> None:
    seen = describe(make(Scenario(name="x", env="CartPole-v1", action="Discrete")))
    assert (seen.max_episode_steps, seen.threshold) == (500, 475.0)
    assert seen.action_space == "Discrete(2)"


@pytest.mark.parametrize(
    ("name", "family", "action", "observation", "limit", "threshold", "requires"),
    [
        ("Taxi-v4", "toy_text", "Discrete", "vector", 200, 8.0, ""),
        ("Hopper-v5", "mujoco", "Box", "vector", 1000, 3800.0, "gymnasium[mujoco]"),
        ("CarRacing-v3", "box2d", "Box", "image", 1000, 900.0, "gymnasium[box2d]"),
        ("CliffWalking-v1", "toy_text", "Discrete", "vector", None, None, ""),
    ],
)
def test_any_registered_id_is_a_scenario(
    name: str,
    family: str,
    action: str,
    observation: str,
    limit: int | None,
    threshold: float | None,
    requires: str,
) -> None:
    found = probe(name)
    assert found is not None
    assert (found.name, found.env) == (name, name)
    assert (found.family, found.action, found.observation) == (family, action, observation)
    assert (found.max_episode_steps, found.threshold) == (limit, threshold)
    assert found.requires == requires
    assert (found.random, found.reference) == (None, None)


@pytest.mark.parametrize("name", ["NoSuch-v0", "CartPole", "LunarLander-v2", ""])
def test_what_is_not_registered_is_none(name: str) -> None:
    assert probe(name) is None


def test_a_module_that_is_not_installed() -> None:
    with pytest.raises(MissingExtraError, match="pip install no-such-package"):
        probe("no_such_package:Env-v0")


def test_an_environment_without_usable_spaces() -> None:
    with pytest.raises(UsageError, match="FlattenObservation"):
        probe("Blackjack-v1")


def test_an_environment_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("no display")

    entry = gymnasium.envs.registration.EnvSpec(id="Broken-v0", entry_point=broken)  # type: ignore[arg-type]
    monkeypatch.setitem(gymnasium.registry, "Broken-v0", entry)
    with pytest.raises(UsageError, match="no display"):
        probe("Broken-v0")


CARTPOLE = Scenario(name="CartPole-v1", env="CartPole-v1", action="Discrete")


def test_a_random_score_is_a_function_of_its_seed() -> None:
    first, again, other = (random_score(CARTPOLE, episodes=20, seed=s) for s in (1, 1, 2))
    assert first == again
    assert first.value != other.value
    assert "20 episodes" in first.source


def test_a_random_score_respects_the_time_limit() -> None:
    short = Scenario(name="x", env="Pendulum-v1", action="Box", max_episode_steps=2)
    assert -40 < random_score(short, episodes=5, seed=0).value < 0


def test_no_episodes_have_no_mean() -> None:
    with pytest.raises(ValueError, match="0 episodes"):
        random_score(CARTPOLE, episodes=0, seed=0)


def test_a_draft_is_kept_but_for_what_the_environment_says() -> None:
    draft = Scenario(
        name="",
        env="",
        action="",
        family="poles",
        wrappers=(Wrapper(path="gymnasium.wrappers.FlattenObservation"),),
        steps=7,
        licence="mine",
    )
    found = probe("CartPole-v1", draft)
    assert found is not None
    assert (found.name, found.env, found.family, found.steps) == ("CartPole-v1",) * 2 + ("poles", 7)
    assert (found.action, found.max_episode_steps, found.threshold) == ("Discrete", 500, 475.0)
    assert found.wrappers == draft.wrappers


def test_a_missing_family_names_the_line_that_installs_it() -> None:
    draft = Scenario(
        name="", env="", action="Box", imports=("no_such_simulator",), requires="rl-harness[sim]"
    )
    with pytest.raises(MissingExtraError) as caught:
        probe("Sim/Task-v0", draft)
    assert caught.value.help == "pip install 'rl-harness[sim]'"


def test_training_has_wrappers_of_its_own() -> None:
    scenario = Scenario(
        name="Pendulum-v1",
        env="Pendulum-v1",
        action="Box",
        training_wrappers=(
            Wrapper(
                path="gymnasium.wrappers.ClipReward",
                arguments={"min_reward": -1.0, "max_reward": 1.0},
            ),
        ),
    )
    rewards = []
    for training in (False, True):
        env = make(scenario, training=training)
        env.reset(seed=0)
        rewards.append(min(env.step(np.zeros(1, dtype=np.float32))[1] for _ in range(30)))
        env.close()
    assert rewards[0] < -1.0
    assert rewards[1] == -1.0


def test_a_picture_is_a_frame() -> None:
    frame = render_picture(Scenario(name="CartPole-v1", env="CartPole-v1", action="Discrete"))
    assert frame.ndim == 3
    assert frame.dtype == np.uint8
    assert frame.std() > 0


@pytest.mark.parametrize(
    ("before", "expected"),
    [({}, "offscreen,dummy"), ({"DISPLAY": ":0"}, None), ({"SDL_VIDEODRIVER": "x11"}, "x11")],
)
def test_without_a_screen_nothing_looks_for_one(
    before: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "MUJOCO_GL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    make_environments.prepare_display()
    assert os.environ.get("SDL_VIDEODRIVER") == expected
    assert ("MUJOCO_GL" in os.environ) == ("DISPLAY" not in before)
    # What it set itself has to go again.
    for name in ("SDL_VIDEODRIVER", "MUJOCO_GL"):
        monkeypatch.setenv(name, "")


@pytest.mark.parametrize(
    ("space", "line"),
    [
        (spaces.Box(-1, 1, (300,), np.float32), "Box(-1.0, 1.0, (300,), float32)"),
        (
            spaces.Box(np.array([-np.inf, 0]), np.array([1 / 3, 2]), dtype=np.float64),
            "Box([-inf, 0], [0.3333, 2], (2,), float64)",
        ),
        (
            spaces.Box(np.zeros(99), np.arange(1.0, 100.0), dtype=np.float64),
            "Box(0 to 99, (99,), float64)",
        ),
        (spaces.MultiDiscrete([2] * 40), f"MultiDiscrete([{' '.join('2' * 40)}])"),
        (
            spaces.Dict({"goal": spaces.Discrete(3), "seen": spaces.Box(0, 1, (2,), np.float32)}),
            "Dict(goal: Discrete(3), seen: Box(0.0, 1.0, (2,), float32))",
        ),
    ],
)
def test_a_space_is_told_in_a_line(space: spaces.Space[Any], line: str) -> None:
    assert space_text(space) == line
