"""What a release uploads: an sdist that makes the wheel, and a wheel that a user can install."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def module(*words: str, folder: Path) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=me", "-c", "user.email=me@host.example")
    command = ["git", *identity, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a history of its own, whose last commit is a release."""
    folder = tmp_path_factory.mktemp("release") / "source"
    folder.mkdir()
    for name in ("benchmarks", "docs", "harness", "scenarios", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (*ROOT.glob("*.*"), ROOT / "LICENSE", ROOT / ".gitignore"):
        if path.is_file() and path.name != ".git":
            shutil.copy(path, folder)
    (folder / "reports" / "published").mkdir(parents=True)
    (folder / "reports" / "published" / "index.html").write_text("many megabytes")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A release")
    git(folder, "tag", "v9.8.7")
    return folder


@pytest.fixture(scope="module")
def distributions(source: Path) -> Path:
    """The sdist, and the wheel that was made of it, as `python -m build` makes both."""
    module("build", "--no-isolation", folder=source)
    return source / "dist"


def test_the_version_is_the_tag(distributions: Path) -> None:
    names = sorted(path.name for path in distributions.iterdir())
    assert names == ["rl_harness-9.8.7-py3-none-any.whl", "rl_harness-9.8.7.tar.gz"]


def test_an_index_takes_them(distributions: Path) -> None:
    files = [str(path) for path in distributions.iterdir()]
    assert "FAILED" not in module("twine", "check", "--strict", *files, folder=distributions)


def test_the_wheel_has_what_runs_and_the_sdist_what_tests_it(
    source: Path, distributions: Path
) -> None:
    wheel = set(zipfile.ZipFile(next(distributions.glob("*.whl"))).namelist())
    with tarfile.open(next(distributions.glob("*.tar.gz"))) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    tracked = git(source, "ls-files", "harness", "scenarios", "benchmarks").split()
    packaged = {name.replace("benchmarks/", "harness/_matrices/") for name in tracked}
    installed = {name for name in wheel if ".dist-info/" not in name}
    assert installed == packaged
    assert {"README.md", "LICENSE", "tox.ini", "tests/conftest.py", "docs/index.md"} <= packed
    assert not any(name.startswith("reports/published") for name in packed)
