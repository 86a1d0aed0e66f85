"""What a matrix hands to other callables: constructor arguments, options of components."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from harness.config.documents.nodes import Node, at, location_of, plain, problem, with_name
from harness.config.foreign.foreign_names import (
    hyperparameter_hint,
    name_hint,
    setting_hint,
    value_hint,
)
from harness.config.ranges.argument_clashes import are_nested
from harness.constructors import REQUIRED
from harness.core.arguments import RESERVED, is_number
from harness.core.learner_arguments.argument_contradictions import ArgumentProblem, Signature
from harness.core.learner_arguments.argument_problems import (
    OF_LEARNER,
    argument_problems,
    normal_arguments,
)
from harness.core.learner_arguments.cell_arguments import default_arguments, merge
from harness.core.matrix import Cell
from harness.core.scenario import SCENARIO
from harness.core.search_settings import OWN_ARGUMENTS, Component
from harness.core.space import Space
from harness.core.spaces.search_words import SCHEDULE_OF_RATE, SWITCH, Vocabulary, decided_path
from harness.core.spaces.value_rules import without_text
from harness.errors import HarnessError, Problem, did_you_mean
from harness.registry import Registry


def check_arguments(
    algorithm: str,
    signature: Signature,
    arguments: Node | None,
    constants: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[Problem]:
    """Whether a learner's constructor takes these arguments, and training can build them.

    Args:
        arguments: As they are written.
        constants: Arguments beside them, which are checked elsewhere.
    """
    if arguments is None:
        return
    names = [name for name in signature.parameters if name not in RESERVED]
    usable = {}
    for name, node in arguments.children.items():
        if name in signature.parameters or name == SCENARIO:
            usable[str(name)] = plain(node)
        else:
            hint = setting_hint(str(name), plain(node)) or _path_hint(str(name), signature)
            hint = hint or hyperparameter_hint(str(name), names) or did_you_mean(str(name), names)
            hint = hint or f"it takes: {', '.join(names)}"
            message = f"`{algorithm}` has no hyperparameter `{name}`"
            yield problem(message, node.start, help=hint)
    for fault in argument_problems({**constants, **normal_arguments(usable, signature)}, signature):
        if fault.path[0] in usable:
            part, _ = at(arguments, fault.path)
            location = part.key if fault.at_key and part.key is not None else part.location
            hint = value_hint(fault.path[0], usable[fault.path[0]]) or fault.help
            yield problem(fault.message, location, help=hint)
        elif fault.path[0] not in constants:
            # What is written does not go with a default.
            yield problem(fault.message, arguments.location, help=fault.help)


def _path_hint(name: str, signature: Signature) -> str:
    """Where an argument stands that a search knows by a name of its own; empty for no such."""
    if name in SCHEDULE_OF_RATE:
        return "write `learning_rate: {schedule: linear, initial: 1e-3}`"
    words = Vocabulary(space=Space(), parameters=signature.parameters, policy=signature.policy)
    word = words.find(name)
    path = f"policy_kwargs.{name}" if word is None else word.parameter.target
    root, _, key = path.partition(".")
    names = {*(signature.policy or ())} - OF_LEARNER
    if not key or (root == "policy_kwargs" and key.partition(".")[0] not in names):
        return ""
    return f"write `{root}: {{{key.replace('.', ': {')}: ...{'}' * path.count('.')}`"


def check_searched_arguments(cell: Cell, settings: Node, signature: Signature) -> Iterator[Problem]:
    """Whether training can build what the matrix' own ranges lead to."""
    named = settings.children_at("search", "parameters").values()
    nodes = {str(node.value): node for node in named}
    nodes = {name: node for name, node in nodes.items() if name not in cell.algorithm.space}
    nodes |= {str(name): node for name, node in settings.children_at("space").items()}
    if not nodes:
        return
    of_constants = {(f.message, f.help) for f in argument_problems(cell.arguments, signature)}
    faults: dict[tuple[str, str], dict[str, str]] = {}
    for name in nodes:
        for each in (each for each in cell.space.names if _belongs(each, name)):
            for fault in _range_problems(cell, each, signature):
                faults.setdefault((fault.message, fault.help), {})[name] = ".".join(fault.path)
    for (message, hint), paths in faults.items():
        if (message, hint) in of_constants:
            continue
        # What lies in one entry is met with the values of all others too.
        own = [name for name, path in paths.items() if _decides(cell, name, path)]
        yield from (
            problem(message, nodes[name].location, help=hint) for name in own or list(paths)[:1]
        )
    # A range of one value has become an argument.
    vocabulary = Vocabulary(
        space=cell.algorithm.space, parameters=signature.parameters, policy=signature.policy
    )
    for fault in argument_problems(cell.arguments, signature):
        path = ".".join(fault.path)
        origins = (n for n in nodes if are_nested(decided_path(vocabulary.parameter(n)), path))
        origin = nodes.get(next(origins, ""))
        if origin is not None:
            forms = "a range is `{low: ..., high: ...}`, a choice `{choices: [...]}`"
            is_call = isinstance(origin.value, str) and "(" in origin.value
            hint = fault.help or (forms if is_call or isinstance(origin.value, tuple) else "")
            yield problem(fault.message, origin.location, help=hint)


