"""Names -> scenarios, algorithms, samplers, pruners, executors, listeners. Imports no torch.

Everything, built in or third party, comes in through entry points of six groups:

======================  ==========================================================
``harness.scenarios``   a module with ``SCENARIOS``, an iterable of `Scenario`, and
                        perhaps ``FAMILIES``, one of `Family`
``harness.algorithms``  a module with ``ALGORITHMS``, an iterable of `Algorithm`
``harness.samplers``    ``module:function``, the entry point's name is the sampler's; or a
                        module: each of its functions that returns a ``BaseSampler``
``harness.pruners``     likewise, with ``BasePruner``
``harness.executors``   ``module:function``
``harness.listeners``   ``module:function``, which makes a tracker
======================  ==========================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import (
    EntryPoint,
    EntryPoints,
    PackageNotFoundError,
    entry_points,
    version,
)
from typing import Any, Final

from harness import constructors
from harness.constructors import Constructor
from harness.core.algorithm import Algorithm
from harness.core.learner_arguments.argument_contradictions import Signature
from harness.core.matrix import Cell
from harness.core.run import Fault, Run
from harness.core.scenario import Description, Family, Scenario, family_of
from harness.errors import MissingExtraError, UnknownNameError, UsageError, did_you_mean
from harness.local_components import load_file
from harness.local_modules import is_file

__all__ = ["MISSING", "BestOf", "Registry", "component_paths", "load_function", "package_version"]

Find = Callable[..., Scenario | None]
"""Looks an unregistered name up as a Gymnasium id, given the draft of its family if it has one;
None when it is no environment either. Nothing is made: what it knows of the spaces is nothing."""

Select = Callable[..., EntryPoints]
"""The installed entry points of a ``group``."""

MISSING: Final = "missing"
"""The version of a distribution that is not installed."""

Describe = Callable[[Scenario], Description | None]
"""What a scenario's environment says of itself; None where environments are not known."""

BestOf = Callable[[str], Mapping[str, Any]]
"""What a campaign of that name ships: cell -> its `arguments` and `values`."""

DryRun = Callable[[Sequence[Run]], tuple[Fault, ...]]
"""Takes the first steps of runs in one scenario and says what goes wrong."""

BuildComponents = Callable[[Cell, "Registry"], None]
"""Builds a cell's sampler and pruner, and raises where one does not take its options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Everything that has a name.

    Attributes:
        scenarios, algorithms: Name -> value.
        samplers, pruners, executors, listeners: Name -> ``module:function``.
        families: How environments that are not registered are made, by patterns of their ids.
        find: How to look up a scenario that is not registered.
        suggest: Names to compare a misspelt scenario with, beside the registered ones.
        describe: How to look at a scenario's environment.
        dry_run: How to begin runs in one scenario; what breaks.
        build_components: How to build what suggests and gives up the trials of a cell.
        best_of: How to look up what another campaign ships.
    """

    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    algorithms: Mapping[str, Algorithm] = field(default_factory=dict)
    samplers: Mapping[str, str] = field(default_factory=dict)
    pruners: Mapping[str, str] = field(default_factory=dict)
    executors: Mapping[str, str] = field(default_factory=dict)
    listeners: Mapping[str, str] = field(default_factory=dict)
    families: tuple[Family, ...] = ()
    find: Find = lambda name: None
    suggest: Callable[[], Iterable[str]] = tuple
    describe: Describe = lambda scenario: None
    dry_run: DryRun = lambda runs: ()
    build_components: BuildComponents = lambda cell, registry: None
    best_of: BestOf = lambda name: {}

    @classmethod
    def from_packages(
        cls,
        *,
        find: Find = lambda name: None,
        suggest: Callable[[], Iterable[str]] = tuple,
        describe: Describe = lambda scenario: None,
        dry_run: DryRun = lambda runs: (),
        build_components: BuildComponents = lambda cell, registry: None,
        best_of: BestOf = lambda name: {},
    ) -> Registry:
        """All that the installed packages offer."""
        # One pass over what is installed, 20 ms, for all groups.
        select: Select = entry_points().select
        return cls(
            scenarios=_collect(select, "harness.scenarios", "SCENARIOS"),
            algorithms=_collect(select, "harness.algorithms", "ALGORITHMS"),
            samplers=component_paths("sampler", select),
            pruners=component_paths("pruner", select),
            executors=component_paths("executor", select),
            listeners=component_paths("listener", select),
            families=_families(select),
            find=find,
            suggest=suggest,
            describe=describe,
            dry_run=dry_run,
            build_components=build_components,
            best_of=best_of,
        )

    def scenario(self, name: str) -> Scenario:
        """The scenario of that name, registered or as its environment describes itself.

        Raises:
            UnknownNameError: Neither; the help names a close match.
            HarnessError: Its environment cannot be made, or no algorithm can use its spaces.
        """
        if name in self.scenarios:
            return self.scenarios[name]
        scenario = self.draft(name)
        description = self.describe(scenario)
        return scenario if description is None else scenario.with_description(description)

    def draft(self, name: str) -> Scenario:
        """The scenario of that name, registered or looked up without making its environment.

        Raises:
            UnknownNameError: Neither; the help names a close match.
            MissingExtraError: The environment's package is not installed.
            UsageError: A module cannot be imported.
        """
        scenario = self.scenarios.get(name) or self.draft_by_family(name)
        if scenario is None:
            names = [*self.scenarios, *self.suggest()]
            hint = did_you_mean(name, names) or "`harness list scenarios` names them all"
            raise UnknownNameError("scenario", name, names, help=hint)
        return scenario

    def draft_by_family(self, name: str) -> Scenario | None:
        """The draft for a Gymnasium id, made as its family is; None if there is no such id.

        Raises:
            MissingExtraError: The environment's package is not installed.
            UsageError: A module cannot be imported.
        """
        family = family_of(name, self.families)
        return self.find(name) if family is None else self.find(name, family.draft)

    def layouts(self, scenario: Scenario) -> tuple[str, ...]:
        """Action and observation space to compare; nothing where environments are not known.

        Raises:
            HarnessError: The environment cannot be made, or no algorithm can use its spaces.
        """
        description = self.describe(scenario)
        return () if description is None else description.layouts

    def algorithm(self, name: str) -> Algorithm:
        """The algorithm of that name.

        Raises:
            UnknownNameError: There is none; the help names a close match.
        """
        if name not in self.algorithms:
            raise UnknownNameError("algorithm", name, list(self.algorithms))
        return self.algorithms[name]

    def learner(self, algorithm: Algorithm) -> Constructor:
        """What the algorithm's learner takes."""
        return constructors.read(algorithm.learner)

    def signature(self, algorithm: Algorithm, scenario: Scenario) -> Signature:
        """What the algorithm's learner and its policy take in a scenario."""
        policy = algorithm.policies.get(scenario.observation)
        return Signature(
            parameters=self.learner(algorithm).parameters,
            policy=None if policy is None else constructors.read_policy(algorithm.learner, policy),
            scenario=scenario,
        )

    def component(self, kind: str, name: str) -> Constructor:
        """What a sampler, pruner or executor takes.

        Args:
            kind: ``sampler``, ``pruner`` or ``executor``.
            name: Registered name.

        Raises:
            UnknownNameError: There is none of that name.
        """
        return constructors.read(self.path(kind, name))

    def path(self, kind: str, name: str) -> str:
        """The ``module:function`` of a sampler, pruner or executor.

        Raises:
            UnknownNameError: There is none of that name.
        """
        if ":" in name:
            return name
        paths: Mapping[str, str] = getattr(self, f"{kind}s")
        if name not in paths:
            raise UnknownNameError(kind, name, list(paths))
        return paths[name]

    def function(self, kind: str, name: str) -> Callable[..., Any]:
        """The function of a sampler, pruner or executor, imported.

        Raises:
            UnknownNameError: There is none of that name.
            MissingExtraError: Its module needs a package that is not installed.
            UsageError: Its module does not define it.
        """
        return load_function(kind, name, self.path(kind, name))


