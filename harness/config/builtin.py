"""The matrices that come with the package: `benchmarks/` in a checkout, data in a wheel."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path

__all__ = ["builtin_matrices"]


def builtin_matrices() -> dict[str, Traversable]:
    """Name -> file of every built-in matrix, by name."""
    found = {
        item.name.removesuffix(".yaml"): item
        for item in _folder().iterdir()
        if item.name.endswith(".yaml")
    }
    return dict(sorted(found.items()))


def _folder() -> Traversable:
    if find_spec("harness._matrices") is not None:
        return files("harness._matrices")
    return Path(__file__).parents[2] / "benchmarks"
