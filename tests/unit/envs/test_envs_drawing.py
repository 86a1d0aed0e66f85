"""Environments that can be looked at, without a display."""

import os
from dataclasses import replace

import gymnasium
import pytest

from harness import envs
from harness.core.scenario import Scenario
from harness.envs import make_environments
from harness.errors import EnvironmentFailedError, UsageError
from scenarios.bucket_brigade.env import BucketBrigade

CARTPOLE = Scenario(name="CartPole-v1", env="CartPole-v1", action="Discrete")
BRIGADE = Scenario(
    name="fires",
    env="bucket_brigade/easy-v0",
    action="MultiDiscrete",
    imports=("scenarios.bucket_brigade.env",),
)


@pytest.fixture
def bare(monkeypatch):
    """No display, and nothing said of how to draw."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "MUJOCO_GL", "SDL_VIDEODRIVER", "SDL_AUDIODRIVER")
    for name in names:
        # Set first, so that what is set in the test is gone after it.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(make_environments.sys, "platform", "linux")


@pytest.mark.parametrize(
    ("there", "backend"),
    [({"EGL", "OSMesa"}, "egl"), ({"OSMesa"}, "osmesa"), (set(), "disable")],
)
def test_what_can_draw_into_memory_is_taken(bare, monkeypatch, there, backend):
    monkeypatch.setattr(
        make_environments, "find_library", lambda name: name if name in there else None
    )
    envs.render_into_memory()
    assert os.environ.get("MUJOCO_GL") == backend
    assert "offscreen" in os.environ["SDL_VIDEODRIVER"]


def test_what_the_user_has_set_stays(bare, monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "glfw")
    envs.render_into_memory()
    assert os.environ["MUJOCO_GL"] == "glfw"


def test_a_display_is_seen(bare, monkeypatch):
    assert not envs.has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert envs.has_display()


def test_pictures_and_text_are_drawn(bare):
    env = envs.make_renderable(BRIGADE, "rgb_array")
    env.reset(seed=1)
    assert envs.render_frame(env).shape == (320, 320, 3)
    assert envs.frame_rate(env) == 2
    text = envs.make_renderable(BRIGADE, "ansi")
    text.reset(seed=1)
    assert envs.render_frame(text).startswith("night 0")


def make_brigade(**settings):
    return BucketBrigade(**settings)


def test_what_a_function_makes_is_asked_how_it_can_be_drawn(bare):
    kwargs = {"scenario": "easy", "rules": "classic"}
    gymnasium.register(id="made/Brigade-v0", entry_point=make_brigade, kwargs=kwargs)
    made = replace(BRIGADE, env="made/Brigade-v0")
    assert envs.render_modes(made) == ("ansi", "rgb_array")
    env = envs.make_renderable(made, "rgb_array")
    env.reset(seed=1)
    assert envs.render_frame(env).shape == (320, 320, 3)


def test_drawing_changes_nothing(bare):
    plain, shown = envs.make(CARTPOLE), envs.make_renderable(CARTPOLE, "rgb_array")
    assert plain.reset(seed=3)[0].tolist() == shown.reset(seed=3)[0].tolist()
    for action in (0, 1, 1, 0):
        envs.render_frame(shown)
        assert plain.step(action)[0].tolist() == shown.step(action)[0].tolist()
    plain.close()
    shown.close()


def test_what_is_not_offered_is_said_with_what_is():
    assert envs.render_modes(CARTPOLE) == ("human", "rgb_array")
    with pytest.raises(UsageError, match="cannot be drawn as ansi") as caught:
        envs.make_renderable(CARTPOLE, "ansi")
    assert caught.value.help == "it offers: human, rgb_array"


def test_a_drawing_that_raises_is_the_environments_failure(bare, monkeypatch):
    env = envs.make_renderable(BRIGADE, "rgb_array")
    monkeypatch.setattr(type(env.unwrapped), "render", lambda self: 1 / 0)
    env.reset(seed=1)
    with pytest.raises(EnvironmentFailedError, match="drawing raised ZeroDivisionError"):
        envs.render_frame(env)
