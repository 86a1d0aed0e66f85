"""A picture of one scenario of each family, without a display."""

from __future__ import annotations

from ctypes.util import find_library
from itertools import groupby

import numpy as np
import pytest

from harness import envs
from harness.core.scenario import Scenario
from harness.registry import package_version
from scenarios import SCENARIOS

_FAMILIES = {family: next(group) for family, group in groupby(SCENARIOS, lambda one: one.family)}
_BY_MUJOCO = {"mujoco", "locomotion", "dm_control", "robotics"}


@pytest.mark.parametrize("scenario", _FAMILIES.values(), ids=_FAMILIES.keys())
def test_a_picture_shows_something(scenario: Scenario) -> None:
    missing = [package for package in scenario.packages if package_version(package) == "missing"]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}: pip install '{scenario.requires}'")
    if scenario.family in _BY_MUJOCO and not (find_library("EGL") or find_library("OSMesa")):
        pytest.skip("needs EGL or OSMesa")
    frame = envs.render_picture(scenario)
    assert frame.dtype == np.uint8
    assert len(np.unique(frame)) > 1, "all of one colour"
