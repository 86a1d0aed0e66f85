"""Repeated searches of a cell: is it tuning that helps, or was it this search?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness import stats
from harness.analysis.leaderboard_rows import LeaderboardRow
from harness.analysis.variant_scores import (
    IntervalEstimate,
    interval_estimate,
    none_for_nan,
    scores_array,
    test_scores,
)
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import DEFAULT, TUNED

HELPS: Final = "tuning helps"
HURTS: Final = "tuning hurts"
ONE_HELPED: Final = "one search helped"
UNDECIDED: Final = "undecided"
WAITING: Final = "not done yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchWinner:
    """What one search shipped, on held-out seeds.

    Attributes:
        cell: Name of the search's cell.
        winner: ``default`` or ``trial-<number>``; None while undecided.
        mean, low, high: With Student's interval over its seeds.
        finished, failed, pending: Runs.
    """

    cell: str
    winner: str | None
    mean: float | None
    low: float | None
    high: float | None
    finished: int
    failed: int
    pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedSearches:
    """All searches of one scenario and algorithm.

    Attributes:
        cell: Name of the first search's cell.
        winners: Each search's, the first one first.
        default: Mean of the default.
        first_word: The verdict on the first search alone, which the leaderboard shows.
        difference: Mean of the winners less the default; the interval is over searches, at the
            level of the word.
        p_adjusted: Corrected over all cells with repeated searches.
        next_search: Where one more search's mean less the default's is expected.
        raised_from: Numbers of searches whose winners had been tested when more were asked for.
        answer: `tuning helps`, `tuning hurts`, `one search helped`, `undecided`, `not done yet`.
    """

    cell: str
    winners: tuple[SearchWinner, ...]
    default: float | None
    first_word: str | None
    difference: IntervalEstimate
    p_adjusted: float | None
    next_search: IntervalEstimate
    raised_from: tuple[int, ...]
    answer: str


def repeated_searches(
    record: CampaignRecord, rows: Sequence[LeaderboardRow]
) -> tuple[RepeatedSearches, ...]:
    """One for each cell that is searched more than once, in the order of the leaderboard."""
    cells = {cell.name: cell for cell in record.first_searches}
    groups = {row.cell: record.searches(cells[row.cell]) for row in rows}
    repeats = {name: group for name, group in groups.items() if len(group) > 1}
    effects = {name: _effect(group) for name, group in repeats.items()}
    raw = [math.nan if each is None else each.p_value for each in effects.values()]
    adjusted = dict(zip(effects, stats.holm(raw), strict=True))
    levels = dict(zip(effects, stats.holm_levels(raw, stats.ALPHA), strict=True))
    words = {row.cell: row.verdict for row in rows}
    return tuple(
        replace(
            _summary(name, group, effects[name], float(adjusted[name]), float(levels[name]), words),
            raised_from=record.raised_searches(name),
        )
        for name, group in repeats.items()
    )


def _effect(
    searches: Sequence[CellRecord], level: float = stats.ALPHA
) -> stats.SearchEffect | None:
    """None while a search has runs to do, or no score at all."""
    default = test_scores(searches[0], DEFAULT)
    winners = [test_scores(cell, TUNED) for cell in searches]
    if any(each.pending or not each.finished for each in (default, *winners)):
        return None
    scores = [stats.finite(scores_array(each)) for each in winners]
    return stats.search_effect(scores, stats.finite(scores_array(default)), 1 - level)


def _summary(
    name: str,
    searches: Sequence[CellRecord],
    effect: stats.SearchEffect | None,
    p_adjusted: float,
    level: float,
    words: Mapping[str, str | None],
) -> RepeatedSearches:
    summary = RepeatedSearches(
        cell=name,
        winners=tuple(map(_winner, searches)),
        default=test_scores(searches[0], DEFAULT).mean,
        first_word=words[name],
        difference=IntervalEstimate(value=None, low=None, high=None),
        p_adjusted=none_for_nan(p_adjusted),
        next_search=IntervalEstimate(value=None, low=None, high=None),
        raised_from=(),
        answer=WAITING,
    )
    if effect is None:
        return summary
    # The interval leaves out 0 just where the corrected test does.
    estimate = stats.Estimate(value=effect.value, low=effect.next_low, high=effect.next_high)
    fitting = effect if math.isnan(level) else _effect(searches, level) or effect
    return replace(
        summary,
        difference=interval_estimate(replace(estimate, low=fitting.low, high=fitting.high)),
        next_search=interval_estimate(estimate),
        answer=_answer(effect, p_adjusted, words[name]),
    )


def _answer(effect: stats.SearchEffect, p_adjusted: float, first_word: str | None) -> str:
    if p_adjusted < stats.ALPHA:
        return HELPS if effect.value > 0 else HURTS
    return ONE_HELPED if first_word in {"improved", "better"} else UNDECIDED


def _winner(cell: CellRecord) -> SearchWinner:
    scores = test_scores(cell, TUNED)
    return SearchWinner(
        cell=cell.name,
        winner=None if cell.winner is None else str(cell.winner),
        mean=scores.mean,
        low=scores.low,
        high=scores.high,
        finished=scores.finished,
        failed=len(scores.failed),
        pending=scores.pending,
    )
