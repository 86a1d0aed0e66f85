"""An environment in a file beside the matrix, from the run to the film, as the page has it."""

import json
import os
import re
import shlex
import zipfile
from pathlib import Path

import driven
import pytest

KINDS = ("python", "yaml")
PAGE = Path(__file__).parents[2] / "docs" / "scenarios.md"
BUDGET = """
algorithms: [{name: ppo, arguments: {n_steps: 32, batch_size: 32}}]
search: {trials: 1, steps: 64, evals: 1, episodes: 2}
confirm: {top: 1, seeds: 1}
test: {seeds: 1, steps: 64, evals: 1, episodes: 2}
"""

pytestmark = [pytest.mark.training, pytest.mark.slow]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The class and the matrix of the page, with a short budget, run once in a fresh folder."""
    folder = tmp_path_factory.mktemp("local")
    chapter = PAGE.read_text(encoding="utf-8").partition("## An environment in a file")[2]
    code, matrix = (re.search(rf"```{kind}\n(.*?)```", chapter, re.DOTALL)[1] for kind in KINDS)
    (folder / "m").mkdir()
    (folder / "m" / "corridor.py").write_text(code, encoding="utf-8")
    text = f"{matrix.splitlines()[0]}{BUDGET}"
    (folder / "m" / "corridor.yaml").write_text(text, encoding="utf-8")
    answer = harness(folder, "run", "m/corridor.yaml", "--workers", "1", "--save-models")
    assert answer.returncode == 0, answer.stderr
    return folder


def harness(folder, *words):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return driven.harness(folder, *words, environment=environment | {"OMP_NUM_THREADS": "1"})


def test_the_copied_commands_work_where_the_runs_are(folder):
    page = (folder / "reports/corridor/cells/ppo-corridor.html").read_text(encoding="utf-8")
    for name in ("train", "play"):
        command = re.search(rf">(harness {name} [^<]+)<", page)[1]
        answer = harness(folder, *shlex.split(command)[1:])
        assert answer.returncode == 0, answer.stderr
    assert str(folder) not in page


def test_a_model_says_which_file_it_was_trained_on(folder):
    with zipfile.ZipFile(folder / "runs/corridor/models/ppo@corridor/best.zip") as archive:
        versions = json.loads(archive.read("data"))["scenario_versions"]
    assert re.fullmatch("sha256:[0-9a-f]{16}", versions["corridor.py"])
    # Another file makes another campaign, which that model is not of.
    file = folder / "m" / "corridor.py"
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}\n# other\n", encoding="utf-8")
    try:
        name = ("--set", "name=other")
        assert harness(folder, "run", "m/corridor.yaml", "--workers", "1", *name).returncode == 0
        model = ("--model", "runs/corridor/models/ppo@corridor/best.zip")
        answer = harness(folder, "play", "ppo@corridor", "--campaign", "other", *model)
    finally:
        file.write_text(before, encoding="utf-8")
    assert answer.returncode == 2
    assert f"was trained on `corridor.py` {versions['corridor.py']}" in answer.stderr


def test_the_report_says_which_file_with_its_checksum(folder):
    provenance = (folder / "reports/corridor/provenance.html").read_text(encoding="utf-8")
    assert re.search(r"corridor\.py.{0,200}sha256:[0-9a-f]{16}", provenance, re.DOTALL)


def test_an_edited_file_is_another_cell_to_whoever_resumes_or_plays(folder):
    file = folder / "m" / "corridor.py"
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}\n# edited\n", encoding="utf-8")
    try:
        for words in (("run", "m/corridor.yaml"), ("play", "ppo@corridor")):
            answer = harness(folder, *words)
            assert answer.returncode == 2
            assert "corridor.py" in answer.stderr
            assert "sha256:" in answer.stderr
    finally:
        file.write_text(before, encoding="utf-8")
    again = harness(folder, "run", "m/corridor.yaml", "--workers", "1")
    assert (again.returncode, "rung=search" in again.stderr) == (0, False)


def test_a_missing_file_is_looked_for_in_the_current_folder(folder):
    file = folder / "m" / "corridor.py"
    file.rename(folder / "away.py")
    try:
        answer = harness(folder, "play", "ppo@corridor")
        assert answer.returncode == 2
        assert f"which lay at {file}" in answer.stderr
        (folder / "away.py").rename(folder / "corridor.py")
        assert harness(folder, "play", "ppo@corridor", "--episodes", "1").returncode == 0
    finally:
        (folder / "corridor.py").rename(file)
