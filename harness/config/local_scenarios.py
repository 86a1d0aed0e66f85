"""Scenarios whose modules are files: named as a run imports them, with the sources of all of them.

A document has absolute paths in the places of such modules, see `module_references`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from harness.core.curriculum import Level
from harness.core.scenario import PETTINGZOO_PREFIX, WRAPPER_KEYS, Scenario, SourceFile
from harness.errors import UnknownNameError, UsageError, did_you_mean
from harness.local_modules import is_file, list_definitions, read_sources, split_reference
from harness.registry import Registry

PLAYERS: Final = frozenset({"players", "panel"})
"""Arguments of a game of several agents that name modules."""


def draft_of(name: str, env: str = "", imports: Sequence[str] = ()) -> Scenario:
    """What a document says of an environment, before anybody has looked at it.

    Args:
        env: Its environment; empty for the name.

    Raises:
        UsageError: Two files would be imported by the same name.
    """
    return with_sources(
        Scenario(
            name=name,
            env=env or name,
            imports=tuple(imports),
            family="local",
            action="Discrete",
            description="an environment in a file",
        )
    )


def local_scenario(draft: Scenario, registry: Registry) -> Scenario:
    """The scenario of an environment in a file.

    Raises:
        UnknownNameError: The file neither defines nor registers it.
        UsageError: It cannot be made, or no algorithm can use its spaces.
    """
    scenario = registry.find(draft.env, draft)
    if scenario is not None:
        # An answer from another process has no texts.
        return replace(scenario, sources=draft.sources)
    module, name = split_reference(draft.env)
    files = [each.path for each in draft.sources if each.module in (module, *draft.imports)]
    names = [each for file in files for each in list_definitions(file)]
    hint = did_you_mean(name, names)
    hint = hint or f"{' and '.join(files)} defines {', '.join(names) or 'nothing'}"
    raise UnknownNameError("environment", draft.env, names, help=hint)


def with_sources(scenario: Scenario) -> Scenario:
    """The scenario with modules in the place of files, and with the sources of all of them.

    Raises:
        UsageError: Two files would be imported by the same name.
    """
    collection = _Sources(scenario)
    prefix = PETTINGZOO_PREFIX if scenario.env.startswith(PETTINGZOO_PREFIX) else ""
    changes: dict[str, Any] = {
        "env": prefix + collection.add(scenario.env.removeprefix(prefix)),
        "imports": tuple(map(collection.add, scenario.imports)),
    }
    for key in WRAPPER_KEYS:
        wrappers = getattr(scenario, key)
        changes[key] = tuple(replace(each, path=collection.add(each.path)) for each in wrappers)
    if prefix:
        changes["arguments"] = collection.add_players(scenario.arguments)
    return replace(scenario, **changes, sources=collection.files)


def with_level_sources(
    scenario: Scenario, levels: Sequence[Level]
) -> tuple[Scenario, tuple[Level, ...]]:
    """The scenario with the sources of its levels too, and these with modules for files.

    Raises:
        UsageError: Two files would be imported by the same name.
    """
    if not scenario.env.startswith(PETTINGZOO_PREFIX):
        return scenario, tuple(levels)
    collection = _Sources(scenario)
    levels_with_sources = [
        replace(each, arguments=collection.add_players(each.arguments)) for each in levels
    ]
    return replace(scenario, sources=collection.files), tuple(levels_with_sources)


class _Sources:
    """The files of a scenario, each under the name that it is imported by."""

    def __init__(self, scenario: Scenario) -> None:
        self._by_module = {source.module: source for source in scenario.sources}

    @property
    def files(self) -> tuple[SourceFile, ...]:
        return tuple(self._by_module.values())

    def add(self, text: object) -> Any:
        """The name in a module that a text stands for, whose sources are added."""
        for source in _sources_of(text):
            other = self._by_module.setdefault(source.module, source)
            if other.path != source.path:
                raise UsageError(
                    f"two files are called `{source.module}`: {other.path} and {source.path}",
                    help="a run imports each name once: rename one of the files",
                )
        return module_of(text)

    def add_players(self, arguments: Mapping[str, Any]) -> dict[str, object]:
        """The arguments of a game, whose players are added."""
        result = dict(arguments)
        for key in PLAYERS & arguments.keys():
            value = result[key]
            is_list = isinstance(value, list | tuple)
            result[key] = [self.add(item) for item in value] if is_list else self.add(value)
        return result


def module_of(text: Any) -> Any:
    """A name in a module for a name in a file of a document; anything else as it is."""
    files = _sources_of(text)
    if not files:
        return text
    _, name = split_reference(text)
    return f"{files[0].module}:{name}" if name else files[0].module


def _sources_of(text: object) -> tuple[SourceFile, ...]:
    module, _ = split_reference(text) if isinstance(text, str) else ("", "")
    is_local = is_file(module) and Path(module).is_absolute()
    return read_sources(module) if is_local else ()
