"""A document as a tree that remembers where each part was written; how trees lie together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from harness.errors import Problem

Path = tuple[str | int, ...]

_COMPONENTS: Final = frozenset({"sampler", "pruner"})
_SIZES: Final = frozenset({"budget", "trials"})
_NAMED: Final = _COMPONENTS | {"scenarios", "algorithms"}
_SHAPES: Final = (
    frozenset({"value"}),
    frozenset({"choices"}),
    frozenset({"powers_of_two"}),
    frozenset({"range"}),
    frozenset({"layers", "widths"}),
    frozenset({"pi", "vf", "qf"}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where something was written.

    Attributes:
        source: File as the user named it, ``--set #1`` or another option, or ``default``.
        line: 1-based; 0 for what was written nowhere.
        column: 1-based; 0 likewise.
        text: The line.
        width: Characters from `column` on.
        layer: What laid it over the document, e.g. ``profile smoke``.
    """

    source: str
    line: int = 0
    column: int = 0
    text: str = ""
    width: int = 1
    layer: str = ""

    @property
    def origin(self) -> str:
        """The file with the line, or the option; empty for what nobody wrote."""
        if not self.line:
            return ""
        return self.source if self.source.startswith("--") else f"{self.source}:{self.line}"

    def __str__(self) -> str:
        origin = self.origin or self.source
        return f"{self.layer} ({origin})" if self.layer else origin


