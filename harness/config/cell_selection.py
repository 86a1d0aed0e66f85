"""Which cells a matrix has: the product, less `exclude`, plus `include`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, Final

from harness.config.documents.nodes import Location, Node, mapping, merge, plain, problem, with_name
from harness.config.documents.written_values import is_path_elsewhere
from harness.config.documents.yaml_text import parse
from harness.core.declarations import settings_of
from harness.core.matrix import Cell, Matrix, cell_name
from harness.core.scenario import Scenario
from harness.core.settings import CellSettings
from harness.errors import Problem, UsageError, did_you_mean

Pair = tuple[str, str]
"""Algorithm and scenario, by name."""

_SHOWN: Final = 10
"""Cells that a message lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item of `scenarios` or `algorithms`.

    Attributes:
        name: What it is called in the matrix.
        location: Where the name stands.
        settings: The whole mapping; of a name alone, a mapping with that name.
    """

    name: str
    location: Location
    settings: Node


LONGEST_NAME: Final = 120
"""Bytes of a name; file systems allow 255 with what stands before and behind."""


def is_long(name: str) -> bool:
    """Whether a name is too long for folders that are named after it."""
    return len(name.encode()) > LONGEST_NAME


def entries(root: Node, kind: str, problems: list[Problem]) -> dict[str, Entry]:
    """Scenarios or algorithms by name; those that stand there twice are added to `problems`."""
    by_name: dict[str, Entry] = {}
    by_folder: dict[str, str] = {}
    for node in root.children_at(f"{kind}s").values():
        settings = with_name(node)
        name, location = settings.children["name"].value, settings.children["name"].location
        fault = _name_fault(name, kind, by_folder)
        if fault is None:
            by_name[name] = Entry(name=name, location=location, settings=settings)
        elif (location.line, location.column) not in {(at.line, at.column) for at in problems}:
            # Else it was no name to begin with.
            problems.append(problem(fault[0], location, help=fault[1]))
    return by_name


def _name_fault(name: str, kind: str, by_folder: dict[str, str]) -> tuple[str, str] | None:
    """What is wrong with a name, and what to do; a sound one is added to those by folder."""
    is_scenario = kind == "scenario"
    elsewhere = "; `env:` says what it is" if is_scenario else ""
    if is_long(name):
        hint = f"folders are named after it: {LONGEST_NAME} bytes at most{elsewhere}"
        return f"the {kind}'s name is too long", hint
    if is_path_elsewhere(name):
        hint = "`name:` without `..`, `\\`, a `/` at either end and names of devices (`CON`)"
        return f"folders cannot be named after the {kind} `{name}`", f"{hint}{elsewhere}"
    other = by_folder.setdefault(name.casefold(), "")
    if other == name:
        more = "; two versions of one environment need two names and `env:`" if is_scenario else ""
        return f"{kind} `{name}` is listed twice", f"list it once{more}"
    if other:
        hint = "rename one: folders are named after them, and on some disks they would be one"
        return f"{kind} `{name}` differs from `{other}` by the case of its letters alone", hint
    by_folder[name.casefold()] = name
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPattern:
    """Which cells are meant, wherever cells are named; letters' case counts.

    Attributes:
        algorithm, scenario: What both must match; ``*`` and ``?`` are wildcards.
        either: What one of them must match: a pattern without ``@``, such as ``*``.
    """

    algorithm: str = "*"
    scenario: str = "*"
    either: str = "*"

    @classmethod
    def parse(cls, text: str) -> CellPattern:
        """The pattern that a text writes."""
        algorithm, at, scenario = text.partition("@")
        return cls(algorithm=algorithm, scenario=scenario) if at else cls(either=text)

    def matches(self, pair: Pair) -> bool:
        """Whether it means a cell."""
        algorithm, scenario = pair
        return (
            fnmatchcase(algorithm, self.algorithm)
            and fnmatchcase(scenario, self.scenario)
            and any(fnmatchcase(name, self.either) for name in pair)
        )

    def __str__(self) -> str:
        return self.either if self.either != "*" else cell_name(self.algorithm, self.scenario)


def pattern_of(value: str | Mapping[str, str]) -> CellPattern:
    """The pattern that a document writes, as text or as a mapping."""
    return CellPattern.parse(value) if isinstance(value, str) else CellPattern(**value)


def select(
    root: Node, scenarios: Iterable[str], algorithms: Sequence[str], problems: list[Problem]
) -> list[tuple[Pair, Node | None]]:
    """The cells in order, each included one with the node that asks for it."""
    product = [(algorithm, scenario) for scenario in scenarios for algorithm in algorithms]
    exclusions = _items(root, "exclude")
    problems += find_unmatched_patterns("exclude", exclusions, product)
    selection: list[tuple[Pair, Node | None]] = [
        (pair, None)
        for pair in product
        if not any(pattern.matches(pair) for pattern, _ in exclusions)
    ]
    pairs = {pair for pair, _ in selection}
    for pattern, node in _items(root, "include"):
        pair = (pattern.algorithm, pattern.scenario)
        if any("*" in part for part in pair):
            message, hint = (
                f"`include` takes cells, not `{pattern}`",
                "name one algorithm and one scenario, as in `ppo@CartPole-v1`",
            )
            problems.append(problem(message, node.location, help=hint))
        elif pair in pairs:
            hint = "remove it from `include`"
            problems.append(
                problem(f"`{pattern}` is in the matrix already", node.location, help=hint)
            )
        else:
            selection.append((pair, node))
            pairs.add(pair)
    return selection


def cell_order(document: Mapping[str, object]) -> tuple[str, ...]:
    """Names of the cells of a resolved matrix, in its order."""
    root, problems = parse(json.dumps(document), "matrix.json")
    if root is None:
        return ()
    scenarios = entries(root, "scenario", problems)
    algorithms = entries(root, "algorithm", problems)
    pairs = select(root, scenarios, list(algorithms), problems)
    return tuple(cell_name(*pair) for pair, _ in pairs)


def keep_cells(matrix: Matrix, patterns: Sequence[str]) -> Matrix:
    """The matrix with those cells alone that one of the patterns means; all without any.

    Raises:
        UsageError: A pattern matches none, or a search begins with a cell that is left out.
    """
    if not patterns:
        return matrix
    for pattern in patterns:
        if not any(_is_meant(cell, pattern) for cell in matrix.cells):
            pairs = [(cell.algorithm.name, cell.scenario.name) for cell in matrix.cells]
            raise UsageError(
                f"`--cells {pattern}` matches no cell of the matrix",
                help=_other_patterns(pattern, pairs),
            )
    cells = [cell for cell in matrix.cells if any(_is_meant(cell, each) for each in patterns)]
    selection = {cell.name for cell in cells}
    for cell in cells:
        for donor in cell.donors:
            if donor.name not in selection:
                raise UsageError(
                    f"{cell.name} begins with what {donor.name} ships, which --cells leaves out",
                    help=f"--cells {donor.name} too, or no `search.transfer`",
                )
    notes = tuple(note for note in matrix.notes if note.cell in selection)
    return replace(matrix, cells=tuple(cells), notes=notes)


def _is_meant(cell: Cell, text: str) -> bool:
    """Whether a pattern means a cell; that of its first search means every search."""
    pattern, (algorithm, _, scenario) = CellPattern.parse(text), cell.name.partition("@")
    return any(pattern.matches((algorithm, name)) for name in (scenario, cell.scenario.name))


def _items(root: Node, key: str) -> list[tuple[CellPattern, Node]]:
    nodes = root.children_at(key).values()
    return [(pattern_of(plain(node)), node) for node in nodes]


def find_unmatched_patterns(
    key: str, patterns: Iterable[tuple[CellPattern, Node]], pairs: Sequence[Pair]
) -> Iterator[Problem]:
    """Patterns that match no cell at all."""
    for pattern, node in patterns:
        if not any(pattern.matches(pair) for pair in pairs):
            hint = _other_patterns(str(pattern), pairs)
            message = f"`{pattern}` in `{key}` matches no cell"
            yield problem(message, node.location, help=hint)


def _other_patterns(pattern: str, pairs: Sequence[Pair]) -> str:
    """What to write instead of a pattern that matches none of the cells."""
    names = [cell_name(*pair) for pair in pairs]
    parts = [name for pair in pairs for name in pair]
    near = did_you_mean(pattern, names if "@" in pattern else parts)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return near or f"cells: {', '.join(names[:_SHOWN])}{more}; `*` and `?` are wildcards"


Usable = Callable[[str, Any], bool]
"""Name and entry of `space` -> whether a cell can search what they stand for."""


def cell_node(root: Node, pair: Pair, algorithm: Entry, scenario: Entry, usable: Usable) -> Node:
    """Everything a document says about one cell, laid over one another, as `schema.Settings`.

    From the lowest: the document, the scenario's entry, the algorithm's entry, the overrides that
    match, in their order.

    Args:
        algorithm, scenario: Its entries.
        usable: Whether the document's own entry of a name in `space` is for this cell.
    """
    environment = (field.name for field in settings_of(Scenario))
    layers = [
        mapping({key: scenario.settings.get(key) for key in environment}),
        mapping({"env_arguments": scenario.settings.get("arguments")}),
        mapping({key: algorithm.settings.get(key) for key in ("arguments", "space")}),
    ]
    for override in root.children_at("overrides").values():
        if pattern_of(plain(override.children["match"])).matches(pair):
            children = {str(key): node for key, node in override.children.items() if key != "match"}
            layers.append(mapping(children, override.location))
    settings = mapping({field.name: root.get(field.name) for field in settings_of(CellSettings)})
    for layer in (mapping({"space": _document_ranges(root, layers, usable)}), *layers):
        settings = merge(settings, layer)
    return settings


def _document_ranges(root: Node, layers: Sequence[Node], usable: Usable) -> Node | None:
    """The document's own ranges, where nothing nearer to the cell fixes a value."""
    ranges = root.get("space")
    if ranges is None:
        return None
    arguments = [node for layer in layers if (node := layer.get("arguments")) is not None]
    constants = {name for node in arguments for name in node.children}
    free = {
        str(name): node
        for name, node in ranges.children.items()
        if name not in constants and usable(str(name), plain(node))
    }
    return mapping(free, ranges.location)
