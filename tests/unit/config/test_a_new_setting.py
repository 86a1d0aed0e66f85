"""A setting is added by one declaration: in a copy of the package, one field is added and used."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import harness

ROOT = Path(__file__).parents[3]

DECLARATION = """    patience: int | None = setting(
        7, "Evaluations without a better one after which a run ends.", {role}at_least=2
    )
    threads: int = setting("""

PROBE = """
import json, sys
from matrix_page import PAGE, with_tables
from harness import campaign
from harness.config import json_schema
from harness.core.decisions import plan
from harness.core.matrix import Cell, section_names
from harness.core.declarations import find_declaration
from harness.errors import MatrixError

MATRIX = "scenarios: [CartPole-v1]\\nalgorithms: [ppo]\\n"

def load(more=""):
    with open("m.yaml", "w") as file:
        file.write(MATRIX + more)
    return campaign.load("m.yaml")

def refusal(more):
    try:
        load(more)
    except MatrixError as error:
        (problem,) = error.problems
        return [problem.line, problem.message, problem.help]

usual, other = load(), load("patience: 3\\n")
override = load("overrides: [{match: 'ppo@*', patience: null}]\\n")
cells = [matrix.cells[0] for matrix in (usual, other, override)]
runs = [plan.retrain(cell, {}, 1) for cell in cells]
declaration, role = find_declaration(Cell, ("patience",))
print(json.dumps({
    "cells": [cell.patience for cell in cells],
    "runs": [run.patience for run in runs],
    "same_cell": cells[0].identity() == cells[1].identity(),
    "same_run": runs[0].id == runs[1].id,
    "document": [usual.document["patience"], other.document["patience"]],
    "origins": [usual.origins["patience"], other.origins["patience"]],
    "too_little": refusal("patience: 1\\n"),
    "text": refusal("patience: much\\n"),
    "misspelt": refusal("patiense: 4\\n"),
    "schema": json_schema()["properties"]["patience"],
    "page": [line for line in with_tables(PAGE.read_text()).splitlines() if "`patience`" in line],
    "described": [declaration.description, role, "patience" in section_names()],
    "spec": cells[0].describe()["patience"],
}))
"""


def probe(folder: Path, role: str) -> dict:
    """What comes of one more field of `RunSettings`, in a copy of the package."""
    package = Path(harness.__file__).parent
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package, folder / "harness", ignore=ignore)
    shutil.copytree(ROOT / "benchmarks", folder / "benchmarks")
    settings = folder / "harness" / "core" / "settings.py"
    text = settings.read_text(encoding="utf-8")
    declaration = DECLARATION.format(role=role)
    assert text.count("    threads: int = setting(") == 1
    text = text.replace("    threads: int = setting(", declaration)
    settings.write_text(text, encoding="utf-8")
    path = os.pathsep.join([str(folder), str(Path(__file__).parent), str(ROOT)])
    process = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def test_one_declaration_is_a_setting_everywhere(tmp_path: Path) -> None:
    seen = probe(tmp_path, role="")
    assert seen["cells"] == seen["runs"] == [7, 3, None]
    assert seen["document"] == [7, 3]
    assert seen["origins"] == ["default", "m.yaml:3"]
    assert seen["too_little"] == [3, "`patience` must be at least 2, not 1", ""]
    description = "Evaluations without a better one after which a run ends."
    message = '`patience` must be a whole number, not the text "much"'
    assert seen["text"] == [3, message, "e" + description[1:-1]]
    assert seen["misspelt"] == [3, "unknown key `patiense`", "did you mean `patience`?"]
    assert seen["schema"]["description"] == description
    assert {"type": "integer", "minimum": 2} in seen["schema"]["anyOf"]
    rows = [re.split(r" \| ", line.strip("| ")) for line in seen["page"]]
    takes = "whole number from 2 or null"
    assert rows == [
        ["`patience`", takes, default, description.rstrip(".")] for default in ("`7`", "as above")
    ]
    assert seen["described"] == [description, "identity", True]
    assert seen["spec"] == 7
    assert (seen["same_cell"], seen["same_run"]) == (False, False)


def test_its_role_decides_whether_it_is_part_of_the_identity(tmp_path: Path) -> None:
    seen = probe(tmp_path, role="role=Role.RUNTIME, ")
    assert (seen["same_cell"], seen["same_run"]) == (True, True)
    assert seen["described"][1] == "runtime"
