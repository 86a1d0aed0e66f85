"""Environment steps that a training really takes: whole rollouts, so some more than asked for."""

from __future__ import annotations

from typing import Final

__all__ = ["EQUAL", "overshoot", "whole_rollouts"]

EQUAL: Final = 0.05
"""Share of the budget by which trainings of the same budget may differ."""


def whole_rollouts(steps: int, rollout: int) -> int:
    """The steps of as many rollouts as it takes to reach a budget."""
    return -(-steps // rollout) * rollout


def overshoot(steps: int, rollout: int) -> float:
    """Share of the budget that whole rollouts train beyond it."""
    return whole_rollouts(steps, rollout) / steps - 1
