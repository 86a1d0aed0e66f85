"""What `tox -e type` and `tox -e docs` do, beside the other tests where both are installed."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def run(module, *words):
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_agree():
    config, cache = ROOT / "pyproject.toml", ROOT / ".mypy_cache"
    run("mypy", "--config-file", config, "--cache-dir", cache, ROOT / "harness", ROOT / "scenarios")


def test_the_site_is_built_without_a_warning(tmp_path):
    run("sphinx", "-q", "-W", "--keep-going", "-b", "html", ROOT / "docs", tmp_path / "site")
    assert (tmp_path / "site" / "index.html").is_file()
