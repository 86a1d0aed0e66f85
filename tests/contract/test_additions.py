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
