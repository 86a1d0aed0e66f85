"""The lowest versions that pyproject.toml allows, as requirements for pip.

``python tests/lowest_versions.py FILE`` writes them; `tox -e lowest` tests with them.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
APART = {"torch"}
"""Large, installed by itself, and imported by no unit test."""


def lowest_versions() -> Iterator[str]:
    """``name[extras]==version`` of each dependency.

    Raises:
        ValueError: One has no lowest version.
    """
    for line in tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["dependencies"]:
        requirement = Requirement(line)
        lowest = [each.version for each in requirement.specifier if each.operator in {">=", "=="}]
        if len(lowest) != 1:
            raise ValueError(f"{line} has no lowest version")
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        if requirement.name not in APART:
            yield f"{requirement.name}{extras}=={lowest[0]}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text("\n".join(lowest_versions()) + "\n", encoding="utf-8")
