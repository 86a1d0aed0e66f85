"""Robustness over seeds: is tuned more reliable than the default, or only better on average?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from harness import stats
from harness.analysis.leaderboard_rows import LeaderboardRow, Word
from harness.analysis.variant_scores import (
    Array,
    IntervalEstimate,
    VariantScores,
    interval_estimate,
    none_for_nan,
    scores_array,
)
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import DEFAULT, TUNED
from harness.core.settings import Rung

Reliability = Literal[
    "more reliable", "less reliable", "unstable", "no clear difference", "too few seeds"
]

_WORDS: Final[dict[str, Reliability]] = {"improved": "more reliable", "worse": "less reliable"}

_QUESTIONS: Final = 4
"""Spread, drawdown, unrest, worst runs: what is asked of a cell."""

_MIN_CELLS: Final = 3
"""Fewer ratios have no interval that says anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCurve:
    """One run while it trained.

    Attributes:
        seed: Its training seed.
        percentile: Share of the variant's runs that ended no better, failed ones included; None for
            a run that failed.
        steps, means: Environment step and mean return of each evaluation.
    """

    seed: int
    percentile: float | None
    steps: tuple[int, ...]
    means: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRobustness:
    """How alike the runs of a variant are, in returns.

    Attributes:
        variant: Its name.
        runs, failed: Runs that ended; those of them without a score.
        failure_rate: With Wilson's interval.
        spread: Interquartile range of the scores; its upper end is None, with a lower one, where so
            few seeds allow none.
        worst: Mean score of the worst quarter of the runs.
        drawdown: Mean over runs of the largest fall below an earlier evaluation.
        unrest: Mean over runs of the interquartile range of changes between evaluations.
        curves: Every run, the worst first.
    """

    variant: str
    runs: int
    failed: int
    failure_rate: IntervalEstimate
    spread: IntervalEstimate
    worst: IntervalEstimate
    drawdown: IntervalEstimate
    unrest: IntervalEstimate
    curves: tuple[RunCurve, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRobustness:
    """A cell's runs, tuned against default; words are None where nothing was compared.

    Attributes:
        cell: Its name.
        default, tuned: The variants; tuned is None while it is not known.
        spread: Whether tuned runs lie closer together, failed runs as the furthest off.
        drawdown, unrest: Whether they fall less deep, and go less up and down, while they train.
        tail: Whether their worst runs end higher, by the mark that a quarter of all runs of the
            cell stay below.
        has_looks: Whether seeds were added after results were seen, of which these words know
            nothing.
        p_adjusted: Of `spread`, corrected over all of these comparisons of the campaign.
        ratio: Spread of tuned over that of the default, mean distances from the median.
        mean: The cell's verdict, on the mean.
    """

    cell: str
    default: VariantRobustness
    tuned: VariantRobustness | None
    spread: Reliability | None
    drawdown: Reliability | None
    unrest: Reliability | None
    tail: Reliability | None
    has_looks: bool
    p_adjusted: float | None
    ratio: float | None
    mean: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadRatio:
    """Spread of tuned runs over that of default runs: geometric mean over cells.

    Attributes:
        ratio: Below 1 tuned runs lie closer together. The interval is Student's over cells.
        cells: How many have both.
    """

    ratio: IntervalEstimate
    cells: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """All cells, in the order of the leaderboard, and what they come to."""

    cells: tuple[CellRobustness, ...]
    overall: SpreadRatio


def robustness(record: CampaignRecord, rows: Sequence[LeaderboardRow]) -> Robustness:
    """Every cell's spread over seeds, worst runs, falls and failures, judged all at once.

    A spread is compared as a mean is: by the distances of the runs from the median of their own
    variant, with the rule of verdicts over all cells and all four questions together. It must be
    found once more by the distances of the runs from one another.
    """
    cells = {cell.name: cell for cell in record.first_searches}
    tuned_rows = [row for row in rows if row.tuned is not None and not row.kept_default]
    by_cell = dict(zip((row.cell for row in tuned_rows), _verdicts(cells, tuned_rows), strict=True))
    cell_rows = tuple(_cell(cells[row.cell], row, by_cell.get(row.cell, ())) for row in rows)
    return Robustness(cells=cell_rows, overall=_overall(cell_rows))


def _verdicts(
    cells: Mapping[str, CellRecord], rows: Sequence[LeaderboardRow]
) -> list[tuple[stats.JointVerdict, ...]]:
    """For each row the verdicts on spread, drawdown, unrest and the worst runs."""
    pairs, failures, distances = [], [], []
    for row in rows:
        scores = [(row.tuned, TUNED), (row.default, DEFAULT)]
        both = [_measures(cells[row.cell], name, each) for each, name in scores if each is not None]
        counts = 0 if row.tuned is None else len(row.tuned.failed), len(row.default.failed)
        # Less is better, and the rule asks which is more.
        pairs += [(-tuned, -default) for tuned, default in zip(*both, strict=True)]
        tuned, default = (scores_array(each) for each, _ in scores if each is not None)
        pairs.append(stats.common_tails(tuned, default))
        failures += [counts, (0, 0), (0, 0), counts]
        distances.append((-stats.pairwise_distances(tuned), -stats.pairwise_distances(default)))
    verdicts = stats.judge_jointly(pairs, failures=failures)
    seconds = stats.judge_jointly(distances, failures=failures[::_QUESTIONS])
    return [
        (_require_both(verdicts[k], second), *verdicts[k + 1 : k + _QUESTIONS])
        for k, second in zip(range(0, len(verdicts), _QUESTIONS), seconds, strict=True)
    ]


def _require_both(first: stats.JointVerdict, second: stats.JointVerdict) -> stats.JointVerdict:
    """A spread is called different where two measures of it both say so."""
    word: stats.Verdict = "no clear difference"
    if first.word in {second.word, "too few seeds"}:
        word = first.word
    p_value = max(first.p_adjusted, second.p_adjusted)
    return replace(first, word=word, welch_adjusted=p_value, permutation_adjusted=p_value)


def _measures(cell: CellRecord, variant: str, scores: VariantScores) -> tuple[Array, Array, Array]:
    curves = _curve_array(cell, variant)
    return (
        stats.central_deviations(scores_array(scores)),
        stats.largest_drawdowns(curves),
        stats.unrest(curves),
    )


def _curve_array(cell: CellRecord, variant: str) -> Array:
    """Mean return of every evaluation of the runs that ended with a score."""
    results = [run.result for run in cell.runs_of(Rung.TEST, variant)]
    rows = [
        [evaluation.mean for evaluation in result.evaluations]
        for result in results
        if result is not None and result.score is not None
    ]
    curves = np.full((len(rows), max(map(len, rows), default=0)), np.nan)
    for index, row in enumerate(rows):
        curves[index, : len(row)] = row
    return curves


def _cell(
    cell: CellRecord, row: LeaderboardRow, verdicts: Sequence[stats.JointVerdict]
) -> CellRobustness:
    has_ended = row.tuned is not None and not row.tuned.pending + row.default.pending
    words = [_word(verdict) if has_ended else None for verdict in verdicts] or [None] * _QUESTIONS
    ratio = math.nan
    if row.tuned is not None and not row.kept_default:
        ratio = _distance(row.tuned) / _distance(row.default)
    return CellRobustness(
        cell=row.cell,
        default=_variant(cell, row.default),
        tuned=None if row.tuned is None else _variant(cell, row.tuned),
        spread=words[0],
        drawdown=words[1],
        unrest=words[2],
        tail=words[3],
        has_looks=row.interim is not None or bool(row.raised_from),
        p_adjusted=none_for_nan(verdicts[0].p_adjusted) if verdicts else None,
        ratio=none_for_nan(ratio),
        mean=row.verdict,
    )


def _word(verdict: stats.JointVerdict) -> Reliability:
    word = verdict.word
    return _WORDS.get(word, word)  # type: ignore[arg-type]


def _distance(scores: VariantScores) -> float:
    """Mean distance from the median; NaN where it tells nothing."""
    deviations = stats.central_deviations(scores_array(scores))
    mean = float(deviations.mean()) if len(deviations) > 1 else 0.0
    return mean or math.nan


def _variant(cell: CellRecord, scores: VariantScores) -> VariantRobustness:
    values, curves = scores_array(scores), _curve_array(cell, scores.variant)
    runs = len(scores.seeds) - scores.pending
    return VariantRobustness(
        variant=scores.variant,
        runs=runs,
        failed=len(scores.failed),
        failure_rate=interval_estimate(stats.proportion(len(scores.failed), runs)),
        spread=_finite(stats.interquartile_range(values)),
        worst=interval_estimate(stats.shortfall_interval(values)),
        drawdown=_mean(stats.largest_drawdowns(curves)),
        unrest=_mean(stats.unrest(curves)),
        curves=_run_curves(cell, scores),
    )


def _finite(estimate: stats.Estimate) -> IntervalEstimate:
    high = math.nan if math.isinf(estimate.high) else estimate.high
    return interval_estimate(replace(estimate, high=high))


def _mean(values: Array) -> IntervalEstimate:
    """Mean over runs of what is never below 0."""
    interval = stats.mean_interval(values)
    return interval_estimate(replace(interval, low=float(np.maximum(interval.low, 0.0))))


def _run_curves(cell: CellRecord, scores: VariantScores) -> tuple[RunCurve, ...]:
    runs = [run for run in cell.runs_of(Rung.TEST, scores.variant) if run.result]
    values = [-math.inf if run.score is None else run.score for run in runs]
    curves = [
        RunCurve(
            seed=run.seed,
            percentile=None
            if value == -math.inf
            else sum(other <= value for other in values) / len(values),
            steps=tuple(each.step for each in run.result.evaluations),
            means=tuple(each.mean for each in run.result.evaluations),
        )
        for run, value in zip(runs, values, strict=True)
        if run.result is not None
    ]
    return tuple(sorted(curves, key=lambda curve: curve.percentile or 0.0))


def _overall(cells: Sequence[CellRobustness]) -> SpreadRatio:
    logarithms = [math.log(cell.ratio) for cell in cells if cell.ratio]
    interval = stats.mean_interval(logarithms)
    ends = (interval.low, interval.high) if len(logarithms) >= _MIN_CELLS else (math.nan, math.nan)
    value, low, high = map(math.exp, (interval.mean, *ends))
    ratio = interval_estimate(stats.Estimate(value=value, low=low, high=high))
    return SpreadRatio(ratio=ratio, cells=len(logarithms))
