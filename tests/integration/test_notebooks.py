"""The notebooks of the documentation run as they stand, and show what one execution made."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "docs" / "notebooks").glob("*.ipynb"))
MACHINE = re.compile(r"/(home|tmp|root|work|Users|var)/|[A-Z]:\\\\")


def code_cells(path: Path) -> list[dict[str, Any]]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_those_of_one_whole_execution(path: Path) -> None:
    cells = code_cells(path)
    assert [cell["execution_count"] for cell in cells] == [*range(1, len(cells) + 1)]
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not MACHINE.search(json.dumps(outputs))
    kinds = {kind for output in outputs for kind in output.get("data", ())}
    assert {"text/html", "application/vnd.plotly.v1+json"} <= kinds


@pytest.mark.training
@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_runs(path: Path, tmp_path: Path) -> None:
    script = tmp_path / "notebook.py"
    texts = ["".join(cell["source"]) for cell in code_cells(path)]
    body = "\n\n".join(texts)
    script.write_text(f"if __name__ == '__main__':\n    exec({body!r})\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        env=os.environ | {"TMPDIR": str(tmp_path), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("*/reports/*/index.html"))


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) == 2
