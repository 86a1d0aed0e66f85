"""What Optuna's terminators measure of a search: how much it may still gain.

They stop a study where that falls below a limit. Here it is measured with each suggestion and kept
beside it, so that whoever reads the ledger sees without Optuna when a search ended, and why. Only
the evaluators are used: `optuna.terminator.Terminator` looks at a study that runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from optuna.search_space import intersection_search_space
from optuna.study import StudyDirection
from optuna.terminator import EMMREvaluator, MedianErrorEvaluator, RegretBoundEvaluator
from optuna.trial import FrozenTrial, TrialState

from harness.core import seeds
from harness.core.costs.search_budget import FIRST_EMMR, FIRST_REGRET
from harness.core.matrix import Cell
from harness.core.objectives import seed_scores
from harness.core.record import TrialRecord, rank_trials
from harness.tuning.optuna_trials import allow_experimental

_WARM_UP: Final = 10
"""Trials that the first regret of `emmr` is not taken of; random ones, mostly."""


class SearchRoom:
    """Measures what a cell's search may still gain, by the rules that its `until` names."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._rules = {} if cell.search.until is None else cell.search.until.limits
        self._first_emmr: float | None = None

    def measure(
        self, number: int, finished_trials: Sequence[TrialRecord], trials: Sequence[FrozenTrial]
    ) -> dict[str, float]:
        """Rule -> what it measures, of those that can; the same arguments give the same numbers.

        Args:
            number: Of the trial that is suggested; its sampler's seed serves here too.
            finished_trials: The trials that may be known.
            trials: The same as Optuna has them.
        """
        complete = [each for each in trials if each.state is TrialState.COMPLETE]
        if not self._rules or not intersection_search_space(complete):
            return {}
        seed = seeds.sampler_seed(self._cell.seed, self._cell.name, number)
        room: dict[str, float] = {}
        with allow_experimental():
            if len(complete) >= FIRST_REGRET and self._rules.keys() & {"regret", "noise"}:
                evaluator = RegretBoundEvaluator(seed=seed)
                room["regret"] = float(evaluator.evaluate(complete, StudyDirection.MAXIMIZE))
            if "regret" in room and "noise" in self._rules:
                error = _standard_error(self._cell, finished_trials)
                room["noise"] = room["regret"] / error if error else math.inf
            if len(complete) >= FIRST_EMMR and "emmr" in self._rules:
                room["emmr"] = self._emmr(complete, seed)
        return {name: room[name] for name in self._rules if math.isfinite(room.get(name, math.inf))}

    def _emmr(self, complete: Sequence[FrozenTrial], seed: int) -> float:
        """The expected minimum model regret as a share of the first ones' median."""
        if self._first_emmr is None:
            first = MedianErrorEvaluator(
                EMMREvaluator(seed=seeds.sampler_seed(self._cell.seed, self._cell.name, 0)),
                warm_up_trials=_WARM_UP,
                n_initial_trials=FIRST_EMMR - _WARM_UP,
                threshold_ratio=1.0,
            )
            self._first_emmr = float(first.evaluate([*complete], StudyDirection.MAXIMIZE))
        regret = EMMREvaluator(seed=seed).evaluate([*complete], StudyDirection.MAXIMIZE)
        return float(regret) / self._first_emmr if self._first_emmr > 0 else math.inf


def _standard_error(cell: Cell, finished_trials: Sequence[TrialRecord]) -> float:
    """That of the best trial's score over its seeds, as of a cross-validation.

    Source: Makarova et al. (2022), Automatic termination for hyperparameter optimization, after
    Nadeau and Bengio (2003); Optuna's `CrossValidationErrorEvaluator`.
    """
    results = [trial.result for trial in rank_trials(finished_trials) if trial.result is not None]
    count = cell.search.seeds
    if count < 2 or not results:
        return 0.0
    scale = 1 / count + 1 / (count - 1)
    return math.sqrt(scale * float(np.var(seed_scores(cell, results[0], count))))
