"""Named variants: configurations from elsewhere that are tested beside `default` and `tuned`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.config.argument_checks import check_arguments
from harness.config.checks import check_batch
from harness.config.nodes import Node, build, plain, problem
from harness.config.schema import Match
from harness.config.selection import Pair, matches, unmatched
from harness.core.matrix import Cell, NamedConfiguration
from harness.core.plan import merge
from harness.core.run import Variant
from harness.errors import Problem

__all__ = ["check_variant_arguments", "read_files", "reserved", "variants_of"]


def read_files(root: Node) -> tuple[Node, list[Problem]]:
    """The document with every `from_file` replaced by what the file holds."""
    variants = root.get("variants")
    if variants is None:
        return root, []
    problems: list[Problem] = []
    read: dict[str, Node] = {}
    for name, variant in variants.value.items():
        asked = variant.get("from_file")
        if asked is None:
            read[name] = variant
            continue
        try:
            arguments = _read(asked)
        except ValueError as error:
            hint = "it must hold {cell: {arguments: {...}}}, as `harness export` writes it"
            problems.append(problem(str(error), asked.place, help=hint))
            continue
        kept = {key: node for key, node in variant.value.items() if key != "from_file"}
        source = build(f"{asked.value}", asked.place)
        read[name] = replace(variant, value={"source": source, **kept, "arguments": arguments})
    changed = replace(variants, value=read)
    return replace(root, value={**root.value, "variants": changed}), problems


def _read(asked: Node) -> Node:
    """Cell -> arguments from a JSON file beside the matrix.

    Raises:
        ValueError: There is no such file, or it holds something else.
    """
    path = Path(asked.place.source).parent / asked.value
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"`{asked.value}` cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"`{asked.value}` is not JSON: {error}") from error
    cells = data if isinstance(data, Mapping) else {}
    if not cells or not all(
        isinstance(cell, Mapping) and isinstance(cell.get("arguments"), Mapping)
        for cell in cells.values()
    ):
        raise ValueError(f"`{asked.value}` holds no parameters by cell")
    arguments = {name: cell["arguments"] for name, cell in cells.items()}
    return build(arguments, asked.place)


def reserved(root: Node, pairs: list[Pair]) -> Iterator[Problem]:
    """Variants with a name that is taken, and arguments for cells that do not exist."""
    variants = root.get("variants")
    for name, variant in variants.children.items() if variants is not None else ():
        if Variant(str(name)).is_reserved:
            hint = "call it otherwise, e.g. `published`"
            place = variant.key or variant.place
            yield problem(f"variant `{name}` is built in", place, help=hint)
        if not _from_elsewhere(variant):
            patterns = [(pattern, _at_key(node)) for pattern, node in _patterns(variant)]
            yield from unmatched(f"variants.{name}", patterns, pairs)


def _from_elsewhere(variant: Node) -> bool:
    """Whether a file gave the arguments; it may know more cells than this matrix has."""
    arguments, source = variant.get("arguments"), variant.get("source")
    return arguments is None or (source is not None and arguments.place == source.place)


def _at_key(node: Node) -> Node:
    return replace(node, place=node.key or node.place)


def _patterns(variant: Node) -> Iterator[tuple[Match, Node]]:
    arguments = variant.get("arguments")
    for written, node in arguments.children.items() if arguments is not None else ():
        algorithm, _, scenario = str(written).partition("@")
        yield Match(algorithm=algorithm, scenario=scenario or "*"), node


def _given(variant: Node, pair: Pair) -> Node | None:
    """What a variant gives to a cell: one whole configuration, so the last match counts alone."""
    found = [node for pattern, node in _patterns(variant) if matches(pattern, pair)]
    return found[-1] if found else None


def variants_of(root: Node, pair: Pair, fixed: Mapping[str, Any]) -> tuple[NamedConfiguration, ...]:
    """The variants that have arguments for a cell, over what the matrix fixes for all."""
    variants = root.get("variants")
    found = []
    for name, variant in variants.children.items() if variants is not None else ():
        given = _given(variant, pair)
        if given is not None:
            source = variant.get("source")
            found.append(
                NamedConfiguration(
                    name=str(name),
                    arguments=merge(fixed, plain(given)),
                    source=source.value if source is not None else "",
                )
            )
    return tuple(found)


def check_variant_arguments(
    cell: Cell, root: Node, parameters: Mapping[str, Any]
) -> Iterator[Problem]:
    """Whether the constructor takes what the variants of a cell give it."""
    pair = (cell.algorithm.name, cell.scenario.name)
    for variant in cell.variants:
        node = root.get("variants", variant.name)
        given = _given(node, pair) if node is not None else None
        if given is None:
            continue
        yield from check_arguments(cell.algorithm.name, parameters, given)
        if cell.algorithm.on_policy:
            size = given.get("batch_size") or given.get("n_steps") or given
            yield from check_batch(cell, variant.arguments, parameters, size.place)
