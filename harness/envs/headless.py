"""Rendering without a screen: which of MuJoCo's and SDL's back ends to take."""

from __future__ import annotations

import os
from ctypes.util import find_library

__all__ = ["prepare"]

_LIBRARIES = {"egl": "EGL", "osmesa": "OSMesa"}


def prepare() -> None:
    """Tell MuJoCo and SDL not to look for a screen where there is none; a user's word stands.

    Has to happen before MuJoCo, dm_control or pygame are imported: they ask once, and dm_control
    warns of a missing screen even if nothing is ever drawn.
    """
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    if "MUJOCO_GL" not in os.environ:
        found = (name for name, library in _LIBRARIES.items() if find_library(library))
        os.environ["MUJOCO_GL"] = next(found, "disable")