def load_function(kind: str, name: str, path: str, version: str = "") -> Callable[..., object]:
    """Import what is registered under a name; `Registry.function` says what it raises.

    Args:
        kind, name: For messages.
        path: ``module:function``, or ``/absolute/file.py:function``.
        version: What a file has to be, see `file_version`; empty for any.
    """
    module, _, attribute = path.rpartition(":")
    try:
        module_object = load_file(module, version) if is_file(module) else import_module(module)
        function: Callable[..., Any] = getattr(module_object, attribute)
    except ImportError as error:
        raise MissingExtraError(
            f"{kind} `{name}` ({path}) cannot be imported: {error}",
            help=f"pip install {error.name or 'what its package asks for'}",
        ) from error
    except AttributeError as error:
        raise UsageError(
            f"{kind} `{name}` is registered as {path}, which is not there: {error}",
            help="correct the entry point of the package that registers it, or the name",
        ) from error
    return function


def component_paths(kind: str, select: Select = entry_points) -> dict[str, str]:
    """Name -> ``module:function`` of the installed samplers, pruners, executors or listeners.

    Args:
        kind: Which, in the singular.
        select: Picks a group of entry points.
    """
    paths = {}
    for point in _sort(select(group=f"harness.{kind}s")):
        if ":" in point.value:
            paths[point.name] = point.value
            continue
        for name in constructors.functions_returning(point.value, f"Base{kind.title()}"):
            paths[name] = f"{point.value}:{name}"
    return dict(sorted(paths.items()))


def _collect(select: Select, group: str, attribute: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for point in _sort(select(group=group)):
        for value in _load(point, attribute):
            owner = f"{point.name} = {point.value}"
            if value.name in values:
                raise UsageError(
                    f"two plug-ins of `{group}` offer `{value.name}`: "
                    f"{origin[value.name]} and {owner}",
                    help="uninstall one of them",
                )
            values[value.name] = value
            origin[value.name] = owner
    return values


def _families(select: Select) -> tuple[Family, ...]:
    modules = (point.load() for point in _sort(select(group="harness.scenarios")))
    return tuple(family for module in modules for family in getattr(module, "FAMILIES", ()))


def _load(point: EntryPoint, attribute: str) -> Iterable[Any]:
    try:
        values: Iterable[Any] = getattr(point.load(), attribute)
    except (Exception, SystemExit) as error:
        raise UsageError(
            f"plug-in `{point.name} = {point.value}` of `{point.group}` cannot be loaded: "
            f"{type(error).__name__}: {error}",
            help=f"it must be a module with `{attribute}`; mend or uninstall its package",
        ) from error
    return values


def _sort(points: Iterable[EntryPoint]) -> list[EntryPoint]:
    return sorted(points, key=lambda point: point.name)


def package_version(package: str) -> str:
    """Version of a distribution, ``missing`` where there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return MISSING
