"""Which keys a document may have at a path, and what to say of one that it may not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from harness.config.documents.matrix_schema import json_schema
from harness.config.documents.nodes import DEFAULT, Node, Path, build, problem
from harness.config.foreign.foreign_names import (
    argument_hint,
    key_hint,
    range_key_hint,
    setting_hint,
)
from harness.core.scenario import WRAPPER_KEYS
from harness.core.spaces.training_scenario import scenario_target
from harness.errors import Problem, is_misspelt, nearest

_RUNGS: Final = ("search", "confirm", "test", "transfer")
_ENTRIES: Final = {"scenarios": "env", "algorithms": "algo"}
"""Lists of a matrix -> what an entry of theirs is called in other tools."""
_OVERRIDE: Final = ("overrides", 0)


def unknown_key(root: Node, node: Node, path: Path) -> Problem:
    """What to say of a key that the schema does not have."""
    name, location = str(path[-1]), node.start
    range_name = _range_name(node, path)
    forms = {"initial", "sigma"} & root.children_at(*path[:-1]).keys()
    if forms and {*path[-3:-2]} & {"space", "ranges"}:
        hint = f"a value that is a mapping is written `{path[-2]}: {{value: {{{name}: ...}}}}`"
    elif range_name:
        hint = f"names below others have dots: `space: {{{range_name}: ...}}`"
    elif path[0] == "profiles" and len(path) == 3 and name in keys_at(()):
        hint = f"`{name}` stands at the top of a matrix alone, for all its profiles"
    elif path[0] == "profiles":
        hint = _answer(path[2:], node, _cells_of(root.get(*path[:4])))
    else:
        hint = _answer(path, node, _cells_of(root.get(*path[:2])))
    return problem(f"unknown key `{name}`", location, path=path, help=hint)


def _cells_of(entry: Node | None) -> str:
    """Pattern of the cells that an entry of `scenarios` or `algorithms` is about."""
    name = None if entry is None else entry.get("name") or entry.get("env")
    return "*" if name is None else str(name.value)


def _answer(path: Path, node: Node, cells: str = "*") -> str:
    """What to write instead of a key that does not exist at a path.

    Args:
        path: Where it stands in a document, itself last.
        node: What it has.
        cells: Pattern of the cells that the entry is about in which it stands.
    """
    name, keys = str(path[-1]), keys_at(path[:-1])
    near = nearest(name, keys)
    misspelt = [key for key in near if is_misspelt(name, key)]
    if len(path) == 1 and name.startswith(("x-", ".")):
        return "an anchor stands at a value that counts: `search: &name {...}`"
    if not _may_be_elsewhere(path):
        hint = _form_hint(path) or _did_you_mean(near[:1])
        return hint or f"known here: {', '.join(keys)}"
    elsewhere = [f"{rung}.{name}" for rung in _RUNGS if name in keys_at((rung,))]
    if misspelt:
        return _did_you_mean([misspelt[0], *(elsewhere if len(path) == 1 else ())])
    return (
        _entry_key_hint(path)
        or key_hint(name)
        or _position_hint(path, name, node, cells)
        or setting_hint(name, node.value)
        or _entry_hint(path, node, cells)
        or _did_you_mean(near[:1])
        or argument_hint(name)
        or _near_position_hint(path, name, node, cells)
        or f"known here: {', '.join(keys)}"
    )


def _form_hint(path: Path) -> str:
    """How a range, a variant or a wrapper is written, by the key that people write instead."""
    if {*path[-3:-2]} & {"space", "ranges"}:
        return range_key_hint(str(path[-1]))
    if {*path[-3:-2]} & {*WRAPPER_KEYS} and re.search("[.:]", str(path[-1])):
        return f"write `{{path: {path[-1]}, arguments: {{...}}}}`"
    if path[0] == "variants" and argument_hint(str(path[-1])):
        return f"name the algorithm first: `arguments: {{ppo: {{{path[-1]}: ...}}}}`"
    return ""


def _entry_key_hint(path: Path) -> str:
    """That an entry says what it is by `name`, where its key is what other tools have for that."""
    if len(path) != 3 or path[0] not in _ENTRIES:
        return ""
    names = {key_hint(_ENTRIES[str(path[0])]), key_hint("id")}
    return _did_you_mean(["name"]) if key_hint(str(path[-1])) in names else ""


def _entry_hint(path: Path, node: Node, cells: str) -> str:
    """How an entry is written that is a mapping of its name elsewhere."""
    if not isinstance(node.value, Mapping | None):
        return ""
    if path[0] in _ENTRIES and cells == "*":
        return f"write `{{name: {path[-1]}, ...}}`"
    if len(path) == 1 and node.value and node.value.keys() & {"n_timesteps", "policy"}:
        return "a file of rl-baselines3-zoo: `variants: {zoo: {from_zoo: FILE}}` reads it"
    return ""


def option_answer(name: str) -> str:
    """What to write instead of an option that is a key of a matrix; empty for none that is."""
    paths = {key: key for key in keys_at(())}
    for rung in _RUNGS:
        paths = {key: f"{rung}.{key}" for key in keys_at((rung,))} | paths
    value = build("...", DEFAULT)
    hint = "" if name in paths else key_hint(name) or _position_hint((name,), name, value, "*")
    near = [] if hint else nearest(name, paths)
    if near:
        return f"did you mean `--set {paths[near[0]]}=...`?"
    hint = hint or setting_hint(name, "...") or argument_hint(name)
    return f"a matrix says that: {hint}" if hint else ""


def _may_be_elsewhere(path: Path) -> bool:
    """Whether a key stands where keys of other parts of a matrix are written by mistake."""
    parents = path[2:-1] if path[0] in {*_ENTRIES, "overrides"} else path[:-1]
    return not parents or parents in {(rung,) for rung in _RUNGS}


def _near_position_hint(path: Path, name: str, node: Node, cells: str) -> str:
    """Where a key stands that a name is near to."""
    keys = [key for each in ((), *((rung,) for rung in _RUNGS), _OVERRIDE) for key in keys_at(each)]
    near = nearest(name, keys)
    return _position_hint(path, near[0], node, cells) if near else ""


def _position_hint(path: Path, name: str, node: Node, cells: str) -> str:
    """Where a key stands, seen from a path; empty where it stands nowhere."""
    rungs = [rung for rung in _RUNGS if name in keys_at((rung,))]
    of_cells = name in keys_at(_OVERRIDE)
    if path[0] in _ENTRIES and (rungs or of_cells):
        setting = _written(name, node)
        setting = setting if of_cells else f"{rungs[0]}: {{{setting}}}"
        return f'it is set per cell: `overrides: [{{match: "{cells}", {setting}}}]`'
    if rungs:
        return _did_you_mean([f"{rung}.{name}" for rung in rungs])
    if name in keys_at(()):
        return f"`{name}` stands at the top of a matrix"
    if of_cells:
        setting = _written(name, node)
        return f'it is set per cell; for all: `overrides: [{{match: "*", {setting}}}]`'
    return ""


def _written(name: str, node: Node) -> str:
    value = node.value
    text = str(value).lower() if isinstance(value, bool) else value
    return f"{name}: {text if isinstance(value, bool | int | float | str) else '...'}"


def _did_you_mean(names: Sequence[str]) -> str:
    if not names:
        return ""
    *others, last = [f"`{name}`" for name in names]
    return f"did you mean {', '.join(others)}{' or ' if others else ''}{last}?"


def _range_name(node: Node, path: Path) -> str:
    """The name of a range that is written as a mapping of mappings; empty where it is none."""
    ranges = [index for index, part in enumerate(path[:-2]) if part in {"space", "ranges"}]
    if not ranges:
        return ""
    names, below = list(map(str, path[ranges[-1] + 1 :])), node.value
    keys = {*keys_at(("space", "name"))}
    while isinstance(below, Mapping) and below and not below.keys() & keys:
        name, child = next(iter(below.items()))
        names.append(str(name))
        below = child.value
    whole = ".".join(names)
    is_range = isinstance(below, Mapping) and bool(below.keys() & keys)
    is_below = names[-1] in {"schedule", "final"} or names[0].endswith("_kwargs")
    return whole if is_range or is_below or scenario_target(whole) is not None else ""


def keys_at(path: Path) -> list[str]:
    """Keys that the schema allows at a path."""
    return [name for option in options_at(path) for name in option.get("properties", {})]


def description_at(path: Path) -> str:
    """What the schema says that a key is, as a remark; empty for what no key is."""
    children = [child for option in options_at(path[:-1]) for child in _children(option, path[-1])]
    text = next((str(child["description"]) for child in children if "description" in child), "")
    return text[:1].lower() + text[1:].removesuffix(".")


def options_at(path: Path) -> list[dict[str, Any]]:
    """The forms that the schema allows at a path."""
    options = _alternatives(_schema(), _schema())
    for part in path:
        options = options_below(options, part)
    return options


def options_below(options: Sequence[Mapping[str, Any]], part: str | int) -> list[dict[str, Any]]:
    """What the schema allows at a key or an index of what it allows here."""
    return [
        alternative
        for option in options
        for child in _children(option, part)
        for alternative in _alternatives(child, _schema())
    ]


_schema: Final = cache(json_schema)


def _alternatives(part: Any, schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in part:
        return _alternatives(schema["$defs"][part["$ref"].rpartition("/")[2]], schema)
    for options in ("anyOf", "oneOf"):
        if options in part:
            return [each for option in part[options] for each in _alternatives(option, schema)]
    return [part]


def _children(option: Mapping[str, Any], part: str | int) -> list[Any]:
    if isinstance(part, int):
        return [option["items"]] if "items" in option else []
    if part in option.get("properties", {}):
        return [option["properties"][part]]
    more = option.get("additionalProperties")
    return [more] if isinstance(more, dict) else []
