"""Cells whose runs are begun, to see whether they can be: environments stepped, learners built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

from harness.config.nodes import Location, Node, at, location_of, problem
from harness.core import plan
from harness.core.matrix import Cell
from harness.core.run import Fault, Run
from harness.core.scenario import Scenario
from harness.errors import HarnessError, Problem
from harness.registry import Registry

__all__ = ["CellNode", "check_dry_runs"]

_MADE_OF: Final = (
    *("env", "imports", "arguments", "wrappers", "training_wrappers"),
    *("curriculum", "normalize", "n_envs"),
)


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


def check_dry_runs(nodes: Sequence[CellNode], registry: Registry) -> Iterator[Problem]:
    """Whether the runs of cells can begin. Cells in one scenario are tried out together.

    What is as it was registered has been tried out, and is not again.
    """
    attempts = [
        attempt for node in nodes for attempt in _attempts(node) if not _is_tried(attempt, registry)
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
            yield problem(fault.message, location, help=fault.help)


def _environment(scenario: Scenario) -> str:
    return repr([scenario.name, *(getattr(scenario, name) for name in _MADE_OF)])


def _attempts(node: CellNode) -> Iterator[_Attempt]:
    """Every kind of configuration that somebody wrote: the fixed arguments, variants, choices."""
    cell = node.cell
    written = node.settings.get("arguments")
    default = _run(cell, plan.default_arguments(cell))
    yield _Attempt(run=default, node=node, arguments=written)
    for variant in cell.variants:
        run = _run(cell, plan.within_budget(cell, variant.arguments))
        yield _Attempt(run=run, node=node, arguments=node.variants.get(variant.name))
    ranges = node.settings.get("space")
    for name in cell.space.names:
        if ranges is None or name not in ranges.children:
            continue
        parameter = cell.space[name]
        values = cell.space.default_values()
        if parameter.when is not None:
            values[parameter.when.parameter] = parameter.when.values[0]
        for option in map(parameter.domain.from_axis, parameter.domain.grid(2)):
            arguments = plan.arguments_of(cell, {**values, name: option})
            only = Node(value={name: ranges.children[name]}, location=ranges.location)
            yield _Attempt(run=_run(cell, arguments), node=node, arguments=only)


def _run(cell: Cell, arguments: Mapping[str, Any]) -> Run:
    return plan.retrain(cell, arguments, cell.seed, cell.search.steps)


def _is_tried(attempt: _Attempt, registry: Registry) -> bool:
    """Whether it is a library default in a scenario that is registered just so."""
    scenario = attempt.run.scenario
    registered = registry.scenarios.get(scenario.name)
    if registered is None or attempt.run.arguments:
        return False
    usual = replace(
        registered.with_action_kind(attempt.run.algorithm.actions),
        n_envs=scenario.n_envs,
        normalize=scenario.normalize,
    )
    return _environment(usual) == _environment(scenario)


def _location(fault: Fault, attempt: _Attempt) -> Location:
    """Where what is to blame was written, or else the scenario or the arguments."""
    settings, written = attempt.node.settings, attempt.arguments
    kind, *path = fault.path or ("",)
    if kind == "arguments" and written is not None:
        return location_of(at(written, tuple(path))[0], written)
    if kind in {"wrappers", "training_wrappers"}:
        index, *rest = path
        wrapper = settings.get(kind, int(index)) or settings.get(kind)
        return location_of(None if wrapper is None else at(wrapper, tuple(rest))[0], wrapper)
    return attempt.node.scenario
