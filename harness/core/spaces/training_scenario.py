"""What a configuration changes of its scenario: environments are searched like arguments.

A configuration's arguments may hold ``scenario`` beside the learner's own: parallel environments,
normalisation, stacked observations, arguments of the environment in training, and when a
curriculum goes on. A run is trained in its scenario with these changes. Evaluation stays on the
scenario as the matrix has it, but that its policy sees what it was trained to see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from harness.core.learner_arguments.argument_contradictions import ArgumentProblem
from harness.core.learner_arguments.argument_types import Flag, Number, format_value
from harness.core.scenario import SCENARIO, Normalize, Scenario, Wrapper
from harness.core.seeds import STRIDE
from harness.core.spaces.parameter import look_up
from harness.errors import did_you_mean

STACK: Final = "harness.envs.StackObservations"
"""The wrapper that gives a policy the latest observations together."""

ZOO_STACK: Final = "the zoo stacks normalised observations, here stacked ones are normalised"
"""What differs in rl-baselines3-zoo where both are asked for."""

_SHARE: Final = Number(low=0, high=1, above=True)
_RATE: Final = Number(low=0.01, high=1)
_PERCENT: Final = 0.01

SCENARIO_NAMES: Final = (
    "n_envs",
    "normalize",
    "normalize.observation",
    "normalize.reward",
    "frame_stack",
    "curriculum.at",
    "curriculum.rate",
)
"""What may be searched of a scenario, beside its arguments, by the names that a matrix writes."""

_ARGUMENTS: Final = f"{SCENARIO}.arguments."
KEYS: Final[Mapping[str, Any]] = {
    "n_envs": Number(low=1, high=STRIDE, whole=True),
    "normalize": None,
    "frame_stack": Number(low=1, high=64, whole=True),
    "arguments": None,
    "curriculum": None,
}


def scenario_target(name: str) -> str | None:
    """Dotted path of what a name in a `space` stands for; None for nothing of the scenario.

    >>> scenario_target("n_envs"), scenario_target("scenario.arguments.g")
    ('scenario.n_envs', 'scenario.arguments.g')
    """
    if name in SCENARIO_NAMES:
        return f"{SCENARIO}.{name}"
    below = name.removeprefix(f"{SCENARIO}.")
    is_argument = name.startswith(_ARGUMENTS) and len(name) > len(_ARGUMENTS)
    return name if is_argument or (below != name and below in SCENARIO_NAMES) else None


def learner_arguments(arguments: Mapping[str, object]) -> dict[str, object]:
    """The learner's own of a configuration's arguments."""
    return {name: value for name, value in arguments.items() if name != SCENARIO}


def configure_scenario(scenario: Scenario, arguments: Mapping[str, object]) -> Scenario:
    """The scenario as a configuration trains it; itself where the configuration changes nothing."""
    changes = arguments.get(SCENARIO)
    if not isinstance(changes, Mapping):
        return scenario
    for key, value in changes.items():
        scenario = _CHANGES[key](scenario, value)
    return scenario


def _with_n_envs(scenario: Scenario, count: int) -> Scenario:
    return replace(scenario, n_envs=count)


def _with_normalization(scenario: Scenario, value: Any) -> Scenario:
    if isinstance(value, Mapping):
        return replace(scenario, normalize=replace(scenario.normalize, **value))
    return replace(scenario, normalize=Normalize(observation=value, reward=value))


def _with_stack(scenario: Scenario, count: int) -> Scenario:
    if count == 1:
        return scenario
    stack = Wrapper(path=STACK, arguments={"count": count})
    return replace(scenario, wrappers=(*scenario.wrappers, stack))


def _with_arguments(scenario: Scenario, arguments: Mapping[str, object]) -> Scenario:
    return replace(scenario, training_arguments={**scenario.training_arguments, **arguments})


def _with_curriculum(scenario: Scenario, times: Mapping[str, Any]) -> Scenario:
    curriculum = scenario.curriculum
    if curriculum is None or not times:
        return scenario
    end = times["at"] if "at" in times else min(1.0, _PERCENT / times["rate"])
    count = len(curriculum.levels)
    shares = tuple(float(f"{end * (index + 1) / count:.12g}") for index in range(count))
    return replace(scenario, curriculum=replace(curriculum, shares=shares))


_CHANGES: Final[Mapping[str, Callable[[Scenario, Any], Scenario]]] = {
    "n_envs": _with_n_envs,
    "normalize": _with_normalization,
    "frame_stack": _with_stack,
    "arguments": _with_arguments,
    "curriculum": _with_curriculum,
}


def present_value(scenario: Scenario, target: str) -> object:
    """What the scenario itself has at a target; None where it leaves that to the environment."""
    normalize = scenario.normalize
    both = normalize.observation == normalize.reward
    curriculum = scenario.curriculum
    at = curriculum.shares[-1] if curriculum is not None and curriculum.shares else None
    values = {
        "n_envs": scenario.n_envs,
        "normalize": normalize.observation if both else None,
        "normalize.observation": normalize.observation,
        "normalize.reward": normalize.reward,
        "frame_stack": 1,
        "curriculum.at": at,
        "curriculum.rate": None if at is None else float(f"{_PERCENT / at:.12g}"),
    }
    name = target.removeprefix(f"{SCENARIO}.")
    if name in values:
        return values[name]
    return look_up(scenario.arguments, target.removeprefix(_ARGUMENTS))[1]


def scenario_problems(value: object, scenario: Scenario | None) -> Iterator[ArgumentProblem]:
    """What does not hold in the scenario's part of a configuration.

    Args:
        value: What stands under `scenario`.
        scenario: The cell's; None where that is not known.
    """
    if not isinstance(value, Mapping):
        message = f"`{SCENARIO}` must be a mapping, not {format_value(value)}"
        yield ArgumentProblem((SCENARIO,), message, "write `{n_envs: 4}`")
        return
    for key, part in value.items():
        path = (SCENARIO, str(key))
        if key not in KEYS:
            hint = did_you_mean(str(key), list(KEYS)) or f"it has: {', '.join(KEYS)}"
            message = f"a configuration sets no `{key}` of its scenario"
            yield ArgumentProblem(path, message, hint, at_key=True)
        elif key == "normalize":
            yield from _normalization(path, part)
        elif key == "curriculum":
            yield from _curriculum(path, part, scenario)
        elif key == "arguments":
            if not isinstance(part, Mapping):
                message = f"`arguments` must be a mapping, not {format_value(part)}"
                yield ArgumentProblem(path, message, "write `{g: 9.8}`")
        else:
            yield from _misfit(path, part, KEYS[key])
            if key == "frame_stack" and scenario is not None and scenario.observation == "dict":
                message = f"observations of `{scenario.name}` are of kind dict: none are stacked"
                yield ArgumentProblem(path, message, "take `frame_stack` out")


def _normalization(path: tuple[str, ...], value: object) -> Iterator[ArgumentProblem]:
    if not isinstance(value, Mapping):
        yield from _misfit(path, value, Flag())
        return
    for key, part in value.items():
        if key in {"observation", "reward"}:
            yield from _misfit((*path, key), part, Flag())
        else:
            message = f"`normalize` has no `{key}`"
            yield ArgumentProblem((*path, str(key)), message, "it has: observation, reward")


def _curriculum(
    path: tuple[str, ...], value: object, scenario: Scenario | None
) -> Iterator[ArgumentProblem]:
    kinds = {"at": _SHARE, "rate": _RATE}
    if not isinstance(value, Mapping) or len(value) != 1 or not value.keys() <= kinds.keys():
        yield ArgumentProblem(path, "`curriculum` takes `at` or `rate`", "write one of them")
        return
    for key, part in value.items():
        yield from _misfit((*path, key), part, kinds[key])
    if scenario is not None and scenario.curriculum is None:
        message = f"`{scenario.name}` has no curriculum here whose levels could end"
        hint = "write `curriculum: true`, or its `levels`, in the scenario's entry"
        yield ArgumentProblem(path, message, hint)


def _misfit(path: tuple[str, ...], value: object, kind: Any) -> Iterator[ArgumentProblem]:
    reason = kind.problem(value)
    if reason is not None:
        yield ArgumentProblem(path, f"`{path[-1]}` {reason}", "")
