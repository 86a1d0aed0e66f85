"""How well the middle of a training run foretells its end, and what pruning there would cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from harness.stats.association import Correlation, spearman
from harness.stats.bootstrap import Array

__all__ = ["Foresight", "foresight"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """What one evaluation says about the final score.

    Pruned runs have no final score. Among the others alone the correlation is understated, because
    the runs that looked bad are gone; two other figures say what it would be in extreme cases.

    Attributes:
        among_complete: Correlation over the runs that ran to the end.
        if_pruner_right: Over all runs that got here, the pruned ones taken to end below all others
            in the order in which they stand now.
        if_pruner_wrong: The pruned ones taken to end above all others in reverse order.
        pruned: Runs that got here and were pruned here or later.
        regret: Best final score less the best final score among the better half at this
            evaluation, over complete runs, in returns; what keeping that half would have lost.
    """

    among_complete: Correlation
    if_pruner_right: float
    if_pruner_wrong: float
    pruned: int
    regret: float


def foresight(curves: npt.ArrayLike, final: npt.ArrayLike) -> tuple[Foresight, ...]:
    """One entry per evaluation.

    Args:
        curves: Shape (n_runs, n_evaluations); NaN where a run had ended.
        final: Shape (n_runs,), final scores; NaN = pruned. Leave failed runs out: they were not
            given up, and their score is not merely unseen.

    Raises:
        ValueError: The shapes do not fit together.

    Source: Spearman (1904); extreme cases in the spirit of Manski (1989), Anatomy of the selection
    problem.
    """
    means, last = np.asarray(curves, dtype=np.float64), np.asarray(final, dtype=np.float64)
    if means.ndim != 2 or last.shape != means.shape[:1]:
        raise ValueError(f"curves {means.shape} and final scores {last.shape} do not fit together")
    return tuple(_at(column, last) for column in means.T)


def _at(now: Array, final: Array) -> Foresight:
    here = ~np.isnan(now)
    now, final = now[here], final[here]
    gone = np.isnan(final)
    complete_now, complete_final = now[~gone], final[~gone]
    among = spearman(complete_now, complete_final)
    order = stats.rankdata(now[gone])
    size = len(now)
    right, wrong = final.copy(), final.copy()
    if len(complete_final):
        right[gone] = complete_final.min() - 1 - size + order
        wrong[gone] = complete_final.max() + 1 + size - order
    else:
        right[gone], wrong[gone] = order, -order
    return Foresight(
        among_complete=among,
        if_pruner_right=spearman(now, right).value,
        if_pruner_wrong=spearman(now, wrong).value,
        pruned=int(gone.sum()),
        regret=_regret(complete_now, complete_final),
    )


def _regret(now: Array, final: Array) -> float:
    if not len(final):
        return float("nan")
    kept = final[now >= np.median(now)]
    return float(final.max() - kept.max())
