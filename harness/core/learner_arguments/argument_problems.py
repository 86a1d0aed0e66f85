"""Learner arguments against what a learner takes: types, ranges, and their one form."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from harness.core.arguments import (
    ACTIVATIONS,
    BUFFERS,
    FREQUENCY_UNITS,
    NETWORKS,
    NOISE_KEYS,
    NOISES,
    OPTIMIZERS,
    RESERVED,
    SAVING,
    SCHEDULE_KEYS,
    SCHEDULES,
    TIMEOUTS,
    is_number,
    is_schedule,
)
from harness.core.learner_arguments.argument_contradictions import (
    ArgumentProblem,
    Signature,
    contradictions,
)
from harness.core.learner_arguments.argument_types import (
    ARGUMENTS,
    POLICY_ARGUMENTS,
    TEMPERATURE,
    Flag,
    Number,
    Options,
    Pair,
    format_value,
)
from harness.core.scenario import SCENARIO
from harness.core.spaces.training_scenario import scenario_problems
from harness.errors import did_you_mean

OF_LEARNER: Final = frozenset({"action_space", "lr_schedule", "observation_space", "use_sde"})
"""Arguments of a policy that its learner gives."""

_TOGETHER: Final = frozenset({"shared_lstm", "squash_output"})
"""Arguments of a policy that it takes only together with others."""

_WIDTH: Final = Number(low=1, whole=True)
_SIGMA: Final = Number(low=0)

_ORDINARY: Final = 4096
"""Size in a network up to which it is no question whether memory holds it."""


def argument_problems(
    arguments: Mapping[str, object], signature: Signature
) -> Iterator[ArgumentProblem]:
    """What a learner cannot be built with, of its arguments as JSON."""
    for name, value in arguments.items():
        yield from _problems(name, value, signature)
    yield from contradictions(arguments, signature)


def are_decided(arguments: Mapping[str, Any]) -> bool:
    """Whether types and ranges alone say that a learner of SB3's can be built with arguments.

    Options that are passed on to other classes, names that are not known here, and networks that
    memory might not hold are not.
    """
    policy = arguments.get("policy_kwargs") or {}
    network_options = {"activation_fn", "net_arch"}
    if _TOGETHER & policy.keys() or _is_large(policy):
        return False
    return all(
        _is_simple(ARGUMENTS.get(name)) or name in {"action_noise", "policy_kwargs"}
        for name in arguments
    ) and all(_is_simple(POLICY_ARGUMENTS.get(key)) or key in network_options for key in policy)


def _is_large(sizes: object) -> bool:
    if isinstance(sizes, Mapping):
        return any(map(_is_large, sizes.values()))
    if isinstance(sizes, list | tuple):
        return any(map(_is_large, sizes))
    return isinstance(sizes, int | float) and sizes > _ORDINARY


def _is_simple(kind: object) -> bool:
    return isinstance(kind, Number | Flag)


def normal_arguments(arguments: Mapping[str, object], signature: Signature) -> dict[str, object]:
    """The arguments in their one form: counts are whole numbers, however they were written.

    The memory-saving replay buffer cannot tell time limits from ends, and says so.
    """
    normal = {name: _normal(name, value, signature) for name, value in arguments.items()}
    buffer = normal.get("replay_buffer_kwargs") or {}
    if normal.get(SAVING) is True and isinstance(buffer, Mapping):
        normal["replay_buffer_kwargs"] = {TIMEOUTS: False, **buffer}
    return normal


def _normal(name: str, value: object, signature: Signature) -> object:
    if name == "train_freq" and isinstance(value, list | tuple) and value:
        return [ARGUMENTS[name].normal(value[0]), *value[1:]]
    if name == "policy_kwargs" and isinstance(value, Mapping):
        policy = Options(POLICY_ARGUMENTS).normal(value)
        return policy | ({"net_arch": _widths(policy["net_arch"])} if "net_arch" in policy else {})
    kind = _type_of(name, signature)
    return value if kind is None else kind.normal(value)


def _widths(network: object) -> Any:
    if isinstance(network, Mapping):
        return {part: _widths(widths) for part, widths in network.items()}
    return [*map(_WIDTH.normal, network)] if isinstance(network, list | tuple) else network


def _type_of(name: str, signature: Signature) -> Any:
    """Type of an argument; None where only its learner knows it."""
    default = signature.parameters.get(name)
    if name == "ent_coef" and not isinstance(default, int | float):
        return TEMPERATURE
    if name in ARGUMENTS:
        return ARGUMENTS[name]
    if isinstance(default, bool):
        return Flag()
    return Number() if isinstance(default, int | float) else None


_ELSEWHERE: Final = {
    "tensorboard_log": "it is a setting of the campaign: `listeners: [tensorboard]` at the top"
}
"""Arguments that the harness gives itself -> what to write for them."""


def _problems(name: str, value: Any, signature: Signature) -> Iterator[ArgumentProblem]:
    if name in RESERVED:
        hint = _ELSEWHERE.get(
            name, "remove it; seeds, devices and policies have settings of their own"
        )
        message = f"`{name}` is given by the harness itself"
        yield ArgumentProblem((name,), message, hint, at_key=True)
    elif value is None and signature.parameters.get(name) is None:
        return
    elif name == SCENARIO:
        yield from scenario_problems(value, signature.scenario)
    elif name == "action_noise":
        yield from _noise(name, value)
    elif name == "replay_buffer_class":
        yield from _unknown("replay buffer", (name,), value, BUFFERS)
    elif name == "policy_kwargs":
        yield from _policy(name, value, signature)
    elif name == "train_freq" and isinstance(value, list | tuple):
        fits = len(value) == 2 and ARGUMENTS[name].problem(value[0]) is None
        if not (fits and value[1] in FREQUENCY_UNITS):
            message = f"`{name}` does not take {list(value)}"
            yield ArgumentProblem((name,), message, "write a number, or `[1, episode]`")
    elif is_schedule(value):
        yield from _schedule(name, value, signature)
    else:
        yield from _misfits((name,), value, _type_of(name, signature))


def _misfits(path: tuple[str, ...], value: Any, kind: Any) -> Iterator[ArgumentProblem]:
    """Whether a value is of a type, and its options are."""
    reason = None if kind is None else kind.problem(value)
    if reason is not None:
        yield ArgumentProblem(path, f"`{path[-1]}` {reason}", _value_hint(value, kind))
    elif isinstance(kind, Pair):
        for index, part in enumerate(value):
            reason = kind.number.problem(part)
            if reason is not None:
                message = f"number {index + 1} of `{path[-1]}` {reason}"
                yield ArgumentProblem((*path, str(index)), message, "")
    elif isinstance(kind, Options) and kind.types is not None:
        for key, option in value.items():
            if key in kind.types:
                yield from _misfits((*path, str(key)), option, kind.types[key])
        if kind.are_all:
            yield from _surplus(path, value, tuple(kind.types), f"`{path[-1]}`")


def _value_hint(value: object, kind: object) -> str:
    if not isinstance(value, str):
        return ""
    words = {"true": True, "yes": True, "on": True, "false": True, "no": True, "off": True}
    if isinstance(kind, Flag) and value.lower() in words:
        return "remove the quotes: `true` or `false`"
    try:
        fits = isinstance(kind, Number) and kind.problem(float(value)) is None
    except ValueError:
        return ""
    return "remove the quotes" if fits else ""


def _schedule(
    name: str, form: Mapping[str, Any], signature: Signature
) -> Iterator[ArgumentProblem]:
    kind = _type_of(name, signature)
    if kind is not None and not getattr(kind, "scheduled", False):
        takers = [
            each
            for each in signature.parameters or ARGUMENTS
            if getattr(_type_of(each, signature), "scheduled", False)
        ]
        hint = f"these do: {', '.join(takers)}; write a plain value"
        yield ArgumentProblem((name,), f"`{name}` takes no schedule", hint)
        return
    yield from _unknown("schedule", (name, "schedule"), form["schedule"], SCHEDULES)
    hint = "write `{schedule: linear, initial: 1e-3}`"
    if not is_number(form.get("initial")):
        message = f"the schedule of `{name}` needs a number `initial`"
        yield ArgumentProblem((name, "initial"), message, hint)
    elif kind is not None and (reason := kind.problem(form["initial"])) is not None:
        yield ArgumentProblem((name, "initial"), f"`initial` of `{name}` {reason}", hint)
    if not is_number(form.get("final", 0)):
        message = f"`final` of the schedule of `{name}` must be a number"
        yield ArgumentProblem((name, "final"), message, hint)
    elif kind is not None and not 0 <= form.get("final", 0) < math.inf:
        message = f"`final` of `{name}` must be at least 0, not {format_value(form['final'])}"
        yield ArgumentProblem((name, "final"), message, hint)
    yield from _surplus((name,), form, SCHEDULE_KEYS, "a schedule")


def _noise(name: str, form: object) -> Iterator[ArgumentProblem]:
    hint = "write `{noise: normal, sigma: 0.1}`"
    if not isinstance(form, Mapping) or "noise" not in form:
        yield ArgumentProblem((name,), f"`{name}` needs a kind of noise and its `sigma`", hint)
        return
    yield from _unknown("action noise", (name, "noise"), form["noise"], NOISES)
    if not is_number(form.get("sigma")):
        yield ArgumentProblem((name, "sigma"), f"`{name}` needs a number `sigma`", hint)
    else:
        yield from _misfits((name, "sigma"), form["sigma"], _SIGMA)
    yield from _surplus((name,), form, NOISE_KEYS, "action noise")


def _policy(name: str, form: object, signature: Signature) -> Iterator[ArgumentProblem]:
    if not isinstance(form, Mapping):
        hint = "write `{net_arch: small, activation_fn: tanh}`"
        yield ArgumentProblem(
            (name,), f"`{name}` must be a mapping, not {format_value(form)}", hint
        )
        return
    for key, value in form.items():
        path = (name, str(key))
        if key in OF_LEARNER or (signature.policy is not None and key not in signature.policy):
            yield _unknown_policy_argument(path, signature)
        elif key == "activation_fn":
            yield from _unknown("activation", path, value, ACTIVATIONS)
        elif key == "optimizer_class":
            yield from _unknown("optimizer", path, value, OPTIMIZERS)
        elif value is None and (signature.policy or {}).get(key) is None:
            continue
        elif key == "net_arch":
            yield from _network(path, value, signature.network_parts)
        else:
            yield from _misfits(path, value, POLICY_ARGUMENTS.get(str(key)))


def _unknown_policy_argument(path: tuple[str, ...], signature: Signature) -> ArgumentProblem:
    key = path[-1]
    names = sorted(set(signature.policy or POLICY_ARGUMENTS) - OF_LEARNER)
    hint = did_you_mean(key, names) or f"it takes: {', '.join(names)}"
    if key in signature.parameters:
        hint = f"`{key}` is an argument of the learner itself: write it beside `policy_kwargs`"
    return ArgumentProblem(path, f"the policy has no argument `{key}`", hint, at_key=True)


def _network(
    path: tuple[str, ...], network: object, parts: tuple[str, ...] | None
) -> Iterator[ArgumentProblem]:
    if isinstance(network, Mapping):
        if parts is not None and set(network) != set(parts):
            names = " and ".join(f"`{part}`" for part in parts)
            message = f"`net_arch` has the parts {', '.join(map(str, network)) or 'none'}"
            hint = f"it takes a list of widths{f', or {names}, each with one' if parts else ''}"
            yield ArgumentProblem(path, message, hint)
            return
        for part, widths in network.items():
            yield from _network((*path, str(part)), widths, ())
    elif isinstance(network, str):
        yield from _unknown("network", path, network, NETWORKS)
    elif not isinstance(network, list | tuple):
        message = f"`{path[-1]}` must be a list of widths, not {format_value(network)}"
        yield ArgumentProblem(path, message, "write `[64, 64]`, or a label such as `small`")
    else:
        for width in network:
            reason = _WIDTH.problem(width)
            if reason is not None:
                hint = "write `[64, 64]`"
                hint += "; two networks are `{pi: [64, 64], vf: [64, 64]}`" if parts else ""
                yield ArgumentProblem(path, f"a width in `{path[-1]}` {reason}", hint)


def _unknown(
    kind: str, path: tuple[str, ...], value: object, names: Collection[str]
) -> Iterator[ArgumentProblem]:
    if not isinstance(value, str) or value not in names:
        hint = did_you_mean(str(value), list(names)) or f"known: {', '.join(names)}"
        yield ArgumentProblem(path, f"unknown {kind} `{value}`", hint)


def _surplus(
    path: tuple[str, ...], form: Mapping[str, object], keys: tuple[str, ...], subject: str
) -> Iterator[ArgumentProblem]:
    for key in sorted(form.keys() - set(keys)):
        message = f"unknown key `{key}` in {subject}"
        yield ArgumentProblem((*path, key), message, f"known: {', '.join(keys)}", at_key=True)