DEFAULT: Final = Location(source="default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value with its location: a mapping of nodes, a tuple of nodes or a JSON scalar.

    Attributes:
        value: The content.
        location: Where the value stands.
        key: Where the key stands that leads to it, in a mapping.
    """

    value: Any
    location: Location
    key: Location | None = None

    @property
    def children(self) -> Mapping[str | int, Node]:
        """Children by key or index; none for a scalar."""
        if isinstance(self.value, Mapping):
            return self.value
        return dict(enumerate(self.value)) if isinstance(self.value, tuple) else {}

    def get(self, *path: str | int) -> Node | None:
        """The node at that path below, if there is one."""
        node: Node | None = self
        for part in path:
            node = node.children.get(part) if node is not None else None
        return node

    def children_at(self, *path: str | int) -> Mapping[str | int, Node]:
        """The children of the node at that path below; none where there is no such node."""
        node = self.get(*path)
        return {} if node is None else node.children

    @property
    def start(self) -> Location:
        """Where it begins: with its key, if it has one."""
        return self.key or self.location

    def with_children(self, children: Mapping[str, Node]) -> Node:
        """The mapping with these in the place of its own."""
        return replace(self, value={**self.value, **children})

    def with_items(self, key: str, change: Callable[[Node], Node | None]) -> Node:
        """The mapping with every item of the list under a key changed, or taken out for None."""
        listing = self.get(key)
        if listing is None or not isinstance(listing.value, tuple):
            return self
        items = tuple(item for item in map(change, listing.value) if item is not None)
        return self.with_children({key: replace(listing, value=items)})


def build(value: object, location: Location = DEFAULT) -> Node:
    """A tree of plain data, all of it at one location."""
    if isinstance(value, Mapping):
        return Node(value={str(k): build(v, location) for k, v in value.items()}, location=location)
    if isinstance(value, list | tuple):
        return Node(value=tuple(build(item, location) for item in value), location=location)
    return Node(value=value, location=location)


def mapping(children: Mapping[str, Node | None], location: Location = DEFAULT) -> Node:
    """A mapping of the children that exist."""
    return Node(value={k: v for k, v in children.items() if v is not None}, location=location)


def plain(node: Node) -> Any:
    """The tree as plain data."""
    if isinstance(node.value, Mapping):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, tuple):
        return [plain(child) for child in node.value]
    return node.value


def at(node: Node, path: Path) -> tuple[Node, Path]:
    """The deepest node on the path and the part of the path that leads to it.

    Parts that lead nowhere are passed over: a validator names alternatives among them.
    """
    steps: list[str | int] = []
    for part in path:
        child = node.children.get(part)
        if child is not None:
            node = child
            steps.append(part)
    return node, tuple(steps)


def merge(below: Node, above: Node, keys: tuple[str, ...] = ()) -> Node:
    """`above` laid over `below`: mappings mix, everything else is replaced.

    Two mappings do not mix where the upper one says another kind of thing: another sampler, or
    choices instead of a range. A mapping whose keys are indexes of a list changes those items.

    Args:
        below, above: Two trees.
        keys: The keys that lead to them from the root of the document.
    """
    key = keys[-1] if keys else ""
    is_range = "space" in keys[-2:-1]
    if not isinstance(below.value, tuple) and not is_range:
        below, above = _long(below, key), _long(above, key)
    elif _are_indexes(above, len(below.value)):
        items = [
            merge(item, above.value[str(i)], keys) if str(i) in above.value else item
            for i, item in enumerate(below.value)
        ]
        return replace(below, value=tuple(items))
    if not (isinstance(below.value, Mapping) and isinstance(above.value, Mapping)):
        return above
    if key == "search":
        below = _without_rivals(below, above)
    if key in _COMPONENTS and "name" in above.value:
        return above
    if is_range and _shape(below) != _shape(above):
        return above
    children = dict(below.value)
    for name, child in above.value.items():
        under = children.get(name)
        children[name] = child if under is None else merge(under, child, (*keys, name))
    return replace(above, value=children)


def _without_rivals(below: Node, above: Node) -> Node:
    """A search without the size that the one above it gives otherwise: in effort, or in trials."""
    sizes = {name for name in _SIZES if (node := above.get(name)) and node.value is not None}
    if len(sizes) != 1:
        return below
    (rival,) = _SIZES - sizes
    node = below.get(rival)
    if node is None or node.value is None:
        return below
    return replace(below, value={k: v for k, v in below.value.items() if k != rival})


def _are_indexes(node: Node, length: int) -> bool:
    if not (isinstance(node.value, Mapping) and node.value):
        return False
    most = len(str(length))
    return all(key.isdecimal() and len(key) <= most and int(key) < length for key in node.value)


def _long(node: Node, key: str) -> Node:
    """The long form of a setting that has a short one, so that the two can mix."""
    if key == "normalize" and isinstance(node.value, bool):
        return replace(node, value={"observation": node, "reward": node})
    return with_name(node) if key in _NAMED and isinstance(node.value, str) else node


def with_name(node: Node) -> Node:
    """The mapping with a `name` that a name alone, or an environment alone, stands for."""
    if not isinstance(node.value, Mapping):
        return replace(node, value={"name": node})
    environment = node.get("env")
    if environment is None or "name" in node.value:
        return node
    return replace(node, value={"name": environment, **node.value})


def _shape(node: Node) -> frozenset[str]:
    return next((shape for shape in _SHAPES if shape & node.value.keys()), frozenset())


def without(node: Node, path: Path) -> Node:
    """The tree without the node at `path`."""
    first, *rest = path
    children = dict(node.children)
    if not rest:
        del children[first]
    else:
        children[first] = without(children[first], tuple(rest))
    if isinstance(node.value, Mapping):
        return replace(node, value=children)
    return replace(node, value=tuple(children.values()))


def origins(node: Node, path: str = "") -> Iterator[tuple[str, str]]:
    """(dotted path, where it was written) of every leaf; an empty list or mapping is a leaf."""
    if node.children:
        for key, child in node.children.items():
            yield from origins(child, f"{path}.{key}" if path else str(key))
    elif path:
        yield path, str(node.location)


def location_of(*nodes: Node | None) -> Location:
    """Where the first of the nodes that was written by somebody stands."""
    for node in nodes:
        if node is not None and node.location.line:
            return node.location
    return DEFAULT


def problem(message: str, location: Location, *, help: str = "", path: Path = ()) -> Problem:
    return Problem(
        message=message,
        path=path,
        source="" if location == DEFAULT else location.source,
        line=location.line,
        column=location.column,
        text=location.text,
        width=location.width,
        help=help,
    )
