"""What a campaign ran on: versions, machine, source, command."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psutil

from harness.core.identity import digest
from harness.core.printable_text import mask_argument
from harness.core.scenario import Scenario
from harness.training.cost_meter import processor
from harness.training.numerics import blas, numeric_versions

_OTHER_PACKAGES: Final = ("optuna", "pandas", "scipy", "plotly", "jinja2")


def environment_key() -> str:
    """Digest of the versions that change numbers; results of two keys are never pooled."""
    return digest(numeric_versions())


def provenance(*, storage: str, scenarios: Iterable[Scenario] = ()) -> dict[str, dict[str, str]]:
    """Section -> name -> text, as shown in the report.

    Args:
        storage: How to name the database, without a password.
        scenarios: The campaign's, whose own packages are named too.
    """
    simulators: dict[str, str] = {}
    for item in scenarios:
        for name, number in item.versions.items():
            # Files of one name may be others in another scenario.
            is_same = simulators.setdefault(name, number) == number
            simulators |= {} if is_same else {f"{name} ({item.name})": number}
    return {
        "versions": numeric_versions()
        | dict(sorted(simulators.items()))
        | {"rl-harness": version("rl-harness")}
        | {package: version(package) for package in _OTHER_PACKAGES},
        "machine": {
            "host": platform.node(),
            "system": platform.platform(),
            "processor": processor(),
            "matrix library": blas(),
            "cores": str(os.cpu_count()),
            "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        },
        "source": _source(Path.cwd()),
        "run": own_run(storage),
    }


def own_run(storage: str) -> dict[str, str]:
    """The command of this process, and the database that it writes."""
    return {"command": _command(), "storage": storage}


def _command() -> str:
    program = Path(sys.argv[0]).name
    # Of `python -m harness`.
    program = "harness" if program == "__main__.py" else program
    return shlex.join([program, *map(mask_argument, sys.argv[1:])])


def _source(folder: Path) -> dict[str, str]:
    """Commit of the git checkout the campaign was started in, if it is one."""
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return {"git commit": "not a git checkout"}
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {"git commit": commit, "git tree": "changed" if changes else "clean"}


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - fixed program, fixed arguments
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - whichever git the user has
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
