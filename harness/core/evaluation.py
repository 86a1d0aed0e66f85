"""When a run is evaluated, and the rule that turns its evaluations into one number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Schedule", "evaluation_steps", "late_count", "late_mean"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When and how a training run is evaluated.

    Attributes:
        evals: Evaluations, evenly spaced over the run, the last after the last update.
        episodes: Episodes per evaluation, the same seeded ones every time.
        seed: Seed of the episodes; never a training seed.
        deterministic: Whether the policy acts by its mode instead of sampling.
    """

    evals: int
    episodes: int
    seed: int
    deterministic: bool = True


def evaluation_steps(steps: int, evals: int) -> tuple[int, ...]:
    """Environment steps at which to evaluate: `evals` even parts of `steps`, the last one `steps`.

    >>> evaluation_steps(1000, 4)
    (250, 500, 750, 1000)
    """
    return tuple(math.ceil(steps * part / evals) for part in range(1, evals + 1))


def late_count(evals: int) -> int:
    """How many evaluations count as late: the last quarter, at least one."""
    return max(1, math.ceil(evals / 4))


def late_mean(means: Sequence[float], evals: int) -> float:
    """Mean of the late evaluations' means; the score of a run, never the best of it.

    Args:
        means: Mean return of each evaluation made so far, at least one.
        evals: Evaluations the schedule plans; a pruned run has fewer.
    """
    late = list(means)[-late_count(evals) :]
    return math.fsum(late) / len(late)
