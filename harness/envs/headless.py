"""Rendering without a screen: which of MuJoCo's and SDL's back ends to take."""

from __future__ import annotations

import os
import sys
from ctypes.util import find_library
from typing import Final

__all__ = ["has_display", "prepare", "without_display"]

_LIBRARIES: Final = {"egl": "EGL", "osmesa": "OSMesa"}

_WINDOWED: Final = {"darwin", "win32"}
"""Systems that always have a screen."""


def has_display() -> bool:
    """Whether a window can be opened."""
    if sys.platform in _WINDOWED:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def prepare() -> None:
    """Tell MuJoCo and SDL not to look for a screen where there is none.

    Has to happen before MuJoCo, dm_control or pygame are imported: they ask once, and dm_control
    warns of a missing screen even if nothing is ever drawn.
    """
    if not has_display():
        without_display()


def without_display() -> None:
    """Have MuJoCo and SDL draw into memory; what the user has set in the environment stays."""
    if sys.platform in _WINDOWED:
        return
    # Not `dummy` alone: highway-env takes that for a wish that nothing be drawn.
    os.environ.setdefault("SDL_VIDEODRIVER", "offscreen,dummy")
    os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
    if "MUJOCO_GL" not in os.environ:
        found = (name for name, library in _LIBRARIES.items() if find_library(library))
        os.environ["MUJOCO_GL"] = next(found, "disable")
