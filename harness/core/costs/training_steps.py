"""Environment steps that a training really takes: whole rollouts, so some more than asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.algorithm import Algorithm
from harness.core.costs.cost_coefficients import LEARNER_DEFAULTS
from harness.core.scenario import Scenario
from harness.core.spaces.parameter import look_up

EQUAL: Final = 0.05
"""Share of the budget by which trainings of the same budget may differ."""


def whole_rollouts(steps: int, rollout: int) -> int:
    """The steps of as many rollouts as it takes to reach a budget."""
    return -(-steps // rollout) * rollout


def overshoot(steps: int, rollout: int) -> float:
    """Share of the budget that whole rollouts train beyond it."""
    return whole_rollouts(steps, rollout) / steps - 1


def rollout_steps(
    algorithm: Algorithm, scenario: Scenario, arguments: Mapping[str, Any]
) -> int | None:
    """Steps between two looks at the budget; None where they are one, or no fixed number.

    ARS ends with the budget, see `harness.training.callbacks`, and an episode when it does.
    Where several agents learn, each of them counts, and only their environment knows how many
    there are. Nobody here knows the defaults of a foreign learner.
    """
    if "mode" in scenario.choices:
        return None
    name = rollout_argument(algorithm)
    is_fixed, count = look_up(arguments, name)
    if not is_fixed:
        defaults = LEARNER_DEFAULTS.get(algorithm.learner.partition(":")[2])
        count = getattr(defaults, name, None)
    if isinstance(count, list | tuple) and count[1:] == type(count)(("step",)):
        count = count[0]
    is_count = isinstance(count, int) and count > 0
    return count * scenario.environment_count(arguments) if is_count else None


def rollout_argument(algorithm: Algorithm) -> str:
    """The argument that says after how many steps of each environment a learner updates."""
    return "n_steps" if algorithm.on_policy else "train_freq"


def trained_steps(
    algorithm: Algorithm, scenario: Scenario, arguments: Mapping[str, object], steps: int
) -> int:
    """What a training with a budget of so many steps really takes.

    Args:
        arguments: What the constructor is given beside its own defaults.
        steps: The budget.
    """
    rollout = rollout_steps(algorithm, scenario, arguments)
    return steps if rollout is None else whole_rollouts(steps, rollout)
