"""Path -> Matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from harness.config.cell_selection import pattern_of
from harness.config.cells import emptiness, resolve_cells
from harness.config.checks.argument_checks import check_listeners, listeners_of
from harness.config.documents.layers import LAYER_KEYS, defaults, read_layers
from harness.config.documents.nodes import DEFAULT, Node, merge, origins, plain, problem
from harness.config.documents.problems import in_order
from harness.config.documents.validation import validate
from harness.config.foreign.coarse_campaigns import read_coarse_campaigns
from harness.config.foreign.known_configurations import read_first_files
from harness.config.foreign.zoo_files import read_zoo_files
from harness.config.module_references import read_local_modules
from harness.config.named_variants import idle_variants, read_variant_files
from harness.config.scenario_settings import read_saved_models
from harness.config.search_sizes import with_split, without_split
from harness.core.matrix import Cell, CellNote, Matrix
from harness.core.scenario import INFINITIES
from harness.errors import MatrixError, Problem
from harness.registry import Registry

_OF_ENVIRONMENTS: Final = frozenset({"scenarios", "wrappers", "training_wrappers", "curriculum"})
"""Keys below which `arguments` are those of environments and wrappers."""


def load_matrix(
    source: str | Path,
    registry: Registry,
    *,
    profile: str | None = None,
    sets: Sequence[str] = (),
    options: Mapping[str, str] = MappingProxyType({}),
    sizes: Mapping[str, object] = MappingProxyType({}),
) -> Matrix:
    """Read, validate and resolve a matrix.

    Args:
        source: Path of a YAML file, ``builtin:quick``, or the bare name of a built-in matrix.
        registry: What the names in it stand for.
        profile: One of the document's `profiles`, laid over it.
        sets: Settings by hand, ``search.trials=5``, laid over everything else in order.
        options: Option of a command -> the setting that it stands for, laid over `sets`.
        sizes: Settings that follow from a given time, where the matrix does not name them.

    Raises:
        UsageError: There is no such file.
        MatrixError: The matrix does not hold; it carries every problem, in the order of the file.
    """
    problems: list[Problem] = []
    root = read_layers(
        source,
        problems,
        profile=profile,
        sets=sets,
        options=options,
        sizes=sizes,
    )
    root = validate(_without_infinite(root, problems), problems)
    # What was cut out falls back to its default, so that the checks can go on.
    root = merge(defaults("matrix"), root)
    notes: list[CellNote] = []
    root = read_zoo_files(root, problems, notes)
    root = read_variant_files(root, problems)
    root = read_first_files(root, problems, registry.best_of)
    root = read_coarse_campaigns(root, problems, registry.best_of)
    root = read_saved_models(root, problems)
    root = read_local_modules(root, registry, problems)
    own_keys = {key: node for key, node in root.value.items() if key not in LAYER_KEYS}
    root = replace(root, value=own_keys)
    cells = resolve_cells(root, registry, problems, notes)
    if not cells and not problems:
        problems.append(emptiness(root))
    problems += check_listeners(root, registry)
    notes += idle_variants(root, cells)
    if problems:
        raise MatrixError(in_order(problems))
    # Only now: in a cell with a size of its own, nothing follows from the document's.
    root = with_split(root)
    document = plain(without_split(root))
    return Matrix(
        name=document["name"],
        cells=tuple(cells),
        seed=int(document["seed"]),
        document=document,
        origins=dict(origins(root)),
        notes=tuple(notes),
        listeners=tuple(component for component, _ in listeners_of(root)),
    )


def _without_infinite(node: Node, problems: list[Problem], *keys: str) -> Node:
    """The document without infinite numbers but in the arguments of environments and wrappers."""
    if isinstance(node.value, tuple):
        parts = (_without_infinite(item, problems, *keys) for item in node.value)
        return replace(node, value=tuple(part for part in parts if not _is_infinite(part, keys)))
    if not isinstance(node.value, dict):
        if _is_infinite(node, keys):
            message = f"`{node.value}` is not a finite number"
            problems.append(problem(message, node.location, help="give a finite one"))
        return node
    fields = {
        key: _without_infinite(item, problems, *keys, str(key)) for key, item in node.value.items()
    }
    finite = {key: part for key, part in fields.items() if not _is_infinite(part, (*keys, key))}
    return replace(node, value=finite)


def _is_infinite(node: Node, keys: Sequence[str]) -> bool:
    """Whether a node is an infinite number where none may stand."""
    if not isinstance(node.value, str) or node.value not in INFINITIES:
        return False
    of_environments = _OF_ENVIRONMENTS.intersection(keys) and "arguments" in keys
    return not (of_environments or "env_arguments" in keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImplicitBudget:
    """Steps of a training that nobody named.

    Attributes:
        key: What would name them, e.g. ``test.steps``.
        steps: The default.
        cells: The cells it holds for, in the matrix' order.
    """

    key: str
    steps: int
    cells: tuple[str, ...]


def implicit_budgets(matrix: Matrix) -> tuple[ImplicitBudget, ...]:
    """The rungs whose trainings have the default's length, where any cell has."""
    budgets = []
    for rung in ("search", "test"):
        key = f"{rung}.steps"
        if matrix.origins.get(key) != str(DEFAULT):
            continue
        cells = [cell for cell in matrix.cells if not _overridden(matrix, cell, rung)]
        if cells:
            steps = matrix.document[rung]["steps"]
            budgets.append(
                ImplicitBudget(key=key, steps=steps, cells=tuple(cell.name for cell in cells))
            )
    return tuple(budgets)


def _overridden(matrix: Matrix, cell: Cell, rung: str) -> bool:
    pair = (cell.algorithm.name, cell.scenario.name)
    return any(
        "steps" in (override.get(rung) or {}) and pattern_of(override["match"]).matches(pair)
        for override in matrix.document.get("overrides") or ()
    )
