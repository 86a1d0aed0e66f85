"""What a search is likely to train: its own sampler and pruner on invented results."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.core.evaluation import evaluation_steps, rung_steps
from harness.core.learner_arguments.cell_arguments import configuration
from harness.core.matrix import Cell
from harness.core.record import TrialRecord
from harness.core.run import Curve, PruningRule
from harness.core.run_result import RunResult, Status
from harness.core.search_settings import Component
from harness.registry import Registry
from harness.tuning.pruning_replay import PruningReplay
from harness.tuning.suggestion import Suggester

_SEARCHES: Final = 4
"""Invented searches whose mean is told."""

_TRIALS: Final = 30
"""Trials of each; later ones are given up as often as the later half of these."""

_CORRELATIONS: Final = ((0.0, 0.1, 0.3, 0.5, 1.0), (0.3, 0.45, 0.65, 0.75, 0.97))
"""Share of a training -> correlation of its score then with the final one, as published."""

_GAIN: Final = 3.0
"""What a whole training gains, in standard deviations between configurations."""


def trial_shares(
    pruner: Component, function: Callable[..., object], *, in_flight: int, evals: int, steps: int
) -> tuple[float, ...]:
    """The share of its training that trial 0, 1, ... of a search gets, on the average.

    Args:
        function: What is registered under its name.
        in_flight: Trials that are open at once.
        evals, steps: Even evaluations and environment steps of a trial.

    Raises:
        UsageError: An option of the pruner does not hold.
    """
    random = np.random.default_rng(0)
    at = evaluation_steps(steps, evals, rung_steps(pruner, steps, evals))
    times = np.array(at) / steps
    searches = []
    for _ in range(_SEARCHES):
        curves: list[Curve] = []
        for number in range(_TRIALS):
            earlier = tuple(curves[: max(0, number - in_flight + 1)])
            rule = PruningRule(study="forecast", number=number, pruner=pruner, finished=earlier)
            replay = PruningReplay(rule, steps, evals, function)
            curves.append(_judge(replay, number, _curve(times, random)))
        searches.append([at[len(curve.means) - 1] / steps for curve in curves])
    return tuple(map(statistics.fmean, zip(*searches, strict=True)))


def _curve(times: NDArray[np.float64], random: np.random.Generator) -> list[float]:
    """Scores of one invented training: what it comes to, and what passes."""
    correlation = np.interp(times, *_CORRELATIONS)
    final, early, *noise = random.standard_normal(2 + len(times))
    passing = np.sqrt(1 - correlation**2) * (early + np.array(noise)) / np.sqrt(2)
    scores: list[float] = (_GAIN * times + correlation * final + passing).tolist()
    return scores


def _judge(replay: PruningReplay, number: int, scores: list[float]) -> Curve:
    means, is_pruned = [], False
    for score in scores:
        means.append(score)
        if is_pruned := replay.report(score):
            break
    return Curve(
        number=number,
        state=(Status.PRUNED if is_pruned else Status.COMPLETE).value,
        score=means[-1],
        means=tuple(means),
        attrs=replay.attrs,
    )


def suggest_arguments(
    registry: Registry, campaign: str, cell: Cell, count: int
) -> list[Mapping[str, object]]:
    """Constructor arguments of the first trials of a search.

    What is drawn before a sampler begins to learn is what will be trained, to the last digit; later
    trials follow from scores that are invented here.

    Args:
        registry: Knows the cell's sampler.
        campaign, cell: Whose search.
        count: Trials.

    Raises:
        UsageError: The sampler's options do not hold.
    """
    random = np.random.default_rng(0)
    # Of invented scores nobody needs to know how much they leave to gain.
    endless = replace(cell, search=replace(cell.search, until=None))
    suggester = Suggester(registry, campaign, endless)
    trials: list[TrialRecord] = []
    for number in range(count):
        result_count = max(0, number - cell.search.in_flight + 1)
        suggestion = suggester.suggest(trials[:result_count], trials[result_count:])
        values, arguments = configuration(cell, number, suggestion.coordinates)
        score = float(random.standard_normal())
        result = RunResult(
            run_id=str(number), status=Status.COMPLETE, score=score, steps=cell.search.steps
        )
        trials.append(
            TrialRecord(
                suggestion=suggestion,
                values=values,
                arguments=arguments,
                seed=number,
                run_id=str(number),
                result=result,
            )
        )
    return [trial.arguments for trial in trials]
