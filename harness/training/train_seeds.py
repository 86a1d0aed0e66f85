"""Train a run: one training for each of its seeds or members, and one result of them all."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from harness.core.evaluation import over_seeds
from harness.core.run import Run
from harness.core.run_result import Evaluation, RunResult, Status
from harness.training import train_run
from harness.training.callbacks import ShouldStop
from harness.training.cost_meter import sum_of_counts, total_cost
from harness.training.train_ensemble import train_ensemble

SeedJudge = Callable[[Sequence[float]], bool]
"""Means of all evaluations of the seeds so far -> whether no further seed is trained."""


def train(
    run: Run,
    *,
    should_stop: ShouldStop | None = None,
    judge: SeedJudge | None = None,
    save_to: Path | None = None,
) -> RunResult:
    """Train a run and evaluate it on its schedule, seed by seed where it has several.

    Args:
        should_stop: Given the mean of every evaluation of the first seed but the last; True prunes
            the training.
        judge: Asked after each seed but the last whether to give the configuration up.
        save_to: Where to write the trained model, that of the last seed.

    Returns:
        The result, see `harness.training.train_run.train_seed`. Of several seeds one that fails
        ends the run as failed, the evaluations follow one another, and the score is what
        `Run.over_seeds` makes of the seeds' scores.
    """
    if run.members:
        return train_ensemble(run, save_to)
    results: list[RunResult] = []
    is_pruned = False
    for part in run.parts:
        stop = None if results else should_stop
        results.append(train_run.train_seed(part, should_stop=stop, save_to=save_to))
        if results[-1].status is not Status.COMPLETE or len(results) == len(run.parts):
            break
        means = [each.mean for result in results for each in result.evaluations]
        is_pruned = judge is not None and judge(means)
        if is_pruned:
            break
    return _join_results(run, results, is_pruned=is_pruned) if run.replicas else results[0]


def _join_results(run: Run, results: Sequence[RunResult], *, is_pruned: bool) -> RunResult:
    """The results of a run's seeds as one."""
    last = results[-1]
    evaluations: list[Evaluation] = []
    steps = 0
    for result in results:
        evaluations += [replace(each, step=steps + each.step) for each in result.evaluations]
        steps += result.steps
    scores = [result.score for result in results if result.score is not None]
    return replace(
        last,
        run_id=run.id,
        status=Status.PRUNED if is_pruned else last.status,
        score=None if last.failure else over_seeds(scores, run.over_seeds),
        steps=steps,
        evaluations=tuple(evaluations),
        levels=results[0].levels,
        measures=_means([result.measures for result in results]),
        cost=total_cost([result.cost for result in results]),
        game_steps=sum_of_counts(result.game_steps for result in results),
        agent_steps=sum_of_counts(result.agent_steps for result in results),
    )


def _means(measures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Each measure's mean over the seeds."""
    common = [name for name in measures[0] if all(name in each for each in measures)]
    return {name: math.fsum(each[name] for each in measures) / len(measures) for name in common}
