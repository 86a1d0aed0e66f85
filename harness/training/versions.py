"""Versions that change the digits of a training, read without importing what they belong to."""

from __future__ import annotations

import platform
from typing import Final

from harness.core.scenario import Scenario
from harness.errors import UsageError
from harness.registry import installed

__all__ = ["check_versions", "numeric_versions"]

NUMERIC: Final = ("torch", "stable-baselines3", "sb3-contrib", "gymnasium", "mujoco", "numpy")


def numeric_versions() -> dict[str, str]:
    """Package -> installed version, ``missing`` where there is none, and Python's own.

    Results of different versions are never pooled.
    """
    return {name: installed(name) for name in NUMERIC} | {"python": platform.python_version()}


def check_versions(scenario: Scenario) -> None:
    """See to it that a scenario's own packages are those its run was planned with.

    Raises:
        UsageError: One has another version here.
    """
    for package, planned in scenario.versions.items():
        found = installed(package)
        if found != planned:
            raise UsageError(
                f"`{scenario.name}` was planned with {package} {planned}, here it is {found}",
                help=f"pip install {package}=={planned}",
            )
