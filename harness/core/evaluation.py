"""When a run is evaluated, and the rule that turns its evaluations into one number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = [
    "LONGEST_EPISODE",
    "Schedule",
    "evaluation_steps",
    "late_count",
    "late_mean",
    "longest_episode",
]

LONGEST_EPISODE: Final = 100_000
"""Steps that an episode may take where no time limit allows more."""

_LONGEST_AFTER_SHORT_TRAINING: Final = 10_000
"""The same after a training so short that an endless episode would take far longer than it."""


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


def longest_episode(time_limit: int | None, steps: int | None = None) -> int:
    """Steps after which an episode that has not ended is one that nothing ends.

    Args:
        time_limit: Of the environment; twice as many steps are always allowed, since wrappers may
            join episodes.
        steps: Of the training whose policy plays; ten times as many are allowed, 10,000 at least.
            None where there is none.

    >>> longest_episode(500), longest_episode(400_000), longest_episode(None, 2_000)
    (100000, 800000, 20000)
    """
    most = LONGEST_EPISODE
    if steps is not None:
        most = min(most, max(10 * steps, _LONGEST_AFTER_SHORT_TRAINING))
    return max(most, 2 * (time_limit or 0))


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
