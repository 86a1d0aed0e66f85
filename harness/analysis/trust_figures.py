"""Figures that tell whether a campaign's numbers can be trusted, and the CPU time of each rung."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harness import stats
from harness.analysis.sample_efficiency import MeanDifference
from harness.analysis.variant_scores import held_out_scores, none_for_nan
from harness.core.evaluation import late_count
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import DEFAULT, TUNED
from harness.core.settings import Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustFigures:
    """A cell's figures for the trust checks.

    Attributes:
        cell: Name.
        shared_seeds: Training seeds used in more than one rung.
        rising: Mean return of the late evaluations less that of as many before them, over the tuned
            test runs, with an interval over seeds: clearly above 0, the runs were still learning.
        rising_share: That rise as a share of the gain over the first evaluation; None without gain.
        at_ceiling: Share of runs, default and tuned, whose score is the cell's best to within a
            thousandth of the cell's range: many mean that nothing better can be told apart.
        runs: Finished runs of all rungs, failed ones included.
        retried: Runs that were started more than once.
        cpu_models: Distinct ones, sorted.
    """

    cell: str
    shared_seeds: tuple[int, ...]
    rising: MeanDifference | None
    rising_share: float | None
    at_ceiling: float | None
    runs: int
    retried: int
    cpu_models: tuple[str, ...]


def trust(record: CampaignRecord) -> tuple[TrustFigures, ...]:
    """One entry per cell, in the order of the matrix."""
    return tuple(_figures(cell) for cell in record.first_searches)


def _figures(cell: CellRecord) -> TrustFigures:
    results = cell.results
    scores = {name: held_out_scores(cell, name) for name in (DEFAULT, TUNED)}
    rising, part = _rising(cell)
    return TrustFigures(
        cell=cell.name,
        shared_seeds=_shared_seeds(cell),
        rising=rising,
        rising_share=part,
        at_ceiling=_at_ceiling([*scores[DEFAULT], *scores[TUNED]]),
        runs=len(results),
        retried=sum(result.cost.attempts > 1 for result in results),
        cpu_models=tuple(sorted({result.cost.cpu_model for result in results} - {""})),
    )


def _shared_seeds(cell: CellRecord) -> tuple[int, ...]:
    rungs: dict[str, set[int]] = {"search": {trial.seed for trial in cell.trials}}
    for run in cell.runs:
        rungs.setdefault(run.seed_rung, set()).add(run.seed)
    counts = Counter(seed for seeds in rungs.values() for seed in seeds)
    return tuple(sorted(seed for seed, count in counts.items() if count > 1))


def _rising(cell: CellRecord) -> tuple[MeanDifference | None, float | None]:
    evals = cell.cell.test.evals
    late = late_count(evals)
    curves = [
        [evaluation.mean for evaluation in run.result.evaluations]
        for run in cell.runs_of(Rung.TEST, TUNED)
        if run.result is not None and run.score is not None
    ]
    if evals < 2 * late or not curves:
        return None, None
    means = np.array([curve for curve in curves if len(curve) == evals])
    if not len(means):
        return None, None
    last, before = means[:, -late:].mean(axis=1), means[:, -2 * late : -late].mean(axis=1)
    rise = stats.mean_interval(last - before)
    gain = float((last - means[:, 0]).mean())
    difference = MeanDifference(
        difference=none_for_nan(rise.mean),
        low=none_for_nan(rise.low),
        high=none_for_nan(rise.high),
        p_value=None,
    )
    return difference, rise.mean / gain if gain > 0 else None


def _at_ceiling(scores: list[float]) -> float | None:
    finite_scores = [score for score in scores if not math.isnan(score)]
    if len(finite_scores) < 2:
        return None
    best, worst = max(finite_scores), min(finite_scores)
    near = best - (best - worst) / 1000
    return sum(score >= near for score in finite_scores) / len(finite_scores)


def cpu_by_rung(cell: CellRecord) -> Mapping[str, float]:
    """CPU seconds of each rung.

    A run that serves two rungs was trained once and counts for the first of them.
    """
    rungs: dict[str, Rung] = {trial.run_id: Rung.SEARCH for trial in cell.trials}
    for run in cell.runs:
        rungs.setdefault(run.run_id, run.rung)
    seconds: dict[Rung, list[float]] = {rung: [] for rung in Rung}
    for result in cell.results:
        seconds[rungs[result.run_id]].append(result.cost.cpu)
    return {rung.value: math.fsum(each) for rung, each in seconds.items()}
