"""The tutorial as a reader follows it: each line, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import nursery
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.training
@pytest.mark.slow
def test_every_line_of_the_tutorial_works(tmp_path: Path) -> None:
    (matrix,) = blocks("yaml")
    (tmp_path / "first.yaml").write_text(matrix, encoding="utf-8")
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(lines) == 7
    tools = tmp_path / "tools"
    tools.mkdir()
    nursery.write_script(tools / "harness")
    path = os.pathsep.join([str(tools), os.environ["PATH"]])
    for line in lines:
        process = subprocess.run(
            ["bash", "-c", line],
            cwd=tmp_path,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode == 0, f"{line}\n{process.stdout}\n{process.stderr}"
    assert (tmp_path / "reports/first/index.html").is_file()
    assert (tmp_path / "agent.zip").is_file()
