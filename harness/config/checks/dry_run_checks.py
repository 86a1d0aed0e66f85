"""Cells whose runs are begun, to see whether they can be: environments stepped, learners built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from harness.config.documents.nodes import Location, Node, at, location_of, problem
from harness.core.decisions import plan
from harness.core.learner_arguments import cell_arguments
from harness.core.learner_arguments.argument_problems import are_decided
from harness.core.learner_arguments.cell_arguments import merge
from harness.core.matrix import Cell, CellNote
from harness.core.run import Fault, Run
from harness.core.scenario import MADE_OF, SCENARIO, WRAPPER_KEYS, Scenario
from harness.core.spaces.domain import Choice
from harness.core.spaces.parameter import Parameter
from harness.core.spaces.search_words import OPTIMIZER, OPTIONS
from harness.core.spaces.training_scenario import scenario_target
from harness.errors import HarnessError, Problem
from harness.registry import MISSING, Registry

_RUN_IN: Final = (*MADE_OF, "training_arguments", "curriculum", "normalize", "n_envs")
"""Fields of a scenario that decide in which environments a run trains."""

_USUAL: Final = frozenset({"auto", "tpe", "median", "none"})
"""Samplers and pruners of which nothing can be wrong without an option."""

_LIBRARIES: Final = ("stable_baselines3.", "sb3_contrib.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellNode:
    """A cell and where it was written.

    Attributes:
        cell: The cell.
        settings: All of its settings, with locations.
        scenario: Where its scenario stands.
        variants: Name of a variant -> its arguments as they are written.
    """

    cell: Cell
    settings: Node
    scenario: Location
    variants: Mapping[str, Node]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """A run, and where its arguments stand."""

    run: Run
    node: CellNode
    arguments: Node | None


def check_dry_runs(
    nodes: Sequence[CellNode], registry: Registry, notes: list[CellNote]
) -> Iterator[Problem]:
    """Whether the runs of cells can begin. Cells in one scenario are tried out together.

    Arguments on which the grammar decides alone, in a scenario as it is registered, need no trial.

    Args:
        registry: What begins runs.
        notes: Gets what may be meant.
    """
    attempts = [
        attempt
        for node in nodes
        for attempt in _attempts(node)
        if not _needs_no_trial(attempt, registry)
    ]
    for _, group in groupby(attempts, key=lambda attempt: _environment(attempt.run.scenario)):
        together = list(group)
        try:
            faults = registry.dry_run([attempt.run for attempt in together])
        except HarnessError as error:
            yield problem(error.message, together[0].node.scenario, help=error.help)
            continue
        for fault in faults:
            location = _location(fault, together[fault.run])
            if fault.is_note:
                source = location.origin
                names = dict.fromkeys(attempt.node.cell.name for attempt in together)
                notes += [
                    CellNote(cell=name, text=fault.message, source=source, of_environment=True)
                    for name in names
                ]
                continue
            yield problem(fault.message, location, help=fault.help)


def check_built_components(nodes: Sequence[CellNode], registry: Registry) -> Iterator[Problem]:
    """Whether samplers and pruners take their options; equal ones are built once.

    Those in files are user code, which is no part of a check.
    """
    built: set[str] = set()
    for node in nodes:
        search = node.cell.search
        components = {"sampler": search.sampler, "pruner": search.pruner}
        text = repr((components, search.evals, search.steps))
        is_usual = all(not c.options and c.name in _USUAL for c in components.values())
        if text in built or is_usual or any(":" in c.reference for c in components.values()):
            continue
        built.add(text)
        try:
            registry.build_components(node.cell, registry)
        except HarnessError as error:
            kind = next((k for k in components if error.message.startswith(k)), "sampler")
            location = location_of(node.settings.get("search", kind))
            yield problem(error.message, location, help=error.help)


def _environment(scenario: Scenario) -> str:
    return repr([scenario.name, *(getattr(scenario, name) for name in _RUN_IN)])


def _attempts(node: CellNode) -> Iterator[_Attempt]:
    """The configurations that somebody wrote: fixed arguments, variants, options of choices."""
    cell = node.cell
    arguments_node = node.settings.get("arguments")
    default = _run(cell, cell_arguments.default_arguments(cell))
    yield _Attempt(run=default, node=node, arguments=arguments_node)
    for variant in cell.variants:
        run = _run(cell, cell_arguments.within_budget(cell, variant.arguments))
        yield _Attempt(run=run, node=node, arguments=node.variants.get(variant.name))
    ranges = node.settings.get("space")
    for parameter in cell.space.parameters:
        entry = None if ranges is None else ranges.get(parameter.name)
        if entry is None:
            continue
        only = Node(value={parameter.name: entry}, location=entry.start)
        for option in _options(parameter):
            arguments = merge(cell.arguments, _arguments_of(cell, parameter, option))
            yield _Attempt(run=_run(cell, arguments), node=node, arguments=only)


def _options(parameter: Parameter) -> list[object]:
    """Values of a range that nobody but the environment, or who takes the argument, can judge."""
    domain, target = parameter.domain, parameter.target
    options = [*map(domain.from_axis, domain.grid(2))]
    if isinstance(domain, Choice) or target.startswith(f"{SCENARIO}."):
        return options
    return options[:1] if "." in target else []


def _arguments_of(cell: Cell, parameter: Parameter, option: object) -> dict[str, object]:
    """What one option alone comes to, with what it depends on, be it an optimizer to be of."""
    point = cell.space.activating(parameter.name)
    kinds = {p.name for p in cell.space.parameters if p.target == OPTIMIZER}
    values = cell.space.conditions(parameter.name) | {parameter.name: option}
    if parameter.target.startswith(OPTIONS):
        values = {name: point[name] for name in kinds & point.keys()} | values
    return cell.space.arguments(values, cell.context(cell.search.steps))


def _run(cell: Cell, arguments: Mapping[str, object]) -> Run:
    return plan.retrain(cell, arguments, cell.seed, cell.search.steps)


def _needs_no_trial(attempt: _Attempt, registry: Registry) -> bool:
    """Whether a scenario is as it was registered, and the grammar decides on the arguments.

    Where its packages are missing it cannot be tried; they need not be where a matrix is checked.
    """
    run = attempt.run
    original = registry.scenarios.get(run.scenario.name)
    if original is not None and MISSING in run.scenario.versions.values():
        return True
    of_library = run.algorithm.learner.startswith(_LIBRARIES)
    if original is None or not of_library or not are_decided(run.arguments):
        return False
    has_discount = "gamma" in registry.learner(run.algorithm).parameters
    usual = original.with_action_kind(run.algorithm.actions).with_usual_normalization(
        on_policy=run.algorithm.on_policy, has_discount=has_discount
    )
    usual = replace(usual, n_envs=run.scenario.n_envs)
    return _environment(usual) == _environment(run.scenario)


def _location(fault: Fault, attempt: _Attempt) -> Location:
    """Where what is to blame was written, or else the scenario or the arguments."""
    settings, arguments = attempt.node.settings, attempt.arguments
    kind, *path = fault.path or ("",)
    if kind == "arguments" and arguments is not None:
        return location_of(at(arguments, tuple(path))[0], arguments)
    if kind in WRAPPER_KEYS:
        index, *rest = path
        wrapper = settings.get(kind, int(index)) or settings.get(kind)
        return location_of(None if wrapper is None else at(wrapper, tuple(rest))[0], wrapper)
    entries = [] if arguments is None else [*arguments.children.items()]
    scenario_nodes = [node for name, node in entries if scenario_target(str(name)) is not None]
    return location_of(*scenario_nodes, None) if scenario_nodes else attempt.node.scenario
