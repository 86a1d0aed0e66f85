"""What follows from the budget of a search: the one rule that splits it.

A budget is counted in runs of the default. Whatever decides which trials are suggested (how many
hyperparameters are searched, random trials before the sampler's model, the pruner) is the same for
wide bands of budgets, so that a larger one of the same band goes on with the same trials; the
confirm rung, which only adds runs, follows it closely.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.core.settings import MOST_TRIALS, Component

__all__ = ["LEAST", "BudgetSplit", "split"]

LEAST: Final = 4
"""Runs of the smallest budget: the default, a rival, and one more run of each to confirm."""

_TRIALS_PER_RUN: Final = 10
"""Trials at most for each run of the budget, should they all be cheap or given up early."""

_COST_MULTIPLE: Final = 4.0
"""Multiples of the default's effort above which a suggestion is passed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSplit:
    """The counts that a budget stands for.

    Attributes:
        trials: Trials at most; effort ends the search, this only what costs next to nothing.
        top: Configurations that the confirm rung compares with the default.
        seeds: Confirm seeds of each.
        parameters: Hyperparameters searched, those that matter most; None for all.
        startup: Trials before the sampler's model.
        pruner: What ends trials early.
        cost_aware: Multiple of the default's effort that one trial may have.
    """

    trials: int
    top: int
    seeds: int
    parameters: int | None
    startup: int
    pruner: Component = Component(name="median")
    cost_aware: float = _COST_MULTIPLE

    @property
    def confirm_runs(self) -> int:
        return (self.top + 1) * self.seeds


_CONFIRM: Final = (
    (240, 5, 7),
    (100, 3, 6),
    (50, 3, 4),
    (30, 3, 3),
    (18, 2, 2),
    (8, 1, 2),
    (0, 1, 1),
)
"""Runs from which on, `top` and seeds: about 30 % of small budgets and 20 % of large ones."""

_BANDS: Final = ((90, None, 10), (30, 8, 8), (0, 4, 5))
"""Runs from which on, hyperparameters and trials before the model."""


def split(runs: float) -> BudgetSplit:
    """What follows from a budget.

    Args:
        runs: The budget in runs of the default that are as long as a trial.
    """
    top, seeds = next(counts for least, *counts in _CONFIRM if runs >= least)
    parameters, startup = next(counts for least, *counts in _BANDS if runs >= least)
    return BudgetSplit(
        trials=min(MOST_TRIALS, max(1, int(runs * _TRIALS_PER_RUN))),
        top=top or 1,
        seeds=seeds or 1,
        parameters=parameters,
        startup=startup or 1,
    )
