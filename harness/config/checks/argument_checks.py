"""What a matrix hands to other callables: constructor arguments, options of components."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.config.nodes import Node, at, location_of, plain, problem
from harness.constructors import REQUIRED
from harness.core.arguments import RESERVED, argument_problems, problems_of
from harness.core.domain import Choice
from harness.core.matrix import Cell
from harness.core.settings import Component
from harness.errors import HarnessError, Problem, did_you_mean
from harness.registry import Registry

__all__ = ["check_arguments", "check_component", "check_searched_arguments"]

_OWN: Final[Mapping[str, frozenset[str]]] = {
    "sampler": frozenset({"seed", "space"}),
    "pruner": frozenset({"evals"}),
}


def check_arguments(
    algorithm: str, parameters: Mapping[str, Any], arguments: Node | None
) -> Iterator[Problem]:
    """Whether a learner's constructor takes these arguments, and training can build them."""
    if arguments is None:
        return
    names = [name for name in parameters if name not in RESERVED]
    for name, node in arguments.children.items():
        if name not in parameters:
            hint = did_you_mean(str(name), names) or f"it takes: {', '.join(names)}"
            message = f"`{algorithm}` has no hyperparameter `{name}`"
            yield problem(message, node.key or node.location, help=hint)
        elif isinstance(node.value, str) and _is_number(parameters[str(name)]):
            message = f'`{name}` must be a number, not the text "{node.value}"'
            yield problem(message, node.location, help="remove the quotes")
        else:
            for fault in problems_of(str(name), plain(node)):
                part, _ = at(arguments, fault.path)
                location = part.key if fault.at_key and part.key is not None else part.location
                yield problem(fault.message, location, help=fault.help)


def check_searched_arguments(cell: Cell, settings: Node) -> Iterator[Problem]:
    """Whether training can build what the matrix' own ranges lead to."""
    ranges = settings.get("space")
    if ranges is None:
        return
    for name, node in ranges.children.items():
        faults = dict.fromkeys(_searched_problems(cell, str(name)))
        yield from (problem(message, node.location, help=hint) for message, hint in faults)
    # A range of one value has become an argument.
    for fault in argument_problems(cell.arguments):
        origin = ranges.get(fault.path[-1]) or ranges.get(fault.path[0])
        if origin is not None:
            yield problem(fault.message, origin.location, help=fault.help)


def _searched_problems(cell: Cell, name: str) -> Iterator[tuple[str, str]]:
    """(message, help) of all that is wrong with the options of a searched parameter."""
    domain = cell.space[name].domain if name in cell.space else None
    for option in domain.options if isinstance(domain, Choice) else ():
        values = cell.space.default_values()
        when = cell.space[name].when
        if when is not None:
            values[when.parameter] = when.values[0]
        try:
            arguments = cell.space.arguments(
                {**values, name: option}, cell.context(cell.search.steps)
            )
        except HarnessError as error:
            yield error.message, error.help
            continue
        for fault in argument_problems(arguments):
            yield fault.message, fault.help


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_component(
    kind: str, component: Component, node: Node | None, registry: Registry
) -> Iterator[Problem]:
    """Whether a sampler or pruner exists and takes these options."""
    named = node.get("name") if node is not None and node.children else node
    try:
        parameters = registry.component(kind, component.name).parameters
    except HarnessError as error:
        yield problem(error.message, location_of(named, node), help=error.help)
        return
    options = {k: v for k, v in parameters.items() if k not in _OWN[kind]}
    for name, value in component.options.items():
        option = node.get(name) if node is not None else None
        if name not in options:
            location = (option.key if option is not None else None) or location_of(node)
            hint = did_you_mean(name, list(options))
            hint = hint or (f"it has: {', '.join(options)}" if options else "it has none")
            yield problem(f"{kind} `{component.name}` has no option `{name}`", location, help=hint)
        elif isinstance(value, str) and _is_number(options[name]):
            message = f'`{name}` must be a number, not the text "{value}"'
            yield problem(message, location_of(option), help="give a number")
    for name, default in options.items():
        if default == REQUIRED and name not in component.options:
            message = f"{kind} `{component.name}` needs the option `{name}`"
            hint = f"write `{kind}: {{name: {component.name}, {name}: ...}}`"
            yield problem(message, location_of(named, node), help=hint)
