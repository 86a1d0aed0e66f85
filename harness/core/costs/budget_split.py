"""What follows from the budget of a search: the one rule that splits it.

A budget is counted in runs of the default. Whatever decides which trials are suggested (sampler,
pruner, and from 30 runs on how many hyperparameters are searched) is the same for all budgets, so
that a larger one goes on with the same trials; the confirm rung, about a quarter of the budget,
only adds runs and follows it closely. The split was chosen by replays of published landscapes, see
`docs/what_a_search_buys.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from harness.core.declarations import MOST_TRIALS
from harness.core.search_settings import SEQUENCES, Component

ORIGIN: Final = "follows from `search.budget`"
"""Where a setting was written that nobody wrote."""

LEAST: Final = 4
"""Runs of the smallest budget: the default, a rival, and one more run of each to confirm."""

_TRIALS_PER_RUN: Final = 4
"""Trials at most for each run of the budget, and ten more, should they cost next to nothing."""

_COST_MULTIPLE: Final = 4.0
"""Multiples of the default's effort above which a suggestion is passed over."""

_SAMPLER: Final = "auto"
_INSTEAD_OF: Final = frozenset({"tpe", _SAMPLER})
"""Samplers that nobody asked for and that give way: the default, and what followed before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSplit:
    """The counts that a budget stands for.

    Attributes:
        trials: Trials at most; effort ends the search, this only what costs next to nothing.
        top: Configurations that the confirm rung compares with the default.
        seeds: Confirm seeds of each.
        parameters: Hyperparameters searched, those that matter most; None for all.
        pruner: What ends trials early.
        cost_aware: Multiple of the default's effort that one trial may have.
    """

    trials: int
    top: int
    seeds: int
    parameters: int | None
    pruner: Component = Component(name="median")
    cost_aware: float = _COST_MULTIPLE

    def settings(self, sampler: str) -> dict[str, dict[str, Any]]:
        """Rung -> settings that follow, as a matrix writes them.

        Args:
            sampler: Name of the one that a search without a budget has; where several objectives
                or a person asked for another, it stays. Not every one can pass over a point.
        """
        search: dict[str, Any] = {
            "trials": self.trials,
            "pruner": {"name": self.pruner.name, **self.pruner.options},
        }
        if sampler in _INSTEAD_OF:
            search["sampler"] = {"name": _SAMPLER}
        if sampler not in SEQUENCES:
            search["cost_aware"] = self.cost_aware
        return {"search": search, "confirm": {"top": self.top, "seeds": self.seeds}}


_ALL_FROM: Final = 30
"""Runs from which on all hyperparameters are searched."""

_FEW: Final = 4
"""How many before."""


def _seeds(runs: float) -> int:
    """Confirm seeds of each candidate, and candidates: both grow as the root of the budget."""
    return max(1, round(math.sqrt(runs) / 2))


def _counts(seeds: int) -> tuple[int, int]:
    return max(1, seeds - 1), seeds


def confirm_after(trials: float) -> tuple[int, int]:
    """`top` and seeds of a search that ended early, after trials that took as many runs."""
    seeds = 1
    while _seeds(trials + (seeds + 1) ** 2) > seeds:
        seeds += 1
    return _counts(seeds)


def split(runs: float) -> BudgetSplit:
    """What follows from a budget.

    Args:
        runs: The budget in runs of the default that are as long as a trial.
    """
    top, seeds = _counts(_seeds(runs))
    return BudgetSplit(
        trials=min(MOST_TRIALS, int(runs * _TRIALS_PER_RUN) + 10),
        top=top,
        seeds=seeds,
        parameters=_FEW if runs < _ALL_FROM else None,
    )
