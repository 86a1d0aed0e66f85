"""A scenario entry and a cell's settings -> the scenario of the cell, saved models included."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, get_type_hints

from harness import saved_models
from harness.config.cell_selection import Entry
from harness.config.documents.matrix_schema import ScenarioEntry
from harness.config.documents.nodes import Location, Node, build, location_of, plain, problem
from harness.config.foreign.foreign_names import setting_hint
from harness.config.local_scenarios import draft_of, local_scenario, module_of, with_sources
from harness.core.declarations import settings_of
from harness.core.identity import decode
from harness.core.opponents import KEY, SavedModel, map_leaves
from harness.core.scenario import MADE_OF, WRAPPER_KEYS, ActionKind, Description, Scenario, Score
from harness.errors import HarnessError, Problem, UnknownNameError, UsageError
from harness.registry import Registry


def scenario_of(entry: Entry, registry: Registry) -> Scenario:
    """The registered scenario or a draft under the entry's name, with what identifies it.

    Raises:
        HarnessError: Nothing has that name, or a package is missing.
    """
    keys = ScenarioEntry.model_validate(plain(entry.settings)).model_dump(exclude_unset=True)
    changes: dict[str, Any] = {
        name: keys[name] for name in ("name", "action", "observation") if name in keys
    }
    draft = draft_of(keys["name"], keys.get("env", ""), keys.get("imports", ()))
    base = local_scenario(draft, registry) if draft.sources else _base(keys, registry)
    if "imports" in keys:
        changes["imports"] = draft.imports
    for name in ("random", "reference"):
        if name in keys:
            source = keys[name].get("source") or str(location_of(entry.settings.get(name)))
            changes[name] = Score(value=keys[name]["value"], source=source)
    return replace(base, **changes)


def _base(keys: Mapping[str, Any], registry: Registry) -> Scenario:
    """Look the environment up; one that has to be imported first goes by ``module:Id``."""
    name: str = keys.get("env", keys["name"])
    for module in keys.get("imports", ()):
        scenario = registry.draft_by_family(f"{module}:{name}")
        if scenario is not None:
            return replace(scenario, env=name)
    return registry.draft(name)


def with_settings(
    scenario: Scenario, settings: Mapping[str, Any], *, explicit: frozenset[str] = frozenset()
) -> Scenario:
    """The scenario with a cell's settings applied; arguments mix, everything else is replaced.

    Other arguments make another environment, and its scores are other ones: those that the
    document does not give itself are dropped.

    Args:
        scenario: Registered, or a draft.
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
    return with_sources(replace(scenario, **changes))


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
    faults = list(_check_form(node))
    if faults:
        problems += faults
        return node
    is_sampled = bool(plain(node).get(_SAMPLED, False))
    path = (Path(file.location.source).parent / file.value).absolute()
    try:
        content = saved_models.read(path)
        saved_models.read_description(content, is_sampled=is_sampled)
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
    return node.with_children(identity)


def _check_form(node: Node) -> Iterator[Problem]:
    for key, child in node.children.items():
        if key not in _KEYS:
            hint = f"known here: {', '.join(_KEYS)}"
            yield problem(f"unknown key `{key}`", child.start, help=hint)
    for key, kind, word in ((KEY, str, "a file"), (_SAMPLED, bool, "true or false")):
        option = node.value.get(key)
        if option is not None and not isinstance(option.value, kind):
            yield problem(f"`{key}` must be {word}", option.location)


def with_models(arguments: Mapping[str, Any]) -> dict[str, object]:
    """Arguments of an environment with the saved models that `read_saved_models` has described."""

    def change(part: object) -> Any:
        if not (isinstance(part, Mapping) and _DIGEST in part and KEY in part):
            return part
        return SavedModel(
            path=part[KEY], sha256=part[_DIGEST], sampled=bool(part.get(_SAMPLED, False))
        )

    result: dict[str, Any] = map_leaves(arguments, change)
    return result


_SPACES: Final = ("action", "observation")
"""Fields that say what an environment is like."""


