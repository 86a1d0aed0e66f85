"""A package of somebody else, really installed, is found through its entry points."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "plugin_package"

_LOOK = """
import json, sys
from importlib.metadata import entry_points
from harness import constructors
from harness.envs import make, random_score

def offered(group):
    (point,) = entry_points(group=group, name="corridor")
    return point.load()

(scenario,) = offered("harness.scenarios").SCENARIOS
(algorithm,) = offered("harness.algorithms").ALGORITHMS
learner = constructors.read(algorithm.learner)
json.dump({
    "scenario": scenario.name,
    "registered_late": "corridor_plugin.env" not in sys.modules,
    "length": make(scenario).unwrapped.length,
    "random": random_score(scenario, episodes=50, seed=1).value,
    "algorithm": algorithm.name,
    "problems": algorithm.space.with_defaults(learner.parameters).problems(),
    "default": learner.parameters["n_steps"],
    "torch": "torch" in sys.modules,
}, sys.stdout)
"""


@pytest.mark.slow
def test_an_installed_package_offers_its_scenario_and_algorithm(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    # A build writes beside its sources.
    source = shutil.copytree(SOURCE, tmp_path / "source")
    target = tmp_path / "site"
    install = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    command = [sys.executable, "-m", "pip", *install, "--target", str(target), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    seen = subprocess.run(
        [sys.executable, "-c", _LOOK],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(target)},
    )
    found = json.loads(seen.stdout)
    assert -101 < found.pop("random") < -7
    assert found == {
        "scenario": "corridor/short",
        "registered_late": True,
        "length": 8,
        "algorithm": "quick_a2c",
        "problems": [],
        "default": 2,
        "torch": False,
    }
