"""A scenario entry and a cell's settings -> the scenario of the cell, saved models included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, get_type_hints

from harness import saved_models
from harness.config.cell_selection import Entry
from harness.config.matrix_schema import ScenarioEntry
from harness.config.nodes import Node, build, location_of, plain, problem
from harness.core.identity import decode
from harness.core.opponents import KEY, SavedModel, map_leaves, models_in
from harness.core.scenario import Scenario, Score
from harness.core.settings import settings_of
from harness.errors import HarnessError, Problem, UsageError
from harness.registry import Registry

__all__ = ["check_models", "read_saved_models", "scenario_of", "with_models", "with_settings"]


def scenario_of(entry: Entry, registry: Registry) -> Scenario:
    """The registered or probed scenario under the entry's name, with what identifies it.

    Raises:
        HarnessError: Nothing has that name, or a package is missing.
    """
    keys = ScenarioEntry.model_validate(plain(entry.settings)).model_dump(exclude_unset=True)
    base = _base(keys, registry)
    changes: dict[str, Any] = {
        name: keys[name] for name in ("name", "action", "observation") if name in keys
    }
    if "imports" in keys:
        changes["imports"] = tuple(keys["imports"])
    for name in ("random", "reference"):
        if name in keys:
            source = keys[name].get("source") or str(location_of(entry.settings.get(name)))
            changes[name] = Score(value=keys[name]["value"], source=source)
    return replace(base, **changes)


def _base(keys: Mapping[str, Any], registry: Registry) -> Scenario:
    """Look the environment up; one that has to be imported first goes by ``module:Id``."""
    name: str = keys.get("env", keys["name"])
    for module in keys.get("imports", ()):
        scenario = registry.probed(f"{module}:{name}")
        if scenario is not None:
            return replace(scenario, env=name)
    return registry.scenario(name)


def with_settings(
    scenario: Scenario, settings: Mapping[str, Any], *, explicit: frozenset[str] = frozenset()
) -> Scenario:
    """The scenario with a cell's settings applied; arguments mix, everything else is replaced.

    Other arguments make another environment, and its scores are other ones: those that the
    document does not give itself are dropped.

    Args:
        scenario: Registered or probed.
        settings: The cell's, validated. A curriculum among them is left aside.
        explicit: The keys of the scenario's entry in the document.
    """
    types = get_type_hints(Scenario, include_extras=True)
    names = [field.name for field in settings_of(Scenario) if field.name != "curriculum"]
    changes: dict[str, Any] = {
        name: decode(types[name], settings[name]) for name in names if name in settings
    }
    if "env_arguments" in settings:
        changes["arguments"] = {**scenario.arguments, **with_models(settings["env_arguments"])}
        if changes["arguments"] != scenario.arguments:
            changes["baselines"] = {}
            changes |= dict.fromkeys({"random", "reference"} - explicit)
    return replace(scenario, **changes)


_DIGEST: Final = "sha256"
_SAMPLED: Final = "sampled"
_KEYS: Final = (KEY, _SAMPLED, _DIGEST)


def read_saved_models(root: Node, problems: list[Problem]) -> Node:
    """The document with the absolute path and the checksum of every saved model in it.

    A checksum that stands there already is held against the file.
    """
    if not isinstance(root.value, Mapping | tuple):
        return root
    if isinstance(root.value, Mapping) and KEY in root.value:
        return _read_saved_model(root, problems)
    children = {key: read_saved_models(child, problems) for key, child in root.children.items()}
    value = tuple(children.values()) if isinstance(root.value, tuple) else children
    return replace(root, value=value)


def _read_saved_model(node: Node, problems: list[Problem]) -> Node:
    file = node.value[KEY]
    faults = list(_malformed(node))
    if faults:
        problems += faults
        return node
    sampled = bool(plain(node).get(_SAMPLED, False))
    path = (Path(file.location.source).parent / file.value).absolute()
    try:
        content = saved_models.read(path)
        saved_models.read_description(content, sampled=sampled)
    except UsageError as error:
        message = error.message if str(path) in error.message else f"{path}: {error.message}"
        problems.append(problem(message, file.location, help=error.help))
        return node
    checksum = node.value.get(_DIGEST)
    if checksum is not None and checksum.value != content.sha256:
        message = f"{path} is another model than the one with this checksum"
        hint = f"restore the file, or write `{_DIGEST}: {content.sha256}`"
        problems.append(problem(message, location_of(checksum, file), help=hint))
        return node
    identity = {KEY: build(str(path), file.location), _DIGEST: build(content.sha256, file.location)}
    return replace(node, value={**node.value, **identity})


def _malformed(node: Node) -> Iterator[Problem]:
    for key, child in node.children.items():
        if key not in _KEYS:
            hint = f"known here: {', '.join(_KEYS)}"
            yield problem(f"unknown key `{key}`", child.key or child.location, help=hint)
    for key, kind, word in ((KEY, str, "a file"), (_SAMPLED, bool, "true or false")):
        option = node.value.get(key)
        if option is not None and not isinstance(option.value, kind):
            yield problem(f"`{key}` must be {word}", option.location)


def with_models(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of an environment with the saved models that `read_saved_models` has described."""

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
        written = _first_saved_model(settings.get("env_arguments"))
        yield problem(error.message, location_of(written), help=error.help)


def _first_saved_model(node: Node | None) -> Node | None:
    """The first saved model in a tree."""
    if node is None or (isinstance(node.value, Mapping) and KEY in node.value):
        return None if node is None else node.get(KEY)
    models = (_first_saved_model(child) for child in node.children.values())
    return next((model for model in models if model is not None), None)