def check_against_space(cell: Cell, settings: Node, signature: Signature) -> Iterator[Problem]:
    """Whether what the matrix fixes goes with what the search tries, and with a shorter rollout."""
    usual = {fault.message for fault in argument_problems(cell.arguments, signature)}
    faults = {f.path: f for f in argument_problems(default_arguments(cell), signature)}
    for name in cell.space.names if cell.arguments else ():
        faults = {f.path: f for f in _range_problems(cell, name, signature)} | faults
    for path, fault in faults.items():
        if path[0] in cell.arguments and fault.message not in usual:
            nodes = (settings.get(key, path[0]) for key in ("arguments", "space"))
            location = location_of(*nodes, settings.get("arguments"))
            yield problem(fault.message, location, help=fault.help)


def _belongs(name: str, entry: str) -> bool:
    """Whether a parameter came of an entry: itself, its switch, one of the layers of a network."""
    is_layer = entry == "net_arch" and name.startswith(f"{entry}.")
    return name in {entry, f"{entry}{SWITCH}"} or is_layer


def _decides(cell: Cell, entry: str, path: str) -> bool:
    """Whether parameters of an entry come to the argument at a dotted path."""
    parameters = (p for p in cell.space.parameters if _belongs(p.name, entry))
    return any(are_nested(decided_path(parameter), path) for parameter in parameters)


def _range_problems(cell: Cell, name: str, signature: Signature) -> Iterator[ArgumentProblem]:
    """All that is wrong with the options or bounds of a searched parameter."""
    if name not in cell.space or cell.space[name].domain.problems():
        return
    parameter = cell.space[name]
    domain = parameter.full_domain or parameter.domain
    own = parameter.target in {"", name} and name in signature.parameters
    for option in map(domain.from_axis, domain.grid(2)):
        if own:  # as it is written: a rule may move it to what holds
            yield from argument_problems({name: without_text(option)}, signature)
        values = cell.space.active_values({**cell.space.activating(name), name: option})
        try:
            arguments = cell.space.arguments(values, cell.context())
        except HarnessError as error:
            yield ArgumentProblem((name,), error.message, error.help)
            continue
        yield from argument_problems(merge(cell.arguments, arguments), signature)


def listeners_of(root: Node) -> Iterator[tuple[Component, Node]]:
    """The listeners of a document and where they are written; one may lack its name."""
    for node in root.children_at("listeners").values():
        entry = {str(key): plain(value) for key, value in with_name(node).children.items()}
        yield Component(name=str(entry.pop("name", "")), options=entry), node


def check_listeners(root: Node, registry: Registry) -> Iterator[Problem]:
    """Listeners that do not exist, have no name, or do not take their options."""
    for component, node in listeners_of(root):
        if component.name:
            yield from check_component("listener", component, node, registry)
        else:
            hint = "write `- tensorboard`, or `- {name: mine.py:keep, ...}` with its options"
            yield problem("a listener needs a `name`", node.location, help=hint)


def check_component(
    kind: str, component: Component, node: Node | None, registry: Registry
) -> Iterator[Problem]:
    """Whether a sampler or pruner exists and takes these options."""
    name_node = node.get("name") if node is not None and node.children else node
    try:
        signature = registry.component(kind, component.reference)
    except HarnessError as error:
        hint = name_hint(component.name, getattr(registry, f"{kind}s"))
        yield problem(error.message, location_of(name_node, node), help=hint or error.help)
        return
    options = {k: v for k, v in signature.parameters.items() if k not in OWN_ARGUMENTS[kind]}
    for name, value in component.options.items():
        option = node.get(name) if node is not None else None
        if name not in options:
            location = (option.key if option is not None else None) or location_of(node)
            hint = did_you_mean(name, list(options))
            hint = hint or (f"it has: {', '.join(options)}" if options else "it has none")
            if name in getattr(registry, f"{kind}s"):
                hint = f"write `{kind}: {{name: {name}, ...}}`, its options beside the name"
            yield problem(f"{kind} `{component.name}` has no option `{name}`", location, help=hint)
        elif isinstance(value, str) and is_number(options[name]):
            message = f'`{name}` must be a number, not the text "{value}"'
            yield problem(message, location_of(option), help="give a number")
        elif isinstance(options[name], bool) and not isinstance(value, bool):
            message = f"`{name}` must be true or false, not {json.dumps(value)}"
            yield problem(message, location_of(option))
        elif name in signature.words and value not in signature.words[name]:
            words = [json.dumps(word) for word in signature.words[name]]
            message = f"`{name}` must be {' or '.join(words)}, not {json.dumps(value)}"
            hint = did_you_mean(str(value), [str(word) for word in signature.words[name]])
            yield problem(message, location_of(option), help=hint)
    for name, default in options.items():
        if default == REQUIRED and name not in component.options:
            message = f"{kind} `{component.name}` needs the option `{name}`"
            hint = f"write `{kind}: {{name: {component.name}, {name}: ...}}`"
            yield problem(message, location_of(name_node, node), help=hint)
