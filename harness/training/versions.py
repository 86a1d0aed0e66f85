"""Versions that change the digits of a training, read without importing what they belong to."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Final

__all__ = ["numeric_versions"]

NUMERIC: Final = ("torch", "stable-baselines3", "sb3-contrib", "gymnasium", "mujoco", "numpy")


def numeric_versions() -> dict[str, str]:
    """Package -> installed version, ``missing`` where there is none, and Python's own.

    Results of different versions are never pooled.
    """
    return {name: _installed(name) for name in NUMERIC} | {"python": platform.python_version()}


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
