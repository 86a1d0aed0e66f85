"""Variants: named configurations that are tested beside `default` and `tuned`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from harness.config.cell_selection import (
    LONGEST_NAME,
    CellPattern,
    Pair,
    find_unmatched_patterns,
    is_long,
)
from harness.config.checks.argument_checks import check_arguments
from harness.config.checks.cell_checks import check_batch
from harness.config.documents.nodes import Node, build, plain, problem
from harness.config.documents.written_values import is_path_elsewhere
from harness.config.foreign.known_configurations import FILE, read_export
from harness.core.learner_arguments.argument_contradictions import Signature
from harness.core.learner_arguments.cell_arguments import merge, within_budget
from harness.core.matrix import Cell, CellNote, NamedConfiguration
from harness.core.run import Variant
from harness.errors import Problem


def read_variant_files(root: Node, problems: list[Problem]) -> Node:
    """The document with every `from_file` of a variant replaced by what the file holds."""
    variants = root.get("variants")
    if variants is None:
        return root
    by_name: dict[str, Node] = {}
    for name, variant in variants.value.items():
        file = variant.get(FILE)
        if file is None:
            by_name[name] = variant
            continue
        arguments = read_export(file, "arguments", problems)
        if arguments is not None:
            others = {key: node for key, node in variant.value.items() if key != FILE}
            source = build(f"{file.value}", file.location)
            value = {"source": source, **others, "arguments": arguments}
            by_name[name] = replace(variant, value=value)
    return root.with_children({"variants": replace(variants, value=by_name)})


def check_names(root: Node, pairs: list[Pair]) -> Iterator[Problem]:
    """Variants with a name that is taken, and arguments for cells that do not exist."""
    by_folder: dict[str, str] = {}
    for name, variant in root.children_at("variants").items():
        if Variant(str(name)).is_reserved:
            hint = "call it otherwise, e.g. `published`"
            yield problem(f"variant `{name}` is built in", variant.start, help=hint)
        elsewhere = "/" in str(name) or is_path_elsewhere(str(name))
        other = by_folder.setdefault(str(name).casefold(), str(name))
        if elsewhere or is_long(str(name)) or other != name:
            hint = f"without `/` and `\\`, no device (`CON`), of {LONGEST_NAME} bytes at most"
            if other != name:
                hint = f"`{other}` differs from it by the case of its letters alone; rename one"
            yield problem(f"variant `{name}` cannot name a folder", variant.start, help=hint)
        if not _from_elsewhere(variant):
            patterns = [
                (pattern, replace(node, location=node.start))
                for pattern, node in _patterns(variant)
            ]
            yield from find_unmatched_patterns(f"variants.{name}", patterns, pairs)


def _from_elsewhere(variant: Node) -> bool:
    """Whether a file gave the arguments; it may know more cells than this matrix has."""
    arguments, source = variant.get("arguments"), variant.get("source")
    return arguments is None or (source is not None and arguments.location == source.location)


def _patterns(variant: Node) -> Iterator[tuple[CellPattern, Node]]:
    for pattern, node in variant.children_at("arguments").items():
        yield CellPattern.parse(str(pattern)), node


def _arguments_for(variant: Node, pair: Pair) -> Node | None:
    """What a variant gives to a cell: one whole configuration, so the last match counts alone."""
    matching = [node for pattern, node in _patterns(variant) if pattern.matches(pair)]
    return matching[-1] if matching else None


def variants_of(
    root: Node, pair: Pair, constants: Mapping[str, object]
) -> tuple[NamedConfiguration, ...]:
    """The variants that have arguments for a cell, over what the matrix fixes for all."""
    configurations = []
    for name, variant in root.children_at("variants").items():
        arguments = _arguments_for(variant, pair)
        if arguments is not None:
            source = variant.get("source")
            configurations.append(
                NamedConfiguration(
                    name=str(name),
                    arguments=merge(constants, plain(arguments)),
                    source=source.value if source is not None else "",
                )
            )
    return tuple(configurations)


def idle_variants(root: Node, cells: Sequence[Cell]) -> Iterator[CellNote]:
    """Variants that are written and that no cell tests."""
    in_tests = {name for cell in cells for name in (*cell.test.variants, cell.test.against)}
    for name, node in root.children_at("variants").items():
        if name in in_tests:
            continue
        text = f"`{name}` is not tested: `test: {{variants: [default, tuned, {name}]}}` does it"
        source = node.location.origin
        yield from (CellNote(cell=cell.name, text=text, source=source) for cell in cells)


def variant_nodes(cell: Cell, root: Node) -> dict[str, Node]:
    """Name of a variant of a cell -> its arguments as they are written."""
    pair = (cell.algorithm.name, cell.scenario.name)
    nodes = {each.name: root.get("variants", each.name) for each in cell.variants}
    by_name = {
        name: None if node is None else _arguments_for(node, pair) for name, node in nodes.items()
    }
    return {name: node for name, node in by_name.items() if node is not None}


def check_variant_arguments(cell: Cell, root: Node, signature: Signature) -> Iterator[Problem]:
    """Whether the constructor takes what the variants of a cell give it."""
    nodes = variant_nodes(cell, root)
    for variant in cell.variants:
        arguments = nodes.get(variant.name)
        if arguments is None:
            continue
        yield from check_arguments(cell.algorithm.name, signature, arguments, cell.arguments)
        if cell.algorithm.on_policy:
            size = arguments.get("batch_size") or arguments.get("n_steps") or arguments
            configuration = within_budget(cell, variant.arguments)
            yield from check_batch(cell, configuration, signature.parameters, size.location)
