"""A cell's shipped configuration on another scenario of its algorithm: the transfer rung's runs.

What is transferred is all that the shipping cell's learner was given: the searched values and what
the matrix fixes for that cell. Rules are applied anew, for the environments and the budget of the
scenario it is trained on, and what the matrix fixes there stays as it is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.core import seeds
from harness.core.decisions import plan
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Cell
from harness.core.run import PlannedRun, Variant
from harness.core.seeds import Purpose
from harness.core.settings import Rung
from harness.core.spaces.parameter import look_up


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedConfiguration:
    """What a cell ships, as it can be given to another.

    Attributes:
        cell: The cell that ships it.
        values: Searched values, as people read them; None where the default was shipped.
        trial: Number of the trial they come from.
    """

    cell: Cell
    values: Mapping[str, Any] | None
    trial: int | None = None


def transfer_seeds(cell: Cell) -> tuple[int, ...]:
    """The training seeds of every configuration that is transferred to the cell."""
    return seeds.derive(cell.seed, cell.name, Purpose.TRANSFER, cell.transfer.seeds)


def sources(cell: Cell, cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """The cells whose winners are trained in `cell`: the same algorithm, other scenarios.

    Of a scenario that is searched several times the first search's.

    Where one configuration is chosen for all scenarios, its own winner is a candidate too.
    """
    if not cell.transfer.seeds:
        return ()
    return tuple(
        other
        for other in cells
        if other.algorithm.name == cell.algorithm.name
        and other.repeat == 1
        and (other.name != cell.name or cell.transfer.tune_across)
    )


def transfer_arguments(configuration: ShippedConfiguration, target: Cell) -> dict[str, object]:
    """Constructor arguments of another cell's configuration in the target.

    From the lowest: what the shipping cell fixes, its searched values, what the target fixes.
    Values that the target's kind of action space cannot use are left out.

    Raises:
        ValueError, HarnessError: A rule refuses the values in the target.
    """
    source = configuration.cell
    if source.name == target.name:
        values = configuration.values
        return (
            cell_arguments.default_arguments(target)
            if values is None
            else cell_arguments.arguments_of(target, values)
        )
    useless = frozenset(target.algorithm.space.names) - frozenset(
        target.algorithm.space.for_actions(target.scenario.action).names
    )
    below = {name: value for name, value in source.arguments.items() if name not in useless}
    constants = cell_arguments.merge(below, target.arguments)
    if configuration.values is None:
        return cell_arguments.within_budget(target, constants)
    paths = {p.name: p.target or p.name for p in source.space.parameters}
    values = {
        name: value
        for name, value in configuration.values.items()
        if name not in useless and not look_up(target.arguments, paths.get(name, name))[0]
    }
    context = replace(target.context(), fixed=frozenset(constants), domains={})
    return cell_arguments.complete_arguments(
        source.space, source.algorithm, constants, values, context
    )


def plan_transfer(target: Cell, configuration: ShippedConfiguration) -> tuple[PlannedRun, ...]:
    """A configuration on every seed of the target's transfer rung, with its test's budget.

    Raises:
        ValueError, HarnessError: A rule refuses the configuration in the target.
    """
    arguments = transfer_arguments(configuration, target)
    return plan_on_seeds(
        target, Variant(configuration.cell.name), arguments, transfer_seeds(target)
    )


def plan_refused_transfer(
    target: Cell, configuration: ShippedConfiguration
) -> tuple[PlannedRun, ...]:
    """The runs of a configuration that a rule refuses in the target; these never run."""
    arguments = {"of": configuration.cell.name, "values": configuration.values}
    return plan_on_seeds(
        target, Variant(configuration.cell.name), arguments, transfer_seeds(target)
    )


def plan_on_seeds(
    cell: Cell, variant: Variant, arguments: Mapping[str, object], training_seeds: Sequence[int]
) -> tuple[PlannedRun, ...]:
    """A configuration on these seeds, in the transfer rung, with the budget of the cell's test."""
    return tuple(
        PlannedRun(
            run=plan.retrain(cell, arguments, seed),
            cell=cell.name,
            rung=Rung.TRANSFER,
            variant=variant,
            index=index,
        )
        for index, seed in enumerate(training_seeds)
    )
