"""Searches and confirm rungs on a landscape, with the project's own parts.

A search is made once, as long as the largest budget allows: the search of a smaller budget is its
beginning, trial by trial, since a trial depends on those before it alone. Every split of every
budget is then a confirm rung on a part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from landscapes import Landscape, price, seed_index

from harness.core.decisions.plan import plan_confirm, plan_trial
from harness.core.decisions.winner import candidates, choose_winner
from harness.core.evaluation import evaluation_steps, late_mean
from harness.core.learner_arguments.cell_arguments import configuration
from harness.core.matrix import Cell
from harness.core.record import Suggestion, TrialRecord
from harness.core.run import Curve, Run, Variant
from harness.core.run_result import Evaluation, Failure, RunResult, Status
from harness.core.settings import Confirm
from harness.registry import Registry
from harness.stats import shrunk_mean
from harness.tuning.pruning_replay import PruningReplay
from harness.tuning.suggestion import Suggester


@dataclass(frozen=True)
class Found:
    """What a budget gave, on the scale of quality.

    Attributes:
        quality: Of the shipped configuration.
        estimate: What the confirm rung says of it.
        shrunk: That estimate, drawn towards the other candidates' as far as seeds differ.
        pooled: Quality of the one that is best if its trial counts like a confirm run.
        pooled_estimate: The mean that says so.
        trials: Of the search.
        spent: Default runs' worth of effort.
    """

    quality: float
    estimate: float
    shrunk: float
    pooled: float
    pooled_estimate: float
    trials: int
    spent: float


@dataclass(frozen=True)
class Configuration:
    """What was suggested, and what it costs in multiples of the default's effort."""

    suggestion: Suggestion
    values: Mapping[str, Any]
    arguments: Mapping[str, Any]
    price: float


def configuration_of(cell: Cell, suggestion: Suggestion) -> Configuration:
    """The configuration of a suggestion."""
    values, arguments = configuration(cell, suggestion.number, suggestion.coordinates)
    return Configuration(suggestion, values, arguments, price(cell, arguments))


