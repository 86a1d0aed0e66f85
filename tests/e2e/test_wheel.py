"""A stranger's first hour: the installed command, used from an empty folder."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import sysconfig
from html.parser import HTMLParser
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

import driven
import pytest

import harness

MATRIX = """\
name: tiny
seed: 1
scenarios: [CartPole-v1]
algorithms: [ppo]
search: {trials: 3, steps: 256, evals: 2, episodes: 2}
confirm: {top: 1, seeds: 1}
test: {seeds: 2, steps: 256, evals: 2, episodes: 2}
"""
CELL = "ppo@CartPole-v1"

pytestmark = [pytest.mark.training, pytest.mark.slow]


PLAIN = {"OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
SCRIPT = (str(Path(sysconfig.get_path("scripts"), "harness")),)


def call(
    folder: Path, *words: str, command: tuple[str, ...] = SCRIPT
) -> subprocess.CompletedProcess[str]:
    """`harness WORDS` in the folder."""
    return subprocess.run(
        [*command, *words],
        cwd=folder,
        env=os.environ | PLAIN,
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )


def again(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The same, forked: for whatever comes after a command of its kind."""
    return driven.harness(folder, *words, environment=os.environ | PLAIN)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder with a matrix in it."""
    made = tmp_path_factory.mktemp("stranger")
    (made / "tiny.yaml").write_text(MATRIX)
    return made


@pytest.fixture(scope="module")
def ran(folder: Path) -> subprocess.CompletedProcess[str]:
    """The campaign, run once."""
    return call(folder, "run", "--matrix", "tiny.yaml", "--workers", "2", "--save-models")


class Page(HTMLParser):
    """What a page says, and the files it needs or leads to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.opened: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append(tag)
        # A link to another site is only followed by a click; everything else is loaded.
        for name, value in attrs:
            here = tag != "a" or not urlsplit(value or "").netloc
            if name in {"src", "href"} and value and here:
                self.loaded.append(value)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.skipif("HARNESS_TEST_WHEEL" not in os.environ, reason="not the wheel's environment")
def test_the_package_is_the_wheels() -> None:
    installed = Path(sysconfig.get_path("purelib"))
    assert Path(harness.__file__).is_relative_to(installed)


@pytest.mark.skipif("HARNESS_TEST_WHEEL" not in os.environ, reason="not the wheel's environment")
def test_the_wheel_brings_two_packages_and_their_data() -> None:
    files = [str(file) for file in distribution("rl-harness").files or ()]
    tops = {file.split("/")[0] for file in files if not file.startswith((".", "rl_harness-"))}
    assert tops == {"harness", "scenarios"}
    assert "harness/py.typed" in files
    assert "harness/_matrices/quick.yaml" in files
    # Statistical tests are no test modules: those begin with `test_` or lie in `tests`.
    tests = [
        file
        for file in map(Path, files)
        if "tests" in file.parts or file.name.startswith(("test_", "conftest"))
    ]
    assert not tests
    assert any(file.startswith("harness/learners/") for file in files)
    assert {f"harness/report/parts/leaderboard/{name}" for name in ("data.py", "page.html")} <= {
        *files
    }


def test_names_and_built_in_matrices_are_there(folder: Path) -> None:
    listed = call(folder, "list", "algorithms", "--json")
    assert listed.returncode == 0, listed.stderr
    names = {row["name"] for row in json.loads(listed.stdout)["algorithms"]}
    assert {"ppo", "sac", "tqc"} <= names
    checked = call(folder, "check", "quick", "tiny.yaml")
    assert checked.returncode == 0, checked.stderr


def test_a_wrong_matrix_is_shown_where_it_is_wrong(folder: Path) -> None:
    (folder / "wrong.yaml").write_text(MATRIX.replace("trials", "trails"))
    ended = call(folder, "check", "wrong.yaml")
    assert ended.returncode == 2
    assert "wrong.yaml:5:10" in ended.stderr
    assert "did you mean `trials`?" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_run_ends_with_the_path_of_a_report(
    folder: Path, ran: subprocess.CompletedProcess[str]
) -> None:
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "reports/tiny/index.html\n"
    page = Page((folder / ran.stdout.strip()).read_text(encoding="utf-8"))
    assert {"html", "title", "table"} <= set(page.opened)
    shown = " ".join(page.text)
    assert "CartPole-v1" in shown
    assert "PPO" in shown


def test_the_report_needs_nothing_from_elsewhere(
    folder: Path, ran: subprocess.CompletedProcess[str]
) -> None:
    pages = sorted((folder / "reports" / "tiny").rglob("*.html"))
    assert len(pages) >= 2
    for path in pages:
        for reference in Page(path.read_text(encoding="utf-8")).loaded:
            parts = urlsplit(reference)
            assert not parts.netloc, f"{path} loads {reference}"
            if parts.path and not parts.scheme:
                assert (path.parent / unquote(parts.path)).exists(), f"{path}: {reference}"


