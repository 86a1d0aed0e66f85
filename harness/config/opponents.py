"""``{saved_model: file}`` in a document -> the model's content, by which a cell knows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from harness import saved_models
from harness.config.nodes import Node, build, place_of, plain, problem
from harness.core.opponents import KEY, SavedModel, map_leaves, models_in
from harness.core.scenario import Scenario
from harness.errors import HarnessError, Problem, UsageError
from harness.registry import Registry

__all__ = ["check_models", "read_models", "with_models"]

_DIGEST: Final = "sha256"
_SAMPLED: Final = "sampled"
_KEYS: Final = (KEY, _SAMPLED, _DIGEST)


def read_models(root: Node) -> tuple[Node, list[Problem]]:
    """The document with the absolute path and the checksum of every saved model in it.

    A checksum that stands there already is held against the file.
    """
    problems: list[Problem] = []
    if not isinstance(root.value, Mapping | tuple):
        return root, problems
    if isinstance(root.value, Mapping) and KEY in root.value:
        return _read(root)
    read = {}
    for key, child in root.children.items():
        read[key], found = read_models(child)
        problems += found
    if isinstance(root.value, tuple):
        return replace(root, value=tuple(read.values())), problems
    return replace(root, value=read), problems


def _read(node: Node) -> tuple[Node, list[Problem]]:
    asked = node.value[KEY]
    problems = list(_malformed(node))
    if problems:
        return node, problems
    sampled = bool(plain(node).get(_SAMPLED, False))
    path = (Path(asked.place.source).parent / asked.value).absolute()
    try:
        content = saved_models.read(path)
        saved_models.read_description(content, sampled=sampled)
    except UsageError as error:
        said = error.message if str(path) in error.message else f"{path}: {error.message}"
        return node, [problem(said, asked.place, help=error.help)]
    pinned = node.value.get(_DIGEST)
    if pinned is not None and pinned.value != content.sha256:
        message = f"{path} is another model than the one with this checksum"
        hint = f"restore the file, or write `{_DIGEST}: {content.sha256}`"
        return node, [problem(message, place_of(pinned, asked), help=hint)]
    known = {KEY: build(str(path), asked.place), _DIGEST: build(content.sha256, asked.place)}
    return replace(node, value={**node.value, **known}), []


def _malformed(node: Node) -> Iterator[Problem]:
    for key, child in node.children.items():
        if key not in _KEYS:
            hint = f"known here: {', '.join(_KEYS)}"
            yield problem(f"unknown key `{key}`", child.key or child.place, help=hint)
    for key, kind, word in ((KEY, str, "a file"), (_SAMPLED, bool, "true or false")):
        found = node.value.get(key)
        if found is not None and not isinstance(found.value, kind):
            yield problem(f"`{key}` must be {word}", found.place)


def with_models(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of an environment with the saved models that `read_models` has described."""

    def change(part: Any) -> Any:
        if not (isinstance(part, Mapping) and _DIGEST in part and KEY in part):
            return part
        return SavedModel(
            path=part[KEY], sha256=part[_DIGEST], sampled=bool(part.get(_SAMPLED, False))
        )

    changed: dict[str, Any] = map_leaves(arguments, change)
    return changed


def check_models(scenario: Scenario, settings: Node, registry: Registry) -> Iterator[Problem]:
    """Whether the saved models among a scenario's arguments were trained in such a game.

    The levels of a curriculum are made when their spaces are compared.
    """
    if not models_in(scenario.arguments):
        return
    try:
        registry.spaces(scenario.at_level(None))
    except HarnessError as error:
        written = _first(settings.get("env_arguments"))
        yield problem(error.message, place_of(written), help=error.help)


def _first(node: Node | None) -> Node | None:
    """The first saved model in a tree."""
    if node is None or (isinstance(node.value, Mapping) and KEY in node.value):
        return None if node is None else node.get(KEY)
    found = (_first(child) for child in node.children.values())
    return next((one for one in found if one is not None), None)
