"""Environment steps that a training really takes: whole rollouts, so some more than asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.algorithm import Algorithm
from harness.core.costs.cost_coefficients import LEARNER_DEFAULTS
from harness.core.scenario import Scenario
from harness.core.spaces.parameter import look_up

__all__ = ["EQUAL", "overshoot", "rollout_steps", "trained_steps", "whole_rollouts"]

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

    Off-policy learners look at every step, and ARS ends with the budget, see
    `harness.training.callbacks`. Where several agents learn, each of them counts, and only their
    environment knows how many there are. Nobody here knows the defaults of a foreign learner.
    """
    if not algorithm.on_policy or "mode" in scenario.choices:
        return None
    is_fixed, n_steps = look_up(arguments, "n_steps")
    if not is_fixed:
        defaults = LEARNER_DEFAULTS.get(algorithm.learner.partition(":")[2])
        n_steps = None if defaults is None else defaults.n_steps
    is_count = isinstance(n_steps, int) and n_steps > 0
    return n_steps * scenario.n_envs if is_count else None


def trained_steps(
    algorithm: Algorithm, scenario: Scenario, arguments: Mapping[str, object], steps: int
) -> int:
    """What a training with a budget of so many steps really takes.

    Args:
        algorithm, scenario: Of the cell.
        arguments: What the constructor is given beside its own defaults.
        steps: The budget.
    """
    rollout = rollout_steps(algorithm, scenario, arguments)
    return steps if rollout is None else whole_rollouts(steps, rollout)
