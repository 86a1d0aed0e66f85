"""Environments that can be looked at, with and without a display."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping
from ctypes.util import find_library
from typing import Any, Final

import gymnasium

from harness.core.scenario import Scenario
from harness.envs.build import make
from harness.envs.ids import find_spec
from harness.envs.imports import load
from harness.errors import EnvironmentFailedError, UsageError

__all__ = ["drawn", "frame_rate", "has_display", "make_drawn", "render_modes", "without_display"]

_USUAL: Final = 30
"""Frames per second where an environment does not say."""


def has_display() -> bool:
    """Whether a window can be opened."""
    if sys.platform in {"darwin", "win32"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def without_display() -> None:
    """Have MuJoCo and pygame draw into memory; before either of them is imported.

    What the user has set in the environment stays.
    """
    if sys.platform in {"darwin", "win32"}:
        return
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
    if "MUJOCO_GL" not in os.environ and (backend := _off_screen()):
        os.environ["MUJOCO_GL"] = backend


def _off_screen() -> str:
    libraries = {"egl": "EGL", "osmesa": "OSMesa"}
    return next((name for name, library in libraries.items() if find_library(library)), "")


def render_modes(scenario: Scenario) -> tuple[str, ...]:
    """What an environment's ``render`` can give, in gymnasium's words.

    Raises:
        HarnessError: There is no such environment, or it cannot be imported.
    """
    spec = find_spec(scenario.env, scenario.imports, requires=scenario.requires)
    entry = spec.entry_point
    kind = load(entry) if isinstance(entry, str) else entry
    metadata: Mapping[str, Any] = getattr(kind, "metadata", None) or {}
    return tuple(metadata.get("render_modes") or ())


def make_drawn(scenario: Scenario, render_mode: str) -> gymnasium.Env[Any, Any]:
    """The environment of a scenario, ready for ``render``.

    Raises:
        UsageError: It cannot be drawn that way.
        HarnessError: It cannot be made.
    """
    offered = render_modes(scenario)
    shown = render_mode == "human" and "rgb_array" in offered
    if render_mode not in offered and not shown:
        there = f"it offers: {', '.join(offered)}" if offered else "it offers no drawing at all"
        raise UsageError(f"`{scenario.name}` cannot be drawn as {render_mode}", help=there)
    with warnings.catch_warnings():
        # Gymnasium says that it opens the window itself, which is what is wanted.
        warnings.filterwarnings("ignore", message=".*human.*render", category=UserWarning)
        return make(scenario, render_mode=render_mode)


def drawn(env: gymnasium.Env[Any, Any]) -> Any:
    """What ``render`` gives now.

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


def frame_rate(env: gymnasium.Env[Any, Any]) -> int:
    """Steps per second in real time."""
    rate = (env.metadata or {}).get("render_fps") or _USUAL
    return max(1, round(float(rate)))
