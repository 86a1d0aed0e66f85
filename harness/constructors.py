"""The parameters of a class or function, read from its source without importing it.

A learner's constructor must be known to validate a matrix, but importing stable-baselines3 takes
seconds because of torch. Its source file is found through the top-level package and parsed.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.errors import MissingExtraError, UsageError

__all__ = ["REQUIRED", "Constructor", "functions_returning", "read"]

REQUIRED = "<required>"
"""The default of a parameter that has none."""

NOT_LITERAL = "<expression>"
"""The default of a parameter whose default is not a literal, e.g. a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constructor:
    """Parameters of a callable.

    Attributes:
        path: ``module:Name``.
        parameters: Name -> default, in order; `REQUIRED` where there is none.
        summary: First line of its docstring.
    """

    path: str
    parameters: Mapping[str, Any]
    summary: str = ""


@lru_cache(maxsize=256)
def read(path: str) -> Constructor:
    """Parameters of ``module:Name``, a class (its own ``__init__``) or a function.

    Raises:
        MissingExtraError: The package is not installed.
        UsageError: There is no such module or no such name in it.
    """
    module, _, name = path.partition(":")
    source = _source(module)
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            function = _init(node) if isinstance(node, ast.ClassDef) else node
            if function is None:
                break
            summary = (ast.get_docstring(node) or "").split("\n")[0]
            parameters = dict(_parameters(function))
            return Constructor(path=path, parameters=parameters, summary=summary)
    raise UsageError(
        f"`{path}` defines no constructor in {source.name}",
        help="give the module that defines the class, as `module:Class`",
    )


def functions_returning(module: str, kind: str) -> tuple[str, ...]:
    """Names of a module's functions that are annotated to return a `kind`, in their order.

    Raises:
        MissingExtraError: The package is not installed.
        UsageError: There is no such module.
    """
    tree = ast.parse(_source(module).read_text(encoding="utf-8"))
    return tuple(
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and isinstance(node.returns, ast.Name)
        and node.returns.id == kind
        and not node.name.startswith("_")
    )


def _source(module: str) -> Path:
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or (spec.origin is None and not spec.submodule_search_locations):
        raise MissingExtraError(
            f"package `{top}` is not installed", help=f"pip install {top.replace('_', '-')}"
        )
    if not rest and spec.origin is not None:
        return Path(spec.origin)
    for folder in spec.submodule_search_locations or ():
        base = Path(folder, *rest)
        for candidate in (base.with_suffix(".py"), base / "__init__.py"):
            if candidate.is_file():
                return candidate
    raise UsageError(f"module `{module}` is not there", help=f"looked in package `{top}`")


def _init(node: ast.ClassDef) -> ast.FunctionDef | None:
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return item
    return None


def _parameters(function: ast.FunctionDef) -> Iterator[tuple[str, Any]]:
    signature = function.args
    positional = [*signature.posonlyargs, *signature.args]
    padding: list[ast.expr | None] = [None] * (len(positional) - len(signature.defaults))
    pairs = [*zip(positional, [*padding, *signature.defaults], strict=True)]
    pairs += zip(signature.kwonlyargs, signature.kw_defaults, strict=True)
    for argument, default in pairs:
        if argument.arg != "self":
            yield argument.arg, REQUIRED if default is None else _literal(default)


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return NOT_LITERAL
