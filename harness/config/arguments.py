"""What a matrix hands to other callables: constructor arguments, options of components."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.config.nodes import Node, place_of, problem
from harness.constructors import REQUIRED
from harness.core.algorithm import BUFFERS
from harness.core.settings import Component
from harness.errors import HarnessError, Problem, did_you_mean
from harness.registry import Registry

__all__ = ["RESERVED", "check_arguments", "check_component"]

RESERVED: Final = frozenset({"policy", "env", "seed", "device", "verbose", "_init_setup_model"})
"""Constructor parameters that the harness gives itself."""

SCHEDULES: Final = ("constant", "linear", "cosine")

_OWN: Final[Mapping[str, frozenset[str]]] = {
    "sampler": frozenset({"seed", "space"}),
    "pruner": frozenset({"evals"}),
}


def check_arguments(
    algorithm: str, parameters: Mapping[str, Any], arguments: Node | None
) -> Iterator[Problem]:
    """Whether a learner's constructor takes these arguments."""
    known = [name for name in parameters if name not in RESERVED]
    for name, node in arguments.children.items() if arguments is not None else ():
        place = node.key or node.place
        if name in RESERVED & parameters.keys():
            hint = "remove it; seeds, devices and policies have settings of their own"
            yield problem(f"`{name}` is given by the harness itself", place, help=hint)
        elif name not in parameters:
            hint = did_you_mean(str(name), known) or f"it takes: {', '.join(known)}"
            yield problem(f"`{algorithm}` has no hyperparameter `{name}`", place, help=hint)
        elif isinstance(node.value, str) and _is_number(parameters[str(name)]):
            message = f'`{name}` must be a number, not the text "{node.value}"'
            yield problem(message, node.place, help="remove the quotes")
        elif name == "replay_buffer_class" and node.value not in {None, *BUFFERS}:
            hint = did_you_mean(str(node.value), list(BUFFERS)) or f"known: {', '.join(BUFFERS)}"
            yield problem(f"unknown replay buffer `{node.value}`", node.place, help=hint)
        else:
            yield from _schedule(str(name), node)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _schedule(name: str, node: Node) -> Iterator[Problem]:
    kind = node.get("schedule")
    if kind is None:
        return
    if kind.value not in SCHEDULES:
        hint = did_you_mean(str(kind.value), SCHEDULES) or f"known: {', '.join(SCHEDULES)}"
        yield problem(f"unknown schedule `{kind.value}`", kind.place, help=hint)
    initial = node.get("initial")
    if initial is None or not _is_number(initial.value):
        hint = "write `{schedule: linear, initial: 1e-3}`"
        place = place_of(initial, node)
        yield problem(f"the schedule of `{name}` needs a number `initial`", place, help=hint)
    for key in node.children.keys() - {"schedule", "initial"}:
        place = node.children[key].key or node.place
        yield problem(f"unknown key `{key}` in a schedule", place, help="known: schedule, initial")


def check_component(
    kind: str, component: Component, node: Node | None, registry: Registry
) -> Iterator[Problem]:
    """Whether a sampler or pruner exists and takes these options."""
    named = node.get("name") if node is not None and node.children else node
    try:
        parameters = registry.component(kind, component.name).parameters
    except HarnessError as error:
        yield problem(error.message, place_of(named, node), help=error.help)
        return
    options = {k: v for k, v in parameters.items() if k not in _OWN[kind]}
    for name, value in component.options.items():
        option = node.get(name) if node is not None else None
        if name not in options:
            place = (option.key if option is not None else None) or place_of(node)
            hint = did_you_mean(name, list(options))
            hint = hint or (f"it has: {', '.join(options)}" if options else "it has none")
            yield problem(f"{kind} `{component.name}` has no option `{name}`", place, help=hint)
        elif isinstance(value, str) and _is_number(options[name]):
            message = f'`{name}` must be a number, not the text "{value}"'
            yield problem(message, place_of(option), help="give a number")
    for name, default in options.items():
        if default == REQUIRED and name not in component.options:
            message = f"{kind} `{component.name}` needs the option `{name}`"
            hint = f"write `{kind}: {{name: {component.name}, {name}: ...}}`"
            yield problem(message, place_of(named, node), help=hint)
