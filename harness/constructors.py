"""The parameters of a class or function, read from its source without importing it.

A learner's constructor must be known to validate a matrix, but importing stable-baselines3 takes
seconds because of torch. Its source file is found through the top-level package and parsed.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.errors import MissingExtraError, UsageError

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
        words: Name -> the values that its annotation, a `Literal`, allows; others are not there.
    """

    path: str
    parameters: Mapping[str, Any]
    summary: str = ""
    words: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


@lru_cache(maxsize=256)
def read(path: str) -> Constructor:
    """Parameters of ``module:Name``, a class (its own ``__init__``) or a function.

    Raises:
        MissingExtraError: The package is not installed.
        UsageError: There is no such module or no such name in it.
    """
    module, _, name = path.rpartition(":")
    for node in _tree(module).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            function = _init(node) if isinstance(node, ast.ClassDef) else node
            if function is None:
                break
            summary = (ast.get_docstring(node) or "").split("\n")[0]
            parameters = dict(_parameters(function))
            words = dict(_words(function))
            return Constructor(path=path, parameters=parameters, summary=summary, words=words)
    raise UsageError(
        f"`{path}` defines no constructor in {_source(module).name}",
        help="give the module that defines the class, as `module:Class`",
    )


@lru_cache(maxsize=256)
def read_policy(learner: str, policy: str) -> Mapping[str, object] | None:
    """Parameters of a learner's policy and their defaults.

    Args:
        learner: ``module:Class``.
        policy: Name that the class knows it by, among its ``policy_aliases``.

    Returns:
        None where the source does not say: the class has none of that name, or its constructor
        takes anything.
    """
    module, _, name = learner.partition(":")
    try:
        path = _alias(module, name, policy)
        definition = _definition(*path) if path is not None else None
        function = _find_inherited_init(*definition) if definition is not None else None
    except (UsageError, MissingExtraError, SyntaxError):
        return None
    if function is None or function.args.kwarg is not None:
        return None
    return dict(_parameters(function))


def _alias(module: str, name: str, policy: str) -> tuple[str, str] | None:
    """Module and name of a policy that a learner or one of its bases knows."""
    definition = _definition(module, name)
    if definition is None:
        return None
    home, learner = definition
    for item in learner.body:
        target = item.target if isinstance(item, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id == "policy_aliases":
            table = item.value if isinstance(item, ast.AnnAssign) else None
            keys = table.keys if isinstance(table, ast.Dict) else []
            values = table.values if isinstance(table, ast.Dict) else []
            by_name = {
                key.value: value.id
                for key, value in zip(keys, values, strict=True)
                if isinstance(key, ast.Constant) and isinstance(value, ast.Name)
            }
            return (home, by_name[policy]) if policy in by_name else None
    bases = (base.id for base in learner.bases if isinstance(base, ast.Name))
    return next(filter(None, (_alias(home, base, policy) for base in bases)), None)


def _definition(module: str, name: str) -> tuple[str, ast.ClassDef] | None:
    """The class of that name, wherever the module has it from, and where it is defined."""
    for node in _tree(module).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return module, node
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for item in node.names:
                if (item.asname or item.name) == name:
                    return _definition(node.module, item.name)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            if name in names:
                return _definition(module, node.value.id)
    return None


def _find_inherited_init(module: str, definition: ast.ClassDef) -> ast.FunctionDef | None:
    function = _init(definition)
    for base in definition.bases if function is None else ():
        parent = _definition(module, base.id) if isinstance(base, ast.Name) else None
        function = function or (_find_inherited_init(*parent) if parent is not None else None)
    return function


def functions_returning(module: str, kind: str) -> tuple[str, ...]:
    """Names of a module's functions that are annotated to return a `kind`, in their order.

    Raises:
        MissingExtraError: The package is not installed.
        UsageError: There is no such module.
    """
    return tuple(
        node.name
        for node in _tree(module).body
        if isinstance(node, ast.FunctionDef)
        and isinstance(node.returns, ast.Name)
        and node.returns.id == kind
        and not node.name.startswith("_")
    )


@lru_cache(maxsize=64)
def _tree(module: str) -> ast.Module:
    return ast.parse(_source(module).read_text(encoding="utf-8"))


def _source(module: str) -> Path:
    if module.endswith(".py"):
        return Path(module)
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


def _parameters(function: ast.FunctionDef) -> Iterator[tuple[str, object]]:
    signature = function.args
    positional = [*signature.posonlyargs, *signature.args]
    padding: list[ast.expr | None] = [None] * (len(positional) - len(signature.defaults))
    pairs = [*zip(positional, [*padding, *signature.defaults], strict=True)]
    pairs += zip(signature.kwonlyargs, signature.kw_defaults, strict=True)
    for argument, default in pairs:
        if argument.arg != "self":
            yield argument.arg, REQUIRED if default is None else _literal(default)


def _words(function: ast.FunctionDef) -> Iterator[tuple[str, tuple[object, ...]]]:
    signature = function.args
    for argument in (*signature.posonlyargs, *signature.args, *signature.kwonlyargs):
        match argument.annotation:
            case ast.Subscript(value=ast.Name(id="Literal"), slice=options):
                words = _literal(options)
                yield argument.arg, words if isinstance(words, tuple) else (words,)


def _literal(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return NOT_LITERAL
