"""What a command must not import: measured in a fresh interpreter, never by the clock."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "gymnasium",
    "optuna",
    "pandas",
    "plotly",
    "sb3_contrib",
    "sklearn",
    "sqlalchemy",
    "stable_baselines3",
    "torch",
)

PROBE = """
import json, sys
from harness.cli import main
code = 0
try:
    main(sys.argv[1:])
except SystemExit as leaving:
    code = leaving.code or 0
print()
print(json.dumps({"code": code, "modules": [name for name in sys.modules if "." not in name]}))
"""

QUICK = Path(__file__).parents[2] / "benchmarks" / "quick.yaml"


def imported(*words: str) -> set[str]:
    """Top-level modules in memory after `harness WORDS`, which must succeed."""
    ended = subprocess.run(
        [sys.executable, "-c", PROBE, *words], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout.splitlines()[-1])
    assert told["code"] == 0, ended.stderr
    return set(told["modules"])


@pytest.mark.parametrize("words", ["--help", "--version", "run --help", "list --help"])
def test_help_imports_nothing_heavy(words: str) -> None:
    assert imported(*words.split()).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "words",
    [
        "list scenarios",
        "list algorithms",
        "list pruners",
        "show algorithm ppo",
        f"check {QUICK}",
        f"plan {QUICK}",
    ],
)
def test_looking_and_planning_import_no_torch(words: str) -> None:
    assert imported(*words.split()).isdisjoint({"torch", "stable_baselines3", "sb3_contrib"})


def test_what_opens_the_executor_waits_for_nothing_heavy(tmp_path: Path) -> None:
    # Neither the command nor the campaign does before the workers' server is on its way.
    probe = "import sys, harness.campaign.campaign_run; from pathlib import Path; "
    probe += "import harness.cli.run_queue as r; "
    probe += f"r._check_folders('x', Path({str(tmp_path)!r}), Path({str(tmp_path)!r})); "
    probe += "print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    )
    # Gymnasium knows the scenarios' ids.
    assert set(ended.stdout.split()).isdisjoint({*HEAVY, "scipy"} - {"gymnasium"})


def test_what_shows_results_loads_no_more_of_scipy_than_its_functions() -> None:
    """Its distributions and tests take a second, a sixth of a small campaign."""
    probe = "import sys, harness.analysis, harness.report, harness.campaign; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    )
    modules = set(ended.stdout.split())
    assert "scipy.special" in modules
    assert modules.isdisjoint({"scipy.stats", "scipy.optimize"})


@pytest.mark.parametrize("package", ["harness", "harness.campaign", "harness.report"])
def test_a_package_imports_the_names_of_its_stub_when_they_are_used(package: str) -> None:
    probe = f"import sys, {package} as package; "
    probe += "print(*sys.modules); names = package.__all__; "
    probe += "print(*[name for name in names if getattr(package, name) is None]); "
    probe += "print(hasattr(package, 'nothing'), *sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    )
    before, missing, after = ended.stdout.splitlines()
    own = {name for name in before.split() if name.startswith("harness")}
    assert own == {"harness", "harness.lazy", package}
    assert missing == ""
    assert after.startswith("False ")
    assert "torch" not in after.split()
