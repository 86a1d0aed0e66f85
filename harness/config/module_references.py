"""Where a matrix names modules, and which of them are files: beside it or in the current folder.

The absolute path of such a file is written into the document, which is kept with the campaign.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Final, TypeVar

from harness.config.documents.nodes import Location, Node, build, problem, with_name
from harness.config.local_scenarios import PLAYERS, draft_of, local_scenario
from harness.core.scenario import PETTINGZOO_PREFIX, WRAPPER_KEYS, Scenario
from harness.core.search_settings import Component, Objective, Search
from harness.errors import Problem, UsageError
from harness.local_components import file_version
from harness.local_modules import is_file, list_definitions, locate, read_sources, split_reference
from harness.registry import Registry

_ARGUMENTS: Final = ("arguments", "env_arguments")

_Component = TypeVar("_Component", Component, Objective)


def read_local_modules(root: Node, registry: Registry, problems: list[Problem]) -> Node:
    """The document with the absolute path of every file that one of its names stands for."""
    # Every load reads each file once, so that all of its cells have the same text.
    read_sources.cache_clear()
    resolver = _ReferenceResolver(problems, has_games=_has_games(root, registry))
    root = resolver.components(root.with_items("scenarios", resolver.scenario))
    root = root.with_items("listeners", resolver.component)
    root.with_items("include", lambda node: resolver.check_included(node, root))
    return root.with_items("overrides", lambda node: resolver.components(resolver.settings(node)))


def _has_games(root: Node, registry: Registry) -> bool:
    for node in map(with_name, root.children_at("scenarios").values()):
        env = node.get("env") or node.get("name")
        name = str(env.value) if env is not None else ""
        original = registry.scenarios.get(name)
        if (original.env if original else name).startswith(PETTINGZOO_PREFIX):
            return True
    return False


class _ReferenceResolver:
    """Puts paths into the places of a document that name modules."""

    def __init__(self, problems: list[Problem], *, has_games: bool) -> None:
        self._problems = problems
        self._has_games = has_games

    def scenario(self, node: Node) -> Node:
        """An item of `scenarios`; one known by its name alone gets an `env`."""
        entry = with_name(node)
        env = entry.get("env") or entry.children["name"]
        reference = self._reference(env, is_environment=True) or env
        if reference is not env:
            self._problems += _unfit_name(entry.children["name"])
            node = entry.with_children({"env": reference})
        if not isinstance(node.value, Mapping):
            return node
        return self.settings(node.with_items("imports", self._module))

    def check_included(self, node: Node, root: Node) -> Node:
        """An item of `include`, which has no room for a path."""
        scenario_node = node.get("scenario") or node
        name = str(scenario_node.value).rpartition("@")[2]
        entries = map(with_name, root.children_at("scenarios").values())
        if name not in {entry.children["name"].value for entry in entries}:
            reference = self._reference(replace(scenario_node, value=name), is_environment=True)
            if reference is not None and reference.value != name:
                hint = "list it there, and `exclude` the cells that are too many"
                message = f"`{name}` is in a file, and not under `scenarios`"
                self._problems.append(problem(message, scenario_node.location, help=hint))
        return node

    def settings(self, node: Node) -> Node:
        """The settings of scenarios that an entry or an override has."""
        for key in WRAPPER_KEYS:
            node = node.with_items(key, self._wrapper)
        for key in _ARGUMENTS:
            node = self._arguments(node, key)
        curriculum = node.get("curriculum")
        if curriculum is not None and isinstance(curriculum.value, Mapping):
            levels = curriculum.with_items(
                "levels", lambda level: self._arguments(level, "arguments")
            )
            node = node.with_children({"curriculum": levels})
        return node

    def components(self, node: Node) -> Node:
        """What has a search, with the paths of samplers, pruners and objectives in files."""
        search = node.get("search")
        if search is None or not isinstance(search.value, Mapping):
            return node
        for key in ("sampler", "pruner"):
            child = search.get(key)
            component = None if child is None else self.component(child)
            # One that does not hold is cut out, so that nothing else is said of it.
            value = {name: part for name, part in search.value.items() if name != key}
            usual = build({"name": getattr(Search(), key).name})
            component = usual if child is not None and component is None else component
            search = replace(search, value=value | ({} if component is None else {key: component}))
        search = search.with_items("objectives", self.component)
        return node.with_children({"search": search})

    def component(self, node: Node) -> Node | None:
        """A name, or a mapping with one; of an objective, a mapping from one to its direction."""
        if isinstance(node.value, str):
            return self._reference(node) if ":" in node.value else node
        name = node.get("name")
        if name is not None:
            reference = self.component(name)
            return reference and node.with_children({"name": reference})
        if not isinstance(node.value, Mapping) or len(node.value) != 1:
            return node
        ((key, child),) = node.value.items()
        reference = self.component(Node(value=str(key), location=child.start))
        return reference and replace(node, value={reference.value: child})

    def _wrapper(self, node: Node) -> Node | None:
        """A wrapper; one that does not hold is cut out, so that nothing else is said of it."""
        if not isinstance(node.value, Mapping):
            return self._reference(node, has_dots=True)
        path = self._reference(node.children["path"], has_dots=True)
        return path and node.with_children({"path": path})

    def _arguments(self, node: Node, key: str) -> Node:
        arguments = node.get(key)
        if arguments is None or not self._has_games or not isinstance(arguments.value, Mapping):
            return node
        for name in sorted(PLAYERS):
            child = arguments.get(name)
            if child is not None and isinstance(child.value, str):
                child = self._reference(child) or child
                arguments = arguments.with_children({name: child})
            # A word in a list is a player's name; only a path has a colon.
            arguments = arguments.with_items(name, self._player)
        return node.with_children({key: arguments})

    def _player(self, node: Node) -> Node:
        is_path = isinstance(node.value, str) and ":" in node.value
        return (self._reference(node) or node) if is_path else node

    def _module(self, node: Node) -> Node:
        """An item of `imports`."""
        module, name = split_reference(node.value)
        if name and is_file(module):
            hint = f"write `{module}`, and `env: {node.value}` for an environment in it"
            message = f"`imports` takes modules, not `{node.value}`"
            self._problems.append(problem(message, node.location, help=hint))
            return node
        return self._reference(node) or node

    def _reference(
        self, node: Node, *, has_dots: bool = False, is_environment: bool = False
    ) -> Node | None:
        """The text with the path of the file that it names, if it names one; None for a problem.

        Args:
            node: A text.
            has_dots: Whether ``module.Name`` stands for ``module:Name``.
            is_environment: Whether a text without a colon is an id, and no module.
        """
        text = str(node.value)
        prefix = PETTINGZOO_PREFIX if is_environment and text.startswith(PETTINGZOO_PREFIX) else ""
        module, name = split_reference(text.removeprefix(prefix))
        if not name and has_dots:
            module, _, name = text.rpartition(".")
        if not module or (is_environment and not (prefix or name or is_file(module))):
            return node
        try:
            file = locate(module, _folder(node.location))
            if file is None:
                return node
            read_sources(file)
            if is_environment and not (prefix or name):
                raise _missing_name_error(module, file)
        except UsageError as error:
            self._problems.append(problem(error.message, node.location, help=error.help))
            return None
        return replace(node, value=f"{prefix}{file}:{name}" if name else f"{prefix}{file}")


def with_file_versions(search: Search) -> Search:
    """A search that knows its components in files by their short names and their content."""
    return replace(
        search,
        sampler=_with_version(search.sampler),
        pruner=_with_version(search.pruner),
        objectives=tuple(map(_with_version, search.objectives)),
    )


def _with_version(component: _Component) -> _Component:
    module, name = split_reference(component.name)
    if not name or not is_file(module):
        return component
    short = module.rpartition("/./")[2] if "/./" in module else Path(module).name
    return replace(
        component, name=f"{short}:{name}", path=component.name, version=file_version(module)
    )


def _folder(location: Location) -> Path:
    """The folder of the file in which something was written, else the current one."""
    return Path(location.source).parent if location.line else Path()


def _unfit_name(node: Node) -> Iterator[Problem]:
    """Report a name that cannot be part of the paths of models and films."""
    path = PurePath(split_reference(str(node.value))[0])
    if path.is_absolute() or ".." in path.parts or path.parts[:1] == ("~",):
        hint = f"add a name: `{{name: mine, env: {node.value}}}`"
        yield problem(f"`{node.value}` is no name of a scenario", node.location, help=hint)


def _missing_name_error(reference: str, file: str) -> UsageError:
    names = list_definitions(file)
    example = names[0] if names else "MyEnv"
    return UsageError(
        f"which environment of `{reference}`?", help=f"name it, e.g. `{reference}:{example}`"
    )


def references_of(entry: Node) -> list[Location]:
    """Where an item of `scenarios` says which environment it is."""
    nodes = [entry.get("env") or entry.get("name"), *entry.children_at("imports").values()]
    return [node.location for node in nodes if node is not None]


def look_up_scenario(name: str, registry: Registry) -> Scenario:
    """The scenario that a command line names; a file in it begins at the current folder.

    Raises:
        HarnessError: There is none, or its environment cannot be made.
    """
    problems: list[Problem] = []
    entry = with_name(_ReferenceResolver(problems, has_games=False).scenario(build(name)))
    environment = entry.get("env")
    if environment is None:
        for each in problems:
            raise UsageError(each.message, help=each.help)
        return registry.scenario(name)
    scenario = local_scenario(draft_of(name, environment.value), registry)
    description = registry.describe(scenario)
    return scenario if description is None else scenario.with_description(description)
