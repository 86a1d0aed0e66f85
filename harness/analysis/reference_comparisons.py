"""Tuned against what else a user names: variants that were trained beside it, and bare numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness import stats
from harness.analysis.leaderboard_rows import LeaderboardRow
from harness.analysis.leaderboard_rows import Word as CellWord
from harness.analysis.margin_bars import margin_bars
from harness.analysis.variant_scores import Array, VariantScores, none_for_nan, scores_array

BASELINE = "baseline"
"""Name of a number that the matrix gives and nobody trained here."""

Word = CellWord | Literal["similar", "below"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceComparison:
    """Tuned minus something else in a cell, in returns.

    Attributes:
        cell: The cell.
        name: A named variant, or ``baseline``.
        is_main: Whether the matrix names it as what tuned is held against.
        mean, low, high: The other's mean with its interval; a bare number has none.
        caveat: What that interval cannot know; may be empty.
        finished, seeds: Its scores and its seeds; None for a bare number.
        difference: Tuned minus this one; None while either is missing.
        difference_low, difference_high: Its interval, which agrees with the word.
        share: The difference as a share of the size of a bare number; None for a variant.
        p_adjusted: Corrected over all comparisons of the campaign with the same kind of thing.
        word: None while runs of either are still to do. Against a variant one of the verdict's;
            against a number ``improved``, ``similar`` or ``below``.
    """

    cell: str
    name: str
    is_main: bool
    mean: float | None
    low: float | None
    high: float | None
    caveat: str
    finished: int | None
    seeds: int | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    share: float | None
    p_adjusted: float | None
    word: Word | None


def reference_comparisons(rows: Sequence[LeaderboardRow]) -> tuple[ReferenceComparison, ...]:
    """Every named variant and every bare number, in the order of the leaderboard.

    Of a cell what the matrix holds tuned against comes first.

    Variants are judged by the rule of verdicts, all of the campaign together. A bare number has no
    seeds to permute: Student's test of one sample decides, with Holm's correction over the cells.
    """
    by_cell: dict[str, list[ReferenceComparison]] = {row.cell: [] for row in rows}
    for comparison in (*_variants(rows), *_baselines(rows)):
        by_cell[comparison.cell].append(comparison)
    groups = (sorted(group, key=lambda each: not each.is_main) for group in by_cell.values())
    return tuple(comparison for group in groups for comparison in group)


def _variants(rows: Sequence[LeaderboardRow]) -> Iterator[ReferenceComparison]:
    both = [(row, variant) for row in rows for variant in row.variants]
    pairs = [(_scores(row), scores_array(variant)) for row, variant in both]
    failures = [
        (0 if row.tuned is None else len(row.tuned.failed), len(variant.failed))
        for row, variant in both
    ]
    verdicts = _verdicts([row for row, _ in both], pairs, failures)
    for (row, variant), verdict in zip(both, verdicts, strict=True):
        has_ended = row.tuned is not None and not row.tuned.pending and not variant.pending
        means = _mean(row.tuned), _mean(variant)
        yield ReferenceComparison(
            cell=row.cell,
            name=variant.variant,
            is_main=variant.variant == row.against,
            mean=variant.mean,
            low=variant.low,
            high=variant.high,
            caveat=variant.caveat,
            finished=variant.finished,
            seeds=len(variant.seeds),
            difference=none_for_nan(means[0] - means[1]),
            difference_low=none_for_nan(verdict.low),
            difference_high=none_for_nan(verdict.high),
            share=None,
            p_adjusted=none_for_nan(verdict.p_adjusted),
            word=verdict.word if has_ended and not math.isnan(means[0] - means[1]) else None,
        )


def _verdicts(
    rows: Sequence[LeaderboardRow],
    pairs: Sequence[tuple[Array, Array]],
    failures: Sequence[tuple[int, int]],
) -> list[stats.JointVerdict | stats.MarginVerdict]:
    """The rule of verdicts; where the cell has a margin, on a difference that matters."""
    verdicts: list[stats.JointVerdict | stats.MarginVerdict] = []
    verdicts += stats.judge_jointly(pairs, failures=failures)
    margins = {k: row.margin for k, row in enumerate(rows) if row.margin is not None}
    if not margins:
        return verdicts
    relevant = stats.judge_margins(
        [pairs[k][0] for k in margins],
        [pairs[k][1] for k in margins],
        [margin_bars(pairs[k][1], margin, _ends(rows[k])) for k, margin in margins.items()],
        share=len(margins) / len(rows),
        failures=[failures[k] for k in margins],
    )
    for k, verdict in zip(margins, relevant, strict=True):
        verdicts[k] = verdict
    return verdicts


def _ends(row: LeaderboardRow) -> tuple[float, float] | None:
    if row.random is None or row.reference is None or row.random == row.reference:
        return None
    return row.random, row.reference


def _baselines(rows: Sequence[LeaderboardRow]) -> Iterator[ReferenceComparison]:
    pairs = [(row, row.baseline) for row in rows if row.baseline is not None]
    samples = [_scores(row) for row, _ in pairs]
    estimates = stats.one_sample_intervals(samples, [value for _, value in pairs])
    for (row, value), (estimate, p) in zip(pairs, estimates, strict=True):
        has_ended = row.tuned is not None and row.tuned.finished > 0 and not row.tuned.pending
        share = estimate.value / abs(value) if value else math.nan
        yield ReferenceComparison(
            cell=row.cell,
            name=BASELINE,
            is_main=False,
            mean=value,
            low=None,
            high=None,
            caveat="",
            finished=None,
            seeds=None,
            difference=none_for_nan(estimate.value),
            difference_low=none_for_nan(estimate.low),
            difference_high=none_for_nan(estimate.high),
            share=none_for_nan(share),
            p_adjusted=none_for_nan(p),
            word=_baseline_word(row, estimate) if has_ended else None,
        )


def _baseline_word(row: LeaderboardRow, estimate: stats.Estimate) -> Word:
    if row.tuned is not None and row.tuned.finished < stats.MIN_SEEDS:
        return "too few seeds"
    if math.isnan(estimate.low):
        # Every run returned the same: whether that is this number is all there is to say.
        return "similar" if estimate.value == 0 else "no clear difference"
    if estimate.low > 0:
        # Failed runs have no score: with some of them nothing is above a bare number for certain.
        return "unstable" if row.tuned is not None and row.tuned.failed else "improved"
    return "below" if estimate.high < 0 else "similar"


def _scores(row: LeaderboardRow) -> Array:
    return np.empty(0) if row.tuned is None else scores_array(row.tuned)


def _mean(variant: VariantScores | None) -> float:
    return math.nan if variant is None or variant.mean is None else variant.mean