def with_environment(
    scenario: Scenario,
    entry: Entry,
    settings: Node,
    registry: Registry,
    actions: frozenset[ActionKind],
) -> tuple[Scenario, list[Problem]]:
    """The scenario as its environment describes itself, and what is wrong with that.

    Registered scenarios are believed as long as nothing that makes the environment is changed.

    Args:
        scenario: With all settings applied.
        entry: The scenario's entry in the document.
        settings: The cell's, with locations.
        registry: Asks the environment.
        actions: Kinds of action that the algorithm supports.
    """
    reference = entry.settings.get("env") or entry.settings.get("name")
    original = None if reference is None else registry.scenarios.get(reference.value)
    if original is not None:
        usual = original.with_action_kind(actions)
        if all(getattr(scenario, key) == getattr(usual, key) for key in (*MADE_OF, *_SPACES)):
            return scenario, []
    try:
        scenario, description = _describe(scenario, settings, registry, actions)
    except HarnessError as error:
        return scenario, [environment_problem(error, entry, settings)]
    if description is None:
        return scenario, []
    return _with_description(scenario, description, entry)


def _describe(
    scenario: Scenario, settings: Node, registry: Registry, actions: frozenset[ActionKind]
) -> tuple[Scenario, Description | None]:
    """The scenario, in a kind of action that is supported if it has one, and its description."""
    description = registry.describe(scenario.at_level(None))
    if description is None:
        return scenario, None
    own_arguments = settings.get("env_arguments")
    other = replace(scenario, action=description.action).with_action_kind(actions)
    before = scenario.arguments
    changes = [k for k, v in other.arguments.items() if k not in before or before[k] != v]
    if changes and not any(own_arguments is not None and own_arguments.get(key) for key in changes):
        return other, registry.describe(other.at_level(None))
    return scenario, description


def _with_description(
    scenario: Scenario, description: Description, entry: Entry
) -> tuple[Scenario, list[Problem]]:
    """The described scenario; what the entry declares must be so, but may read an image flat."""
    problems = []
    result = scenario.with_description(description)
    for key in _SPACES:
        node = entry.settings.get(key)
        if node is None or node.value == getattr(description, key):
            continue
        if (node.value, getattr(description, key)) == ("vector", "image"):
            result = replace(result, observation="vector")
            continue
        message = f"the {key} of `{scenario.name}` is {getattr(description, key)}, not {node.value}"
        hint = f"take `{key}` out: it is read from the environment"
        problems.append(problem(message, node.location, help=hint))
    return result, problems


def environment_problem(error: HarnessError, entry: Entry, settings: Node) -> Problem:
    """What an environment's error says, with its scenario's name, where its reason is written."""
    has_name = f"`{entry.name}`" in error.message or isinstance(error, UnknownNameError)
    message = error.message if has_name else f"scenario `{entry.name}`: {error.message}"
    hint = ""
    if "unexpected keyword" in message:
        nodes = _arguments_in(error.message, settings).items()
        hint = next(filter(None, (setting_hint(key, plain(node)) for key, node in nodes)), "")
    return problem(message, _culprit(error.message, entry, settings), help=hint or error.help)


def _arguments_in(message: str, settings: Node) -> dict[str, Node]:
    """The environment's arguments that a message names."""
    nodes = {str(key): node for key, node in settings.children_at("env_arguments").items()}
    return {
        key: node
        for key, node in nodes.items()
        if re.search(rf"['`\"]{re.escape(key)}['`\"]|\b{re.escape(key)}=", message)
    }


def _culprit(message: str, entry: Entry, settings: Node) -> Location:
    """What was written that an error of an environment is about, by the words in its message."""
    arguments = settings.get("env_arguments")
    culprits = [
        replace(node, location=node.start) for node in _arguments_in(message, settings).values()
    ]
    for key in (*WRAPPER_KEYS, "imports"):
        listing = settings.get(key) or entry.settings.get(key)
        for node in listing.children.values() if listing is not None else ():
            path = node.get("path") or node
            if f"`{module_of(path.value)}`" in message:
                culprits.append(path)
    wrappers = (settings.get(key) for key in WRAPPER_KEYS)
    name = (entry.settings.get("env"), entry.settings.get("name"))
    return location_of(*culprits, _first_saved_model(arguments), arguments, *wrappers, *name)


def _first_saved_model(node: Node | None) -> Node | None:
    """The first saved model in a tree."""
    if node is None or (isinstance(node.value, Mapping) and KEY in node.value):
        return None if node is None else node.get(KEY)
    models = (_first_saved_model(child) for child in node.children.values())
    return next((model for model in models if model is not None), None)
