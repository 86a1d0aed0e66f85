"""When a run is evaluated, and the rule that turns its evaluations into one number."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from harness.core.identity import SPARSE
from harness.core.search_settings import LATE, MEAN, Component, Search

LONGEST_EPISODE: Final = 100_000
"""Steps that an episode may take where no time limit allows more."""

RETURN_PARTS: Final = "harness.return_parts"
"""Key of the last step's information under which a game says what its return is made of."""

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
        score: What the evaluations make, see `score_of`.
    """

    evals: int
    episodes: int
    seed: int
    deterministic: bool = True
    score: str = field(default=LATE, metadata={SPARSE: True})


HALVING: Final[Mapping[str, int]] = MappingProxyType({"successive_halving": 4, "hyperband": 3})
"""Pruners that let one in so many trials go on at each rung -> that number, unless they say it."""


def evaluation_steps(steps: int, evals: int, rungs: Iterable[int] = ()) -> tuple[int, ...]:
    """Environment steps at which to evaluate: `evals` even parts of `steps`, the last one `steps`.

    Args:
        evals: Even parts.
        rungs: Further steps at which a pruner judges.

    >>> evaluation_steps(1000, 4), evaluation_steps(1000, 4, (50, 250))
    ((250, 500, 750, 1000), (50, 250, 500, 750, 1000))
    """
    even = (math.ceil(steps * part / evals) for part in range(1, evals + 1))
    return tuple(sorted({*even, *rungs}))


def rung_resources(pruner: Component, steps: int) -> tuple[int, int] | None:
    """Resource of the first rung and the factor from one to the next; None for other pruners.

    The resource of a trial is its environment steps; if the pruner sees effort, they are multiplied
    by what a step of the trial takes, with the default's for 1.
    """
    usual = HALVING.get(pruner.name)
    share, factor = (pruner.options.get(name) for name in ("min_share", "reduction_factor"))
    factor = usual if factor is None else factor
    # What does not hold is said where options are checked.
    if usual is None or not isinstance(share, int | float) or not isinstance(factor, int):
        return None
    return first_rung(steps, share), max(2, factor)


def first_rung(steps: int, share: float) -> int:
    """Resource of the first rung, a share of the steps."""
    return max(1, math.ceil(steps * share))


def sees_effort(pruner: Component) -> bool:
    """Whether a pruner's rungs lie at equal effort instead of equal steps."""
    return pruner.name in HALVING and pruner.options.get("by_effort") is True


def rung_steps(pruner: Component, steps: int, evals: int, effort: float = 1.0) -> tuple[int, ...]:
    """Environment steps of a halving pruner's rungs, where a trial is evaluated beside its parts.

    There are none among the late evaluations: more of these would be another score.

    Args:
        pruner: With `min_share`; any other has no rungs of its own.
        steps, evals: Of the trial.
        effort: Of the trial in multiples of the default's.

    >>> rung_steps(Component(name="hyperband", options={"min_share": 0.01}), 50_000, 10)
    (500, 1500, 4500, 13500)
    """
    first = rung_resources(pruner, steps)
    if first is None:
        return ()
    resource, factor = first
    price = effort if sees_effort(pruner) else 1.0
    late = evaluation_steps(steps, evals)[-late_count(evals)]
    rungs = []
    while (step := math.ceil(resource / price)) < late:
        rungs.append(step)
        resource *= factor
    return tuple(dict.fromkeys(rungs))


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


_SCORE_TEXTS: Final = {
    LATE: "mean return over the last quarter of the evaluations",
    "last": "mean return of the last evaluation",
    "best": "highest mean return of an evaluation",
    "mean": "mean return over all evaluations",
    "median": "median of the evaluations' mean returns",
}
_OVER_SEEDS_TEXTS: Final = {MEAN: "mean", "median": "median", "iqm": "mean of the middle half"}


def late_count(evals: int) -> int:
    """How many evaluations count as late: the last quarter, at least one."""
    return max(1, math.ceil(evals / 4))


def score_of(means: Sequence[float], evals: int, kind: str) -> float:
    """The one number that a run's evaluations make.

    Args:
        means: Mean return of each evaluation made so far, at least one.
        evals: Evaluations the schedule plans; a pruned run has fewer.
        kind: One of `harness.core.search_settings.SCORES`.
    """
    if kind == "last":
        return means[-1]
    if kind == "best":
        return max(means)
    if kind == "mean":
        return math.fsum(means) / len(means)
    if kind == "median":
        return statistics.median(means)
    return late_mean(means, evals)


def describe_score(search: Search) -> str:
    """By which number a search compares trials, in words.

    >>> describe_score(Search(score="best", seeds=3, over_seeds="median"))
    'highest mean return of an evaluation, without exploration; of 3 training seeds the median'
    """
    number = f"{_SCORE_TEXTS[search.score]}, without exploration"
    if search.seeds == 1:
        return f"{number}; one training seed each"
    return f"{number}; of {search.seeds} training seeds the {_OVER_SEEDS_TEXTS[search.over_seeds]}"


def over_seeds(scores: Sequence[float], kind: str) -> float:
    """The one score of several seeds.

    Args:
        scores: One per seed, at least one.
        kind: One of `harness.core.search_settings.OVER_SEEDS`.
    """
    if kind == "median":
        return statistics.median(scores)
    cut = len(scores) // 4 if kind == "iqm" else 0
    middle = sorted(scores)[cut : len(scores) - cut]
    return math.fsum(middle) / len(middle)


def late_mean(means: Sequence[float], evals: int) -> float:
    """Mean of the late evaluations' means; the score of a run, never the best of it.

    Args:
        means: Mean return of each evaluation made so far, at least one.
        evals: Evaluations the schedule plans; a pruned run has fewer.
    """
    late = list(means)[-late_count(evals) :]
    return math.fsum(late) / len(late)
