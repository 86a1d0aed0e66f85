"""Environments that can be looked at, with and without a display, and single pictures of them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final

import gymnasium
import numpy as np

from harness.core.scenario import Scenario
from harness.envs.environment_lookup import import_object, spec_of
from harness.envs.make_environments import make
from harness.errors import EnvironmentFailedError, UsageError

_DEFAULT_FRAME_RATE: Final = 30
"""Frames per second of an environment that names no rate."""

_PICTURE_SEED: Final = 0
_PICTURE_STEPS: Final = 10
"""Random steps before the picture, so that it shows more than the initial state."""


def render_modes(scenario: Scenario) -> tuple[str, ...]:
    """What an environment's ``render`` can return, in gymnasium's words.

    Raises:
        HarnessError: There is no such environment, or it cannot be imported.
    """
    spec = spec_of(scenario)
    entry = spec.entry_point
    factory = import_object(entry) if isinstance(entry, str) else entry
    metadata: Mapping[str, Any] | None = getattr(factory, "metadata", None)
    if metadata is None:
        # The entry point is a function: only the environment that it makes has metadata.
        env = make(scenario)
        metadata = env.metadata or {}
        env.close()
    return tuple(metadata.get("render_modes") or ())


def make_renderable(scenario: Scenario, render_mode: str) -> gymnasium.Env:
    """The environment of a scenario, ready for ``render``.

    Raises:
        UsageError: It has no such render mode.
        HarnessError: It cannot be made.
    """
    modes = render_modes(scenario)
    has_window = render_mode == "human" and "rgb_array" in modes
    if render_mode not in modes and not has_window:
        hint = f"it offers: {', '.join(modes)}" if modes else "it offers no drawing at all"
        raise UsageError(f"`{scenario.name}` cannot be drawn as {render_mode}", help=hint)
    with warnings.catch_warnings():
        # Gymnasium warns that it opens the window itself, which is what is wanted.
        warnings.filterwarnings("ignore", message=".*human.*render", category=UserWarning)
        return make(scenario, render_mode=render_mode)


def render_frame(env: gymnasium.Env) -> object:
    """What the environment's ``render`` returns now.

    Raises:
        EnvironmentFailedError: It raised.
    """
    try:
        return env.render()
    except Exception as exc:
        hint = "it may be drawn otherwise (--render), or on a machine with a display"
        if "GL" in str(exc) or "mujoco" in type(exc).__module__.lower():
            hint = (
                "drawing without a display needs EGL or OSMesa "
                "(Debian: `apt install libegl1` or `libosmesa6`)"
            )
        raise EnvironmentFailedError(
            f"drawing raised {type(exc).__name__}: {exc}", help=hint
        ) from exc


def frame_rate(env: gymnasium.Env) -> int:
    """Steps per second in real time."""
    rate = (env.metadata or {}).get("render_fps") or _DEFAULT_FRAME_RATE
    return max(1, round(float(rate)))


def render_picture(scenario: Scenario) -> np.ndarray:
    """A frame some random steps into an episode, shape (height, width, 3), uint8.

    Raises:
        MissingExtraError: It needs a package that is not installed.
        UsageError: It does not render to an image.
        EnvironmentFailedError: It cannot be drawn on this machine.
    """
    env = make_renderable(scenario, "rgb_array")
    try:
        return _random_frame(scenario, env)
    finally:
        env.close()


def _random_frame(scenario: Scenario, env: gymnasium.Env) -> np.ndarray:
    env.reset(seed=_PICTURE_SEED)
    env.action_space.seed(_PICTURE_SEED)
    for _ in range(_PICTURE_STEPS):
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            env.reset()
    frame: object = render_frame(env)
    if not isinstance(frame, np.ndarray) or frame.ndim != 3:
        raise UsageError(
            f"`{scenario.name}` does not render to an image", help="it has no `rgb_array` mode"
        )
    return frame
