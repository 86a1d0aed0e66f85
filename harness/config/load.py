"""Path -> Matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.config.cells import emptiness, resolve
from harness.config.first import read_first
from harness.config.layers import defaults, read
from harness.config.nodes import merge, origins, plain
from harness.config.opponents import read_models
from harness.config.problems import in_order
from harness.config.validate import validate
from harness.config.variants import read_files
from harness.core.matrix import Matrix
from harness.errors import MatrixError
from harness.registry import Registry

__all__ = ["load_matrix"]


def load_matrix(
    source: str | Path,
    registry: Registry,
    *,
    profile: str | None = None,
    sets: Sequence[str] = (),
) -> Matrix:
    """Read, validate and resolve a matrix.

    Args:
        source: Path of a YAML file, ``builtin:quick``, or the bare name of a built-in matrix.
        registry: What the names in it stand for.
        profile: One of the document's `profiles`, laid over it.
        sets: Settings by hand, ``search.trials=5``, laid over everything else in order.

    Raises:
        UsageError: There is no such file.
        MatrixError: The matrix does not hold; it carries every problem, in the order of the file.
    """
    root, problems = read(source, profile=profile, sets=sets)
    root, found = validate(root)
    problems += found
    # What was cut out falls back to its default, so that the checks can go on.
    root = merge(defaults("matrix"), root)
    for read_in in (read_files, read_first, read_models):
        root, found = read_in(root)
        problems += found
    kept = {key: node for key, node in root.value.items() if key not in {"extends", "profiles"}}
    root = replace(root, value=kept)
    cells, found = resolve(root, registry)
    problems += found
    if not cells and not problems:
        problems.append(emptiness(root))
    if problems:
        raise MatrixError(in_order(problems))
    document = plain(root)
    return Matrix(
        name=document["name"],
        cells=tuple(cells),
        seed=int(document["seed"]),
        document=document,
        origins=dict(origins(root)),
    )
