"""Packages whose names are imported when first used, so that a command loads what it needs."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any


def lazily(file: str) -> tuple[Callable[[str], Any], list[str]]:
    """``__getattr__`` and ``__all__`` of a package, as the imports of its stub have them.

    The stub is what type checkers and editors read.

    Args:
        file: The package's ``__init__.py``, which has an ``__init__.pyi`` beside it.
    """
    stub = ast.parse(Path(file).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    module_of = {each.name: str(node.module) for node in imports for each in node.names}

    def find(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module `{Path(file).parent.name}` has no attribute `{name}`")
        return getattr(importlib.import_module(module_of[name]), name)

    return find, list(module_of)
