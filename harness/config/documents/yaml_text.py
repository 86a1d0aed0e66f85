"""YAML 1.2 text -> tree with positions. The only module that knows the YAML library."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from harness.config.documents.nodes import Location, Node, problem
from harness.errors import Problem
from harness.input_limits import DEEPEST, is_integer, is_text

_CONSTANTS: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# The core schema of YAML 1.2, and underscores between digits.
_INT: Final = re.compile(r"[-+]?[0-9]+(_[0-9]+)*")
_HEX: Final = re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT: Final = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(_[0-9]+)*(\.([0-9]+(_[0-9]+)*)?)?)([eE][-+]?[0-9]+)?"
)
_INFINITE: Final = re.compile(r"([-+]?)\.(inf|Inf|INF)")
_NAN: Final = re.compile(r"\.(nan|NaN|NAN)")
_MOST_DIGITS: Final = 400
_MOST_NODES: Final = 20_000
"""Keys and values of a document, repeated by aliases or not; reading them takes seconds."""

_TAG: Final = "tag:yaml.org,2002:"
_TAGS: Final = frozenset(
    f"{_TAG}{name}"
    for name in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp", "merge", "value")
)
"""What the resolver gives to values without a tag, and tags that say no more than that."""

_TOO_DEEP: Final = (
    *("maximum depth", f"more than {DEEPEST} levels"),
    "nothing in a matrix lies that deep",
)
_BRACKET: Final = re.compile(r"[\[\]{}]")

_SYNTAX_HELP: Final = (
    ("'\\t' that cannot start", "a tab cannot stand here", "write spaces instead of tabs"),
    ("that cannot start any token", "no value begins with this character", "quote the text"),
    ("expected alphabetic or numeric", "a name must follow `*` or `&`", 'quote the text: `"*"`'),
    ("expected <block end>", "indented otherwise than the lines above", "indent them alike"),
    (
        "could not find expected ':'",
        "neither a `key: value` nor an item of a list",
        "items begin with `- `, a dash and a space",
    ),
    ("found another document", "a second document begins here", "keep one document in a file"),
    (
        "mapping values are not allowed",
        "a `:` is not allowed here",
        "check the indentation above, or quote the text",
    ),
    ("expected ',' or ']'", "a list is not closed", "add the missing `,` or `]`"),
    ("expected ',' or '}'", "a mapping is not closed", "add the missing `,` or `}`"),
    ("found unexpected end of stream", "a quotation is not closed", "add the missing quote"),
    _TOO_DEEP,
    ("too many values", f"more than {_MOST_NODES:,} keys and values", "split the matrix"),
    ("found undefined alias", "this alias has no anchor", "write `&name` at a value first"),
)


class _CountingComposer(Composer):
    """Ends where a text has more than a matrix can have."""

    def __init__(self, loader: object = None) -> None:
        super().__init__(loader)
        self.warn_double_anchors = False
        self._count = 0

    def compose_node(self, parent: object, index: object) -> object:
        self._count += 1
        if self._count > _MOST_NODES:
            mark = self.parser.peek_event().start_mark
            raise ComposerError(None, None, "too many values", mark)
        return super().compose_node(parent, index)


@dataclass(slots=True)
class _TextReading:
    """What is known while one text is read."""

    source: str
    lines: list[str]
    problems: list[Problem] = field(default_factory=list)
    open: list[Any] = field(default_factory=list)
    count: int = 0

    def location(self, start: Any, end: Any = None) -> Location:
        text = self.lines[start.line] if start.line < len(self.lines) else ""
        same_line = end is not None and end.line == start.line
        last = end.column if same_line else len(text.rstrip())
        return Location(
            source=self.source,
            line=start.line + 1,
            column=start.column + 1,
            text=text,
            width=max(1, last - start.column) if end is not None else 1,
        )

    def report(self, message: str, location: Location, help: str) -> None:
        self.problems.append(problem(message, location, help=help))


_BROKEN: Final = object()
"""Stands for a value that could not be read; it stays out of the tree."""


def parse(text: str, source: str, *, excerpt: str = "") -> tuple[Node | None, list[Problem]]:
    """The tree of a YAML text, or None after a syntax error, when nothing can be said of the rest.

    Args:
        text: One document.
        source: What to call it in messages.
        excerpt: What to quote in messages, if not `text` itself.
    """
    reading = _TextReading(source=source, lines=re.split(r"\r\n|\n|\r", excerpt or text))
    too_deep = _flow_too_deep(text)
    if too_deep is not None:
        # The library looks at all open brackets again for each word.
        line = text.count("\n", 0, too_deep)
        location = Location(source=source, line=line + 1)
        return None, [problem(_TOO_DEEP[1], location, help=_TOO_DEEP[2])]
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _CountingComposer
    yaml.max_depth = DEEPEST
    try:
        root = yaml.compose(text)
        if root is None:
            return Node(value={}, location=Location(source=source)), []
        return _node(root, reading), reading.problems
    except YAMLError as error:
        return None, [_syntax(error, reading)]


def _flow_too_deep(text: str) -> int | None:
    """Where so many brackets are open that not even quoted ones explain it; None if nowhere."""
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth = max(0, depth + (1 if bracket[0] in "[{" else -1))
        if depth > 4 * DEEPEST:
            return bracket.start()
    return None


def _node(node: Any, reading: _TextReading) -> Node:
    reading.count += 1
    location = reading.location(node.start_mark, node.end_mark)
    if node in reading.open or reading.count > _MOST_NODES:
        reading.report(
            "an alias that contains itself" if node in reading.open else "too many aliases",
            location,
            "write the value out",
        )
        return Node(value=_BROKEN, location=location)
    if str(node.tag) not in _TAGS:
        reading.report(f"tag `{node.tag}` means nothing here", location, "leave the tag out")
    if isinstance(node, ScalarNode):
        return Node(value=_scalar(node, location, reading), location=location)
    reading.open.append(node)
    value: Any
    if isinstance(node, SequenceNode):
        items = [_node(item, reading) for item in node.value]
        value = tuple(item for item in items if item.value is not _BROKEN)
    else:
        pairs = list(_pairs(node, reading))
        # What `<<` brings in gives way to what is written here, and to what came before it.
        from_merges = [pair for pair in pairs if pair[2]]
        value = {name: child for name, child, _ in reversed(from_merges)}
        value |= {name: child for name, child, is_merged in pairs if not is_merged}
    reading.open.pop()
    return Node(value=value, location=location)


def _pairs(node: MappingNode, reading: _TextReading) -> Iterator[tuple[str, Node, bool]]:
    """Keys and values, and whether a merge key brought them in."""
    lines: dict[str, int] = {}
    for key, item in node.value:
        location = reading.location(key.start_mark, key.end_mark)
        name = _scalar(key, location, reading) if isinstance(key, ScalarNode) else None
        if not isinstance(name, str):
            has_comma = location.text[: location.column - 1].endswith(",")
            hint = "a number has no comma: `1_000`" if has_comma else "quote it"
            reading.report("a key must be text", location, hint)
            continue
        if name == "<<" and key.style is None and name not in lines:
            lines[name] = location.line
            yield from _resolve_merge(item, location, reading)
            continue
        child = _node(item, reading)
        if name in lines:
            first = f"first on line {lines[name]}; keep one of them"
            reading.report(f"`{name}` is given twice", location, first)
            continue
        lines[name] = location.line
        if child.value is _BROKEN:
            continue
        empty = child.value is None and item.value == ""
        position = location if empty else child.location
        yield name, replace(child, key=location, location=position), False


def _resolve_merge(
    item: object, location: Location, reading: _TextReading
) -> Iterator[tuple[str, Node, bool]]:
    """What a merge key stands for: the content of one mapping or of several."""
    for each in item.value if isinstance(item, SequenceNode) else [item]:
        if not isinstance(each, MappingNode):
            hint = "e.g. `<<: *name`, where `&name` stands before a mapping"
            reading.report("`<<` takes the content of mappings", location, hint)
            return
        content = _node(each, reading).value
        if content is not _BROKEN:
            # What is wrong with a key is wrong where it is brought in.
            for name, child in content.items():
                yield name, replace(child, key=location), True


def _scalar(node: ScalarNode, location: Location, reading: _TextReading) -> object:
    text: str = node.value
    if not is_text(text):
        reading.report("a character that no text can hold", location, "remove it")
        return _BROKEN
    if node.style is not None or str(node.tag).endswith(":str"):
        return text
    return _plain_scalar(text, location, reading)


def _plain_scalar(text: str, location: Location, reading: _TextReading) -> object:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INT.fullmatch(text) or _HEX.fullmatch(text):
        return _integer(text, location, reading)
    infinite = _INFINITE.fullmatch(text)
    if infinite:
        # Where it may stand is for the whole document to say.
        return "-.inf" if infinite.group(1) == "-" else ".inf"
    finite = _FLOAT.fullmatch(text) and math.isfinite(float(text))
    if not finite and (_FLOAT.fullmatch(text) or _NAN.fullmatch(text)):
        reading.report(f"`{text}` is not a finite number", location, "give a finite one")
        return _BROKEN
    return float(text) if finite else text


def _integer(text: str, location: Location, reading: _TextReading) -> object:
    # No more digits than Python would read; nothing here needs a tenth of them.
    base = 0 if _HEX.fullmatch(text) else 10
    value = int(text, base) if len(text) < _MOST_DIGITS else None
    if value is None or not is_integer(value):
        reading.report("an integer of more than 64 bits", location, "give a smaller one")
        return _BROKEN
    return value


def _syntax(error: YAMLError, reading: _TextReading) -> Problem:
    if isinstance(error, ReaderError):
        before = "\n".join(reading.lines)[: error.position]
        line = before.count("\n")
        location = Location(
            source=reading.source,
            line=line + 1,
            column=len(before) - before.rfind("\n"),
            text=reading.lines[line] if line < len(reading.lines) else "",
        )
        return problem(
            "a control character", location, help="remove it; the file must be plain text"
        )
    if not isinstance(error, MarkedYAMLError):
        return problem(f"no YAML: {error}", Location(source=reading.source))
    parser_message = str(error.problem or error)
    context = str(error.context)
    is_open = any(each in context for each in ("quoted scalar", "flow", "simple key"))
    mark = error.context_mark if is_open and error.context_mark else error.problem_mark
    location = reading.location(mark) if mark else Location(source=reading.source)
    for sign, message, hint in _SYNTAX_HELP:
        if sign in parser_message:
            return problem(message, location, help=hint)
    return problem(
        f"no YAML: {parser_message}", location, help="check the indentation and the punctuation"
    )