def test_it_leaves_only_its_two_folders(
    folder: Path, ran: subprocess.CompletedProcess[str]
) -> None:
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {"runs", "reports"}


def test_the_same_command_repeats_nothing(
    folder: Path, ran: subprocess.CompletedProcess[str]
) -> None:
    before = call(folder, "export", "tiny", "--format", "json")
    ended = again(folder, "run", "--matrix", "tiny.yaml", "--workers", "1", "--json")
    assert ended.returncode == 0, ended.stderr
    events = [json.loads(line)["event"] for line in ended.stdout.splitlines()]
    assert "run_started" not in events
    assert events[-1] == "outcome"
    assert again(folder, "export", "tiny", "--format", "json").stdout == before.stdout


def test_a_changed_matrix_is_refused_with_the_change(
    folder: Path, ran: subprocess.CompletedProcess[str]
) -> None:
    ended = again(folder, "run", "--matrix", "tiny.yaml", "--set", "test.steps=512")
    assert ended.returncode == 2
    assert "256 -> 512" in ended.stderr
    assert "--accept-changes" in ended.stderr


def test_status_knows_every_run(folder: Path, ran: subprocess.CompletedProcess[str]) -> None:
    ended = call(folder, "status", "--json")
    (cell,) = json.loads(ended.stdout)["cells"]
    assert cell["search"] == {"done": 3, "planned": 3, "closed": None, "error": None}
    assert cell["test"]["done"] == cell["test"]["planned"] >= 2
    assert cell["winner"] is not None


def test_every_score_is_exported(folder: Path, ran: subprocess.CompletedProcess[str]) -> None:
    ended = again(folder, "export", "tiny", "--format", "csv", "--out", "csv")
    assert ended.returncode == 0, ended.stderr
    paths = [folder / line for line in ended.stdout.splitlines()]
    scores = next(path for path in paths if path.name == "scores.csv")
    with scores.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["cell"] for row in rows} == {CELL}
    assert sum(row["rung"] == "search" for row in rows) == 3
    for path in paths:
        path.unlink()
    (folder / "csv").rmdir()


def test_the_best_model_is_kept(folder: Path, ran: subprocess.CompletedProcess[str]) -> None:
    models = folder / "runs" / "tiny" / "models" / CELL
    assert (models / "best.zip").is_file(), sorted(path.name for path in models.iterdir())


PLAY = """
import sys
import gymnasium
from stable_baselines3 import PPO
model = PPO.load(sys.argv[1], device="cpu")
env = gymnasium.make("CartPole-v1")
observation, _ = env.reset(seed=0)
action, _ = model.predict(observation, deterministic=True)
assert env.action_space.contains(action), action
"""


def test_the_retrained_model_plays_with_plain_stable_baselines3(
    folder: Path, ran: subprocess.CompletedProcess[str]
) -> None:
    trained = call(folder, "train", CELL, "--campaign", "tiny", "--out", "model")
    assert trained.returncode == 0, trained.stderr
    assert trained.stdout == "model.zip\n"
    played = subprocess.run(
        [sys.executable, "-c", PLAY, "model.zip"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert played.returncode == 0, played.stderr


def test_an_agent_is_filmed_with_the_return_of_its_evaluation(
    folder: Path, ran: subprocess.CompletedProcess[str]
) -> None:
    pytest.importorskip("PIL", reason="needs the extra rl-harness[video]")
    words = ("--variant", "default", "--format", "gif", "--json")
    filmed = again(folder, "record", CELL, "--campaign", "tiny", *words)
    assert filmed.returncode == 0, filmed.stderr
    (film,) = json.loads(filmed.stdout)["films"]
    assert [Path(file).name for file in film["files"]] == ["episode.gif", "strip.png"]
    assert all((folder / file).stat().st_size > 500 for file in film["files"])
    # CartPole pays one for every step.
    assert film["return"] == film["steps"]
    assert "Traceback" not in filmed.stderr


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    text = MATRIX.replace("trials: 3", "trials: 1").replace("test: {seeds: 2", "test: {seeds: 1")
    (tmp_path / "tiny.yaml").write_text(text)
    command = (sys.executable, "-m", "harness")
    ended = call(tmp_path, "run", "--matrix", "tiny.yaml", command=command)
    assert ended.returncode == 0, ended.stderr
    told = (tmp_path / "reports" / "tiny" / "provenance.html").read_text(encoding="utf-8")
    assert "harness run --matrix tiny.yaml" in told
    assert "matrix library" in told
