"""From a matrix file to cells: nothing here runs anything."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness import config, envs
from harness.config import ImplicitBudget, implicit_budgets
from harness.core.matrix import Matrix
from harness.errors import MatrixError
from harness.registry import Registry

__all__ = ["ImplicitBudget", "implicit_budgets", "load", "matrix_of", "registry"]


def registry() -> Registry:
    """All that is installed, with any Gymnasium id as a scenario; a command makes one, once."""
    return Registry.installed(probe=envs.probe, suggest=envs.known_ids, spaces=envs.spaces_of)


def load(
    source: str,
    names: Registry | None = None,
    *,
    profile: str | None = None,
    sets: Sequence[str] = (),
) -> Matrix:
    """Read, lay over, validate and resolve a matrix.

    Args:
        source: Path of a YAML file, or a built-in matrix by its name.
        names: What the names in it stand for; None for all that is installed.
        profile: One of its profiles, laid over it.
        sets: Settings by hand, laid over everything else.

    Raises:
        MatrixError: With everything that is wrong in it.
    """
    return config.load_matrix(source, names or registry(), profile=profile, sets=sets)


def matrix_of(name: str, document: Mapping[str, Any]) -> Matrix:
    """The matrix a campaign was last run with, from its ledger's document.

    Raises:
        MatrixError: It no longer holds, e.g. because a plug-in is missing.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.json")
        path.write_text(json.dumps(document), encoding="utf-8")
        try:
            return load(str(path))
        except MatrixError as error:
            # It is in no file: a line of it would say nothing.
            source = f"the matrix of campaign `{name}`"
            raise MatrixError(
                [replace(each, source=source, line=0, text="") for each in error.problems]
            ) from error
