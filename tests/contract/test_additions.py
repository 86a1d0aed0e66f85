"""What CONTRIBUTING promises under "to add, write": one place each, in a copy of the package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path):
    """A folder with the packages, which Python finds before the installed ones."""
    for package in ("harness", "scenarios", "benchmarks"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return tmp_path


def harness(copy, *words):
    """Standard output of a command that the copy executes."""
    done = subprocess.run(
        [sys.executable, "-m", "harness", *words],
        check=False,
        capture_output=True,
        text=True,
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def names(copy, kind):
    return {row["name"] for row in json.loads(harness(copy, "list", kind, "--json"))[kind]}


def matrix(copy, text):
    path = copy / "matrix.yaml"
    path.write_text(text, encoding="utf-8")
    (listed,) = json.loads(harness(copy, "check", str(path), "--json"))["matrices"]
    return listed["cells"]


def test_an_algorithm_is_one_file(copy):
    source = (copy / "harness" / "algorithms" / "ppo.py").read_text(encoding="utf-8")
    another = source.replace('name="ppo"', 'name="ppo_twin"')
    assert another != source
    (copy / "harness" / "algorithms" / "ppo_twin.py").write_text(another, encoding="utf-8")
    assert {"ppo", "ppo_twin"} <= names(copy, "algorithms")
    cells = matrix(copy, "scenarios: [CartPole-v1]\nalgorithms: [ppo_twin]\n")
    assert cells == ["ppo_twin@CartPole-v1"]


SAMPLER = '''

def last_seed(*, seed: int, space: Space) -> BaseSampler:
    """Draws evenly, from the trial's seed alone."""
    return RandomSampler(seed=seed)
'''


def test_a_sampler_is_one_function(copy):
    module = copy / "harness" / "tuning" / "samplers.py"
    module.write_text(module.read_text(encoding="utf-8") + SAMPLER, encoding="utf-8")
    assert {"tpe", "last_seed"} <= names(copy, "samplers")
    text = "scenarios: [CartPole-v1]\nalgorithms: [ppo]\nsearch: {sampler: last_seed}\n"
    assert matrix(copy, text) == ["ppo@CartPole-v1"]


def test_a_scenario_is_one_entry(copy):
    module = copy / "scenarios" / "gymnasium_tasks.py"
    entry = 'Scenario(name="Nearby-v0", env="CartPole-v1", action="Discrete")'
    text = module.read_text(encoding="utf-8")
    module.write_text(f"{text}SCENARIOS = (*SCENARIOS, {entry})\n", encoding="utf-8")
    assert "Nearby-v0" in names(copy, "scenarios")
    cells = matrix(copy, "scenarios: [Nearby-v0]\nalgorithms: [ppo]\n")
    assert cells == ["ppo@Nearby-v0"]
