"""A part of the report is one folder: what it computes, and the page that shows it."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

import harness

DATA = '''
"""Seeds of a cell, counted."""

from dataclasses import dataclass

from harness.report.campaign_views import CellView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedCount:
    """How many seeds the test has."""

    seeds: int


def compute(view: CellView) -> SeedCount:
    """Always shown."""
    return SeedCount(seeds=len(view.row.default.seeds))


PART = Part(title="Seeds, counted", page="cell", order=99, compute=compute)
'''
PAGE = "<p>{{ data.seeds | quantity('seed') }}, {{ drawings }}</p>\n"
DRAWING = "def draw(data):\n    return 'drawn ' + '|' * data.seeds\n"
WRITE = """
import sys
from pathlib import Path
import harness
from sample_records import TRUTHS, synthetic_campaign, write_report

assert Path(harness.__file__).is_relative_to(sys.argv[1]), harness.__file__
write_report(synthetic_campaign("copied", TRUTHS[:1]), Path(sys.argv[2]))
"""


def test_one_folder_adds_a_part_to_the_pages_and_to_the_results(tmp_path: Path) -> None:
    copy = tmp_path / "source"
    shutil.copytree(
        Path(harness.__file__).parent,
        copy / "harness",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    folder = copy / "harness" / "report" / "parts" / "seed_count"
    folder.mkdir()
    (folder / "data.py").write_text(DATA)
    (folder / "page.html").write_text(PAGE)
    (folder / "drawing.py").write_text(DRAWING)
    command = [sys.executable, "-c", WRITE, str(copy), str(tmp_path / "site")]
    ended = subprocess.run(
        command,
        cwd=copy,
        env={"PYTHONPATH": os.pathsep.join([str(copy), str(Path(__file__).parents[2])])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    page = (tmp_path / "site" / "cells" / "ppo-CartPole-v1.html").read_text()
    assert '<section id="seed-count"' in page
    assert '<a href="#seed-count">Seeds, counted</a>' in page
    assert "<p>10 seeds, drawn ||||||||||</p>" in page
    results = json.loads((tmp_path / "site" / "results.json").read_text())
    assert results["parts"]["seed_count"] == {"ppo@CartPole-v1": {"seeds": 10}}


def sources() -> list[Path]:
    with resources.as_file(resources.files("harness.report") / "parts") as folder:
        return sorted(folder.glob("*/*.py"))


@pytest.mark.parametrize("source", sources(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_part_reads_what_is_computed_and_nothing_else(source: Path) -> None:
    # The folders are no packages, so that the linter of imports does not see into them.
    allowed = ("harness.analysis", "harness.core", "harness.report", "harness.stats", "numpy")
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            if name == "harness":
                names += [f"harness.{alias.name}" for alias in getattr(node, "names", ())]
            else:
                top = name.partition(".")[0]
                assert top in sys.stdlib_module_names or name.startswith(allowed), name
