"""What of a cell is legal but not what one might expect: ranges, the default, steps trained."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from harness.core.costs.training_steps import (
    EQUAL,
    rollout_argument,
    rollout_steps,
    whole_rollouts,
)
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Cell
from harness.core.printable_text import quantity
from harness.core.run import DEFAULT
from harness.core.spaces.parameter import look_up

SEARCHED: Final = "for its budget and environments, the search has"
"""What comes before the ranges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A sentence about a cell.

    Attributes:
        parameter: The hyperparameter it is about; empty if about none.
        text: Lower case, without a full stop.
    """

    parameter: str
    text: str


def cut_ranges(cell: Cell) -> Iterator[Note]:
    """Ranges of which the budget and the number of environments leave only a part."""
    for parameter in cell.space.parameters:
        full = parameter.full_domain
        if full is not None:
            text = f"`{parameter.name}` in {parameter.domain.describe()} instead of"
            yield Note(parameter=parameter.name, text=f"{text} {full.describe()}")


def outside_defaults(cell: Cell, values: Mapping[str, object]) -> Iterator[Note]:
    """Library defaults that are no values of their ranges.

    Args:
        values: The default as it is trained, which a record of a cell cannot work out.
    """
    space = cell.space
    for parameter in space.parameters:
        name, domain = parameter.name, parameter.domain
        own = values.get(name) is None and parameter.target.startswith("scenario.arguments.")
        if name in values and own and not domain.contains(None):
            text = (
                f"trial 0 trains the environment's own `{parameter.target.rpartition('.')[2]}`, "
                "which nothing says here, and the sampler is not told of it"
            )
            yield Note(parameter=name, text=text)
        elif name in values and not domain.contains(values[name]):
            text = (
                f"the default of `{name}`, {json.dumps(values[name])}, lies outside "
                f"{domain.describe()}: trial 0 trains it, and the sampler is not told of it"
            )
            yield Note(parameter=name, text=text)


def budget_notes(cell: Cell) -> Iterator[Note]:
    """What the budget moves in the default and in variants, and where steps are other than asked.

    Needs the rules themselves, which a record of a cell does not have.
    """
    by_variant = {DEFAULT: cell.arguments} | {v.name: v.arguments for v in cell.variants}
    for variant, arguments in by_variant.items():
        budget_arguments = cell_arguments.within_budget(cell, arguments)
        moves = [
            f"`{name}` {_argument(cell, arguments, name)} -> {value}"
            for name, value in budget_arguments.items()
            if value != arguments.get(name)
        ]
        if moves:
            text = f"`{variant}` trains {', '.join(moves)}, which {_budget(cell)} hold"
            yield Note(parameter="n_steps", text=text)
        yield from _real_steps(cell, variant, budget_arguments)
    for number, values in enumerate(cell.search.first, start=1):
        outcome = cell_arguments.trained_values(cell, values).items()
        moves = [f"`{n}` {json.dumps(values[n])} -> {v}" for n, v in outcome if v != values[n]]
        if moves:
            text = f"trial {number}, of `search.first`, trains {', '.join(moves)}"
            yield Note(parameter="", text=text)


def _real_steps(cell: Cell, variant: str, arguments: Mapping[str, object]) -> Iterator[Note]:
    """Steps that a training really takes, where they are more than the rung asks for."""
    name = rollout_argument(cell.algorithm)
    is_fixed = name in cell.arguments
    if is_fixed and variant != DEFAULT:
        return  # it was said of every run
    who = "every run" if is_fixed else f"`{variant}`"
    rollout = rollout_steps(cell.algorithm, cell.scenario, arguments)
    n_envs = cell.scenario.environment_count(arguments)
    for steps in dict.fromkeys((cell.search.steps, cell.test.steps)):
        if rollout is None:
            text = _whole_episodes(cell, look_up(arguments, name)[1], steps)
        elif whole_rollouts(steps, rollout) != steps:
            text = (
                f"trains {whole_rollouts(steps, rollout):,} steps where {steps:,} are asked for: "
                f"whole rollouts of {rollout:,} (`{name}` {rollout // n_envs:,} x `n_envs` "
                f"{n_envs})"
            )
        else:
            text = ""
        if text:
            yield Note(parameter=name, text=f"{who} {text}")


def _whole_episodes(cell: Cell, train_freq: object, steps: int) -> str:
    """What is said of a training that looks at its budget between episodes alone, if anything."""
    limit = cell.scenario.max_episode_steps
    if not isinstance(train_freq, list | tuple) or limit is None:
        return ""
    beyond = train_freq[0] * limit - 1
    if beyond <= EQUAL * steps:
        return ""
    return (
        f"trains up to {steps + beyond:,} steps where {steps:,} are asked for: whole episodes of "
        f"at most {limit:,} (`train_freq`)"
    )


def _argument(cell: Cell, arguments: Mapping[str, object], name: str) -> Any:
    """A constructor argument, or the library's default of one that could be searched."""
    is_fixed, value = look_up(arguments, name)
    if is_fixed:
        return value
    constants = (each.parameter for each in cell.space.held)
    every = {p.name: p.default for p in (*cell.space.parameters, *constants)}
    return every.get(name)


def _budget(cell: Cell) -> str:
    context = cell.context()
    return f"{context.steps:,} steps in {quantity(context.n_envs, 'environment')}"
