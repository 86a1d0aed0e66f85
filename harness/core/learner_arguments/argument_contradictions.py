"""What a learner takes, and which of its arguments do not go together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from harness.core.arguments import OPTIMIZER_OPTIONS, OPTIMIZERS, SAVING, TIMEOUTS, is_number
from harness.core.scenario import Scenario

DROPPED: Final = "top_quantiles_to_drop_per_net"
SAMPLING: Final = "sub_sampling_factor"


@dataclass(frozen=True, slots=True)
class ArgumentProblem:
    """Something that is wrong with an argument.

    Attributes:
        path: Keys that lead to it, from the argument's name on.
        message: What is wrong.
        help: What to do.
        at_key: Whether the key is wrong, and not its value.
    """

    path: tuple[str, ...]
    message: str
    help: str
    at_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a learner takes.

    Attributes:
        parameters: Of its constructor: name -> default.
        policy: Likewise of its policy's; None where that is not known.
        scenario: Where it learns; None for anywhere.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    policy: Mapping[str, Any] | None = None
    scenario: Scenario | None = None

    @property
    def network_parts(self) -> tuple[str, ...] | None:
        """Names of the networks that `net_arch` may tell apart; None for any."""
        if not self.parameters:
            return None
        if "gae_lambda" in self.parameters:
            return ("pi", "vf")
        return ("pi", "qf") if "action_noise" in self.parameters else ()


def contradictions(arguments: Mapping[str, Any], signature: Signature) -> Iterator[ArgumentProblem]:
    """Arguments that a learner does not take together."""
    values = {**signature.parameters, **arguments}
    policy = {**(signature.policy or {}), **_mapping(arguments.get("policy_kwargs"))}
    if "n_epochs" in values and _are(values, batch_size=1, normalize_advantage=True):
        message = "`batch_size` must be above 1: one advantage cannot be normalised"
        yield ArgumentProblem(("batch_size",), message, "or write `normalize_advantage: false`")
    if values.get("batch_size") == 1 and policy.get("batch_norm") is True:
        message = "`batch_size` must be above 1: one sample has no variance to normalise by"
        yield ArgumentProblem(
            ("batch_size",), message, "or write `policy_kwargs: {batch_norm: false}`"
        )
    yield from _misfits_of_optimizer(values, policy)
    if values.get(SAVING) is True:
        path = ("replay_buffer_kwargs", TIMEOUTS)
        if _mapping(arguments.get(path[0])).get(TIMEOUTS) is True:
            message = f"`{TIMEOUTS}` cannot be true with `optimize_memory_usage`"
            yield ArgumentProblem(path, message, "take one of the two out")
        several = values.get("n_steps", 1)
        if "buffer_size" in values and is_number(several) and several > 1:
            message = f"`n_steps` above 1 cannot be combined with `{SAVING}`"
            yield ArgumentProblem((SAVING,), message, "take one of the two out")
    for name, count, limit, of in (
        ("n_top", values.get("n_top"), values.get("n_delta"), "`n_delta`"),
        (DROPPED, values.get(DROPPED), _less(policy.get("n_quantiles")), "`n_quantiles` less one"),
    ):
        if is_number(count) and is_number(limit) and count > limit:
            message = f"`{name}` must be at most {of}, {limit}, not {count}"
            yield ArgumentProblem((name,), message, f"take {limit} or less")
    if signature.scenario is not None:
        yield from _misfits_of_scenario(values, signature.scenario)


def _misfits_of_optimizer(
    values: Mapping[str, Any], policy: Mapping[str, Any]
) -> Iterator[ArgumentProblem]:
    """Options that the optimizer does not have, or that count for nothing."""
    own_policy = _mapping(values.get("policy_kwargs"))
    options = _mapping(own_policy.get("optimizer_kwargs"))
    if not options:
        return
    path = ("policy_kwargs", "optimizer_kwargs")
    takers = [each for each in OPTIMIZERS if all(each in _takers(name) for name in options)]
    hint = f", e.g. `optimizer: {takers[0]}`" if takers else ""
    if "optimizer_class" not in own_policy and values.get("use_rms_prop") is True:
        message = "`optimizer_kwargs` count for nothing beside `use_rms_prop`"
        yield ArgumentProblem(path, message, f"name the optimizer too{hint}")
        return
    if "optimizer_class" not in own_policy and _are_of_qrdqn(values, policy):
        message = "`optimizer_kwargs` count for nothing where no optimizer is named"
        yield ArgumentProblem(path, message, f"name it too{hint}")
        return
    optimizer = own_policy.get("optimizer_class", "adam")
    for name in options:
        if optimizer in OPTIMIZERS and optimizer not in _takers(name):
            message = f"`{optimizer}` has no option `{name}`"
            way = f"name an optimizer that has it{hint}" if takers else "take it out"
            yield ArgumentProblem((*path, name), message, way)


def _takers(option: str) -> Collection[str]:
    """The optimizers that have an option; for all that is known, any has one without a name."""
    return OPTIMIZER_OPTIONS.get(option, OPTIMIZERS)


def _are_of_qrdqn(values: Mapping[str, object], policy: Mapping[str, object]) -> bool:
    return "exploration_fraction" in values and "n_quantiles" in policy


def _misfits_of_scenario(
    values: Mapping[str, Any], scenario: Scenario
) -> Iterator[ArgumentProblem]:
    """Arguments that a learner does not take in such environments."""
    count = scenario.environment_count(values)
    if values.get("use_sde") is True and scenario.action != "Box":
        message = f"`use_sde` needs continuous actions; those of `{scenario.name}` are"
        hint = "take it out: it is exploration of Box actions"
        yield ArgumentProblem(("use_sde",), f"{message} {scenario.action}", hint)
    every = values.get("train_freq")
    if isinstance(every, list | tuple) and every[1:] == type(every)(("episode",)) and count > 1:
        message = f"`train_freq` cannot count episodes of {count} environments (`n_envs`)"
        hint = "write a number of steps, or `n_envs: 1`"
        yield ArgumentProblem(("train_freq",), message, hint)
    if "gae_lambda" in values and count == 1 and _are(values, n_steps=1, normalize_advantage=True):
        message = "`n_steps` must be above 1: one advantage cannot be normalised"
        yield ArgumentProblem(("n_steps",), message, "or write `normalize_advantage: false`")
    factor, n_steps = values.get(SAMPLING), values.get("n_steps")
    if (
        is_number(factor)
        and is_number(n_steps)
        and factor >= n_steps * count
        and values.get("normalize_advantage") is True
    ):
        message = f"`{SAMPLING}` must be below the rollout of {n_steps * count}, not {factor}: one "
        message += "advantage cannot be normalised"
        yield ArgumentProblem((SAMPLING,), message, "or write `normalize_advantage: false`")
    if scenario.observation != "dict" or "buffer_size" not in values:
        return
    several = is_number(values.get("n_steps")) and values["n_steps"] > 1
    for name, is_wrong in (
        ("n_steps", several),
        (SAVING, values.get(SAVING) is True),
    ):
        if is_wrong:
            message = f"no replay buffer has `{name}` for observations of kind dict"
            yield ArgumentProblem((name,), message, "take it out")


def _are(values: Mapping[str, object], **wrong: object) -> bool:
    return all(type(values.get(k)) is type(v) and values[k] == v for k, v in wrong.items())


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _less(count: object) -> object:
    return count - 1 if is_number(count) else None
