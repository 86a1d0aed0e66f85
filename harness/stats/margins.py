"""Practical relevance: is a difference larger than one that matters, or surely smaller?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from harness.stats.intervals import finite
from harness.stats.permutation_tests import RESAMPLES
from harness.stats.verdicts import JointVerdict, Verdict, judge_jointly

Relevance = Literal["better", "worse", "equivalent", "undecided", "too few seeds"]

_FINDINGS: Final = frozenset({"better", "worse", "equivalent"})

Bars = tuple[npt.ArrayLike, npt.ArrayLike]
"""The scores that something is held against, raised and lowered by the margin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginVerdict:
    """What the rule says of one comparison with a margin.

    Attributes:
        word: ``better`` and ``worse`` by more than the margin, ``equivalent`` within it.
        complete_case, worst_case: What it would be by the runs that ended alone, and with failed
            runs as the worst of all; where one is a finding and the other is not, the word is
            ``undecided``.
        low, high: Interval of the difference that agrees with the word; NaN without one.
        margin: In the units of the scores, upwards; NaN without scores.
        p_adjusted: Of the tests that gave the word; NaN where none was given.
    """

    word: Relevance
    complete_case: Relevance
    worst_case: Relevance
    low: float
    high: float
    margin: float
    p_adjusted: float


def judge_margins(
    tuned: Sequence[npt.ArrayLike],
    default: Sequence[npt.ArrayLike],
    bars: Sequence[Bars],
    *,
    share: float = 1.0,
    is_tested: Sequence[bool] | None = None,
    failures: Sequence[tuple[int, int]] | None = None,
    resamples: int = RESAMPLES,
) -> tuple[MarginVerdict, ...]:
    """Verdicts of many comparisons on a difference that matters.

    The rule of verdicts is asked twice, against the default raised by the margin and lowered by it.
    Above the raised one tuned is better, below the lowered one worse, and between the two, each
    excluded by its own test, equivalent. Only one of the three can be true, and each is claimed
    wrongly on one side of a two-sided test alone, so that all words together keep the level.

    Args:
        tuned, default: One sample of shape (n_seeds,) per comparison; NaN = missing.
        bars: The default raised and lowered by the margin. A margin that is a share of the
            default's mean makes each of its scores so much larger or smaller.
        share, is_tested, failures, resamples: As in `judge_jointly`.

    Source: Schuirmann (1987), A comparison of the two one-sided tests procedure; three words of one
    partition after Goeman, Solari, Stijnen (2010), Three-sided hypothesis testing.
    """
    upper, lower = (
        judge_jointly(
            [(sample, bar[side]) for sample, bar in zip(tuned, bars, strict=True)],
            share=share,
            is_tested=is_tested,
            failures=failures,
            resamples=resamples,
        )
        for side in (0, 1)
    )
    return tuple(
        _margin_verdict(above, below, default=scores, bar=bar)
        for above, below, scores, bar in zip(upper, lower, default, bars, strict=True)
    )


def _margin_verdict(
    above: JointVerdict, below: JointVerdict, *, default: npt.ArrayLike, bar: Bars
) -> MarginVerdict:
    mean = _mean(default)
    up, down = (_mean(side) - mean for side in bar)
    # Both intervals are of a difference from a bar; moved back they are of one from the default.
    upper, lower = (above.low + up, above.high + up), (below.low + down, below.high + down)
    complete_case = _word(above.complete_case, below.complete_case)
    worst_case = _word(above.worst_case, below.worst_case)
    word = complete_case
    if complete_case != worst_case and _FINDINGS & {complete_case, worst_case}:
        word = "undecided"
    if word == "better":
        low, high = upper
    elif word == "worse":
        low, high = lower
    elif word == "equivalent":
        low, high = lower[0], upper[1]
    else:
        low, high = min(upper[0], lower[0]), max(upper[1], lower[1])
    p_values: dict[Relevance, float] = {
        "better": above.p_adjusted,
        "worse": below.p_adjusted,
        "equivalent": max(above.p_adjusted, below.p_adjusted),
    }
    return MarginVerdict(
        word=word,
        complete_case=complete_case,
        worst_case=worst_case,
        low=low,
        high=high,
        margin=up,
        p_adjusted=p_values.get(word, np.nan),
    )


def _word(above: Verdict, below: Verdict) -> Relevance:
    if above == "too few seeds":
        return above
    if above == "improved":
        return "better"
    if below == "worse":
        return "worse"
    return "equivalent" if (above, below) == ("worse", "improved") else "undecided"


def _mean(scores: npt.ArrayLike) -> float:
    values = finite(scores)
    return float(values.mean()) if len(values) else np.nan
