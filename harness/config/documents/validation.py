"""A document against its schema: every fault with its location, and the document without them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic import ValidationError

from harness.config.documents.derived_models import ALTERNATIVES
from harness.config.documents.document_keys import (
    description_at,
    keys_at,
    options_at,
    options_below,
    unknown_key,
)
from harness.config.documents.matrix_schema import NETWORK_PARTS, Document
from harness.config.documents.nodes import Node, Path, at, plain, problem, without
from harness.config.documents.written_values import to_whole
from harness.config.foreign.foreign_names import key_hint
from harness.core.objectives import METRICS
from harness.errors import Problem, did_you_mean

_KINDS: Final[Mapping[str, str]] = {
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "a mapping",
    "string_type": "text",
}

_FORMS: Final[Mapping[str, str]] = {
    "algorithms": "{name: ppo, ...}",
    "overrides": "{match: ppo, ...}",
    "scenarios": "{name: CartPole-v1, ...}",
}
"""Lists that people write as mappings -> an item of them."""

_EXAMPLES: Final[Mapping[str, str]] = {
    "budget": key_hint("budget"),
    "seeds": "write `10`, or `[0, 1, 2]`",
}
"""Faults of values with forms of their own -> what to write."""

_THOUSANDS: Final = re.compile(r"([0-9]+)(k|M)")

_NUMBER: Final = re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9]*)?([eE][-+]?[0-9]+)?")

_QUOTED: Final = re.compile("'([^']*)'")

_MESSAGES: Final[Mapping[str, str]] = {
    "greater_than": "must be above {gt:.15g}, not {value}",
    "greater_than_equal": "must be at least {ge:.15g}, not {value}",
    "less_than_equal": "must be at most {le:.15g}, not {value}",
    "literal_error": "must be {expected}, not `{value}`",
    "string_pattern_mismatch": "must be a dotted path such as `package.Class`, not `{value}`",
    "string_too_short": "must not be empty",
    "too_long": "must have {max_length} values, not {actual_length}",
    "too_short": "must have at least {min_length} values, not {actual_length}",
}


_LARGE: Final = 1e15
"""Numbers above it are shown with an exponent."""

_OBJECTIVE_FAULTS: Final = frozenset({"objective", "direction"})


def validate(root: Node, problems: list[Problem]) -> Node:
    """The document without what is wrong in it; what that was is added to `problems`.

    Faults are cut out and the rest is validated again, so that the checks that follow see a
    document that holds and can go on to find everything else.
    """
    faults: list[Problem] = []
    while True:
        try:
            Document.model_validate(plain(root))
        except ValidationError as error:
            errors = error.errors(include_url=False)
            # Only the first round counts: a cut may well leave something else incomplete.
            faults = faults or [p for e in errors if (p := _problem(root, e, errors)) is not None]
            root = _cut(root, [_culprit(root, e) for e in errors])
        else:
            problems += faults
            return _with_whole_numbers(root, options_at(()))


def _with_whole_numbers(node: Node, options: Sequence[Mapping[str, object]]) -> Node:
    """The document with `1e6` as 1000000 wherever the schema asks for a whole number."""
    kinds = {option.get("type") for option in options}
    if isinstance(node.value, float) and "integer" in kinds and "number" not in kinds:
        return replace(node, value=to_whole(node.value))
    if not node.children:
        return node
    children = {
        part: _with_whole_numbers(child, options_below(options, part))
        for part, child in node.children.items()
    }
    is_mapping = isinstance(node.value, Mapping)
    return replace(node, value=children if is_mapping else tuple(children.values()))


def _cut(root: Node, paths: Sequence[Path]) -> Node:
    # From the back, so that the indexes of earlier list items stay as they are.
    for path in sorted(set(paths), key=lambda p: [str(x).zfill(9) for x in p], reverse=True):
        node, end = at(root, path)
        if end == path:
            root = without(root, path) if path else Node(value={}, location=node.location)
    return root


def _culprit(root: Node, error: Any) -> Path:
    """Path of what has to go for the fault to be gone."""
    _, path = at(root, error["loc"])
    if error["type"] in _OBJECTIVE_FAULTS and "objectives" in path:
        # What else a search says of its objectives would not hold without this one.
        path = path[: path.index("objectives")]
    return path


def _problem(root: Node, error: Any, errors: Sequence[object]) -> Problem | None:
    node, path = at(root, error["loc"])
    if error["type"] == "extra_forbidden":
        return unknown_key(root, node, path)
    if error["type"] == "missing":
        return _missing(node, path, error["loc"][-1], errors)
    name = next((part for part in reversed(error["loc"]) if _is_key(part)), "the document")
    label = name if name == "the document" else f"`{name}`"
    if isinstance(error["loc"][-1], int):
        label = f"an item of {label}"
    message, hint = _message(error, node)
    if name == "pruner" and node.value in (None, False):
        hint = "`pruner: none` ends no trial early"
    if name in _FORMS and isinstance(node.value, Mapping):
        hint = f"write `{name}: [{_FORMS[name]}]`"
        by_hand = node.location.source.startswith("--set")
        if by_hand and all(key.lstrip("-").isdecimal() for key in node.value):
            hint = "it has no item of that number; they are counted from 0"
    if error["type"] == "dict_type" and path[:1] == ("variants",) and "arguments" in path[:-1]:
        hint = f"name the algorithm first: `arguments: {{ppo: {{{path[-1]}: ...}}}}`"
    if name in NETWORK_PARTS and isinstance(node.value, tuple):
        widths = f"[{', '.join(str(plain(each)) for each in node.value)}]"
        hint = f"`net_arch: {{value: {{{name}: {widths}, ...}}}}` fixes it, "
        hint += f"`{name}: {{layers: [1, 3], widths: [64, 128]}}` searches it"
    hint = hint or (_form(path) if error["type"] in _KINDS else "")
    return problem(f"{label} {message}", node.location, path=path, help=hint)


def _form(path: Path) -> str:
    """What the schema says of what may stand at a path: its keys, or what it is."""
    keys = keys_at(path)
    return f"its keys are {', '.join(keys)}" if keys else description_at(path)


def _is_key(part: str | int) -> bool:
    """Whether part of a path is a key, and not the name of an alternative."""
    return isinstance(part, str) and part not in ALTERNATIVES


def _missing(node: Node, path: Path, name: object, errors: Sequence[Any]) -> Problem | None:
    misspelt = [
        str(e["loc"][-1])
        for e in errors
        if e["type"] == "extra_forbidden" and e["loc"][:-1] == (*path,)
    ]
    if any(did_you_mean(key, [str(name)]) for key in misspelt):
        return None
    return problem(f"`{name}` is missing", node.location, path=path, help=f"add `{name}:`")


def _message(error: Any, node: Node) -> tuple[str, str]:
    kind, value = error["type"], node.value
    if kind in _KINDS:
        return _wrong_kind(_KINDS[kind], value)
    if kind == "name" and not node.location.line:
        return str(error["msg"]), "a matrix without `name` is called as its file: add `name: study`"
    if kind in _MESSAGES:
        text = _MESSAGES[kind].format(value=_written(value), **error.get("ctx", {}))
        if kind == "too_short" and error["ctx"]["min_length"] == 1:
            text = _MESSAGES["string_too_short"]
        words = _QUOTED.findall(text.partition(", not")[0]) if kind == "literal_error" else ()
        return text, did_you_mean(str(value), words)
    if kind == "objective":
        return str(error["msg"]), did_you_mean(error["ctx"]["name"], list(METRICS))
    return str(error["msg"]), _EXAMPLES.get(kind, "")


def _written(value: object) -> object:
    """A value as a matrix writes it; an exponent where it has many digits."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return value if isinstance(value, float) and value > _LARGE else to_whole(value)


def _wrong_kind(kind: str, value: object) -> tuple[str, str]:
    if value is None:
        return f"must be {kind}; it is empty", "give a value or remove the key"
    if isinstance(value, str):
        is_number = "number" in kind and _NUMBER.fullmatch(value)
        hint = f"write `[{value}]`" if kind == "a list" else ""
        if "${" in value:
            hint = "nothing is filled in here: write the value, or give it by `--set`"
        if "number" in kind and (parts := _THOUSANDS.fullmatch(value)):
            hint = f"write `{parts[1]}_000{'_000' if parts[2] == 'M' else ''}`"
        return f'must be {kind}, not the text "{value}"', "remove the quotes" if is_number else hint
    if isinstance(value, Mapping | tuple):
        return f"must be {kind}, not a {'list' if isinstance(value, tuple) else 'mapping'}", ""
    text = str(value).lower() if isinstance(value, bool) else value
    return f"must be {kind}, not {text}", f'write `"{text}"`' if kind == "text" else ""