class Replay:
    """One repetition on one landscape."""

    def __init__(self, landscape: Landscape, registry: Registry, cell: Cell) -> None:
        self.cell = cell
        self._landscape = landscape
        self._registry = registry
        self._suggester = Suggester(registry, "replay", cell)
        self._curves: dict[int, Curve] = {}
        self.trials: list[TrialRecord] = []
        self.prices: list[float] = []
        self.efforts: list[float] = []

    def search(self, budget: float) -> None:
        """Make trials until their effort reaches a budget."""
        while sum(self.efforts) < budget and len(self.trials) < self.cell.search.trials:
            self._trial()

    def _trial(self) -> None:
        number = len(self.trials)
        told = max(0, number - self.cell.search.in_flight + 1)
        drawn = self._configuration(number, told)
        finished = self.trials[:told]
        planned = plan_trial(
            self.cell, number, drawn.arguments, finished, self._curves, drawn.price
        )
        result = self.train(planned.run, str(number))
        self.prices.append(drawn.price)
        self.efforts.append(drawn.price * result.steps / planned.run.steps)
        self.trials.append(
            TrialRecord(
                suggestion=drawn.suggestion,
                values=drawn.values,
                arguments=drawn.arguments,
                seed=planned.run.seed,
                run_id=str(number),
                result=result,
            )
        )

    def _configuration(self, number: int, told: int) -> Configuration:
        suggestion = self._suggester.suggest(self.trials[:told], self.trials[told:])
        return configuration_of(self.cell, suggestion)

    def train(self, run: Run, run_id: str) -> RunResult:
        """What the landscape says of a run, as far as its pruner lets it go."""
        curves = self._landscape.answer(run.arguments).curves
        even = evaluation_steps(run.steps, run.schedule.evals)
        steps = run.evaluation_steps
        # Between two evaluations, at a rung of the pruner, on the straight line.
        curve = np.interp(steps, even, curves[seed_index(run.seed, len(curves))])
        rule, replay = run.pruning, None
        if rule is not None and rule.pruner.name != "none":
            function = self._registry.function("pruner", rule.pruner.name)
            replay = PruningReplay(rule, run.steps, run.schedule.evals, function)
        evaluations: list[Evaluation] = []
        for step, mean in zip(steps, curve.tolist(), strict=True):
            if np.isnan(mean):
                failure = Failure(kind="diverged", message="as published")
                return RunResult(
                    run_id=run_id, status=Status.FAILED, score=None, steps=step, failure=failure
                )
            evaluations.append(Evaluation(step=step, returns=(mean,), lengths=(1,)))
            if replay is not None and replay.report(mean):
                break
        whole = len(evaluations) == len(steps)
        return RunResult(
            run_id=run_id,
            status=Status.COMPLETE if whole else Status.PRUNED,
            score=late_mean([each.mean for each in evaluations], run.schedule.evals),
            steps=evaluations[-1].step,
            evaluations=tuple(evaluations),
            pruner_attrs={} if replay is None else replay.attrs,
        )

    def confirm(self, budget: float, top: int, seeds: int) -> Found:
        """Split a budget into a search and the confirm rung that follows it.

        The longest search is taken after which the confirm rung of what it found still fits.
        """
        ends = np.cumsum(self.efforts)
        cell = replace(self.cell, confirm=Confirm(top=top, seeds=seeds))
        for count in range(int(np.searchsorted(ends, budget - seeds, side="right")), 0, -1):
            compared = candidates(cell, self.trials[:count])
            cost = seeds * sum(self.prices[each.variant.trial or 0] for each in compared)
            if ends[count - 1] + cost <= budget:
                break
        results: dict[Variant, list[RunResult]] = {each.variant: [] for each in compared}
        for planned in plan_confirm(cell, compared):
            results[planned.variant].append(self.train(planned.run, planned.variant))
        winner = choose_winner(cell, compared, results)
        pool = {v: [*runs, self.trials[v.trial or 0].result] for v, runs in results.items()}
        pooled = choose_winner(cell, compared, pool)
        others = [scores_of(runs) for each, runs in results.items() if each != winner.variant]
        scores = scores_of(results[winner.variant])
        return Found(
            quality=self._landscape.answer(winner.arguments).quality,
            estimate=self._quality(scores.mean()),
            shrunk=self._quality(shrunk_mean(scores, others)),
            pooled=self._landscape.answer(pooled.arguments).quality,
            pooled_estimate=self._quality(scores_of(pool[pooled.variant]).mean()),
            trials=count,
            spent=float(ends[count - 1] + cost),
        )

    def _quality(self, score: float) -> float:
        return self._landscape.quality(score)


class DrawnReplay(Replay):
    """A replay whose sampler never gets to its model: its trials are drawn from a pool.

    A hundred times as fast, so that what the first trials should be, what they may cost and how a
    budget is split can be compared with many repetitions.
    """

    def __init__(
        self, landscape: Landscape, registry: Registry, cell: Cell, pool: Sequence[Configuration]
    ) -> None:
        super().__init__(landscape, registry, cell)
        self._pool = pool
        self._draws = np.random.default_rng(cell.seed)

    def _configuration(self, number: int, told: int) -> Configuration:
        drawn = self._pool[0 if number == 0 else self._draws.integers(1, len(self._pool))]
        return replace(drawn, suggestion=replace(drawn.suggestion, number=number))


def pool_of(registry: Registry, cell: Cell, size: int) -> list[Configuration]:
    """The default, and what a cell's sampler suggests first, from as many campaign seeds."""
    default = Suggester(registry, "replay", cell).suggest([], [])
    pool = [configuration_of(cell, default)]
    trial = TrialRecord(
        suggestion=default,
        values=pool[0].values,
        arguments=pool[0].arguments,
        seed=0,
        run_id="0",
    )
    for seed in range(size):
        suggester = Suggester(registry, "replay", replace(cell, seed=seed))
        pool.append(configuration_of(cell, suggester.suggest([], [trial])))
    return pool


def scores_of(results: Sequence[RunResult | None]) -> np.ndarray:
    """The scores of the runs that have one; one NaN if none has."""
    scores = [each.score for each in results if each is not None and each.score is not None]
    return np.array(scores or [np.nan])
