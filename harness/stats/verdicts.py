"""The rule of verdicts: two tests of many comparisons at once, and what follows from them.

Whatever a report corrects goes through `judge_jointly`, so that its word, its places and the
difference that it could have seen are of one rule.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import scipy

from harness.stats.detectable_differences import smallest_detectable_difference
from harness.stats.failed_runs import worst_ranks
from harness.stats.intervals import NO_ESTIMATE, Estimate, Scores, finite, mean_interval
from harness.stats.multiplicity import benjamini_hochberg, holm, holm_levels
from harness.stats.permutation_tests import RESAMPLES, joint_permutation_test, permutation_p
from harness.stats.two_samples import welch_interval, welch_p, welch_test

Verdict = Literal["improved", "worse", "unstable", "no clear difference", "too few seeds"]

ALPHA: Final = 0.05
"""Two-sided level of every verdict, over all comparisons together."""

Correction = Literal["holm", "fdr"]
"""What is held at the level: the chance of any false finding, or the share of false findings."""

MIN_SEEDS: Final = 4
"""Scores each sample needs: with three against three no permutation test can reach 5 %."""


def p_text(p: float) -> str:
    """``p < 0.001`` or ``p = 0.023``, with digits that tell it from the level."""
    if p < 0.001:
        return "p < 0.001"
    digits = 3 if p < 0.1 else 2
    texts = (f"{p:.{n}f}" for n in range(digits, 20))
    return f"p = {next(text for text in texts if float(text) != ALPHA or p == ALPHA)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class JointVerdict:
    """What the rule says of one comparison among many; NaN where it was not tested.

    Attributes:
        word: The verdict; the direction is that of the means.
        complete_case, worst_case: What it would be by the runs that ended alone, and with failed
            runs as the worst of all; they differ where the word is ``unstable``.
        welch_adjusted: Welch's p-value after Holm's correction over the comparisons.
        permutation_adjusted: That of the permutation test over all of them at once.
        low, high: Interval of the difference of the means by the same rule: without 0 where a
            difference is found, with 0 where none is; NaN where nothing was tested.
        level: Level at which Welch's test decides on this comparison, the others being as they are.
        critical: What its statistic must exceed in the permutation test.
        detectable: Smallest true difference that the rule finds with 80 % power, given these
            spreads and numbers of seeds.
    """

    word: Verdict
    complete_case: Verdict
    worst_case: Verdict
    welch_adjusted: float
    permutation_adjusted: float
    low: float
    high: float
    level: float
    critical: float
    detectable: float

    @property
    def p_adjusted(self) -> float:
        """What the verdict goes by: it takes both tests."""
        return max(self.welch_adjusted, self.permutation_adjusted)


def judge_jointly(
    pairs: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]],
    *,
    share: float = 1.0,
    is_tested: Sequence[bool] | None = None,
    failures: Sequence[tuple[int, int]] | None = None,
    resamples: int = RESAMPLES,
    correction: Correction = "holm",
) -> tuple[JointVerdict, ...]:
    """Verdicts of many comparisons; the chance of any false one is held at the level.

    A difference is found where Welch's test, adjusted by Holm's method, and the permutation test of
    all comparisons at once both find it. Where runs failed it must be found twice: among those that
    ended, and by ranks among which the failed ones are the worst.

    Args:
        pairs: Samples of shape (n_seeds,), NaN = missing, any lengths; ``improved`` says that the
            first is better than the second.
        share: The share of `ALPHA` that these comparisons have among others.
        is_tested: Which of them are tested; all by default. A pair with fewer than `MIN_SEEDS`
            scores on a side never is.
        failures: How many runs of each side failed; none by default.
        resamples: Random permutations of the second test.
        correction: ``fdr`` holds the expected share of false ones among the findings at the level,
            for many comparisons: each has a permutation test of its own then.

    Raises:
        ValueError: A score is infinite.

    Source: of the tests in `holm`, `welch_test` and `joint_permutation_test`; why there are two in
    docs/adr/0019-a-verdict-takes-two-tests.md. The ranks are those of Lachin (1999), Worst-rank
    score analysis with informatively missing observations in clinical trials; ``fdr`` is Benjamini
    and Hochberg (1995), Controlling the false discovery rate, of both tests. The intervals are
    Holm's where nothing is found and those of Benjamini and Yekutieli (2005), False discovery
    rate-adjusted multiple confidence intervals for selected parameters, where something is.
    """
    verdicts = _judge_complete_cases(pairs, share, is_tested, resamples, correction)
    if failures is None or not any(map(any, failures)):
        return verdicts
    ranks = [
        worst_ranks(*pair, counts) if any(counts) else pair
        for pair, counts in zip(pairs, failures, strict=True)
    ]
    worst_cases = _judge_complete_cases(ranks, share, is_tested, resamples, correction)
    return tuple(
        replace(verdict, word=agreed_word(verdict.word, worst.word), worst_case=worst.word)
        if any(counts)
        else verdict
        for verdict, worst, counts in zip(verdicts, worst_cases, failures, strict=True)
    )


def agreed_word(complete_case: Verdict, worst_case: Verdict) -> Verdict:
    """The word of a comparison whose runs failed in part: a finding must hold both ways."""
    if complete_case == worst_case or not {"improved", "worse"} & {complete_case, worst_case}:
        return complete_case
    return "unstable"


def _judge_complete_cases(
    pairs: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]],
    share: float,
    is_tested: Sequence[bool] | None,
    resamples: int,
    correction: Correction,
) -> tuple[JointVerdict, ...]:
    scores = [(finite(first), finite(second)) for first, second in pairs]
    has_test = [
        (is_tested is None or is_tested[k]) and min(len(pair[0]), len(pair[1])) >= MIN_SEEDS
        for k, pair in enumerate(scores)
    ]
    samples = [
        pair if ok else (pair[0][:0], pair[1][:0])
        for pair, ok in zip(scores, has_test, strict=True)
    ]
    if correction == "fdr":
        tests = _share_of_false(samples, share)
    else:
        tests = _any_false(samples, share, resamples)
    columns = zip(scores, *(column.tolist() for column in tests), strict=True)
    return tuple(_judge(*column) for column in columns)


_Tests = tuple[Scores, Scores, Scores, Scores, Scores]
"""Adjusted p-values of both tests, levels of verdict and interval, and critical values."""


def _any_false(samples: Sequence[tuple[Scores, Scores]], share: float, resamples: int) -> _Tests:
    raw = [welch_p(*pair) for pair in samples]
    by_permutation = joint_permutation_test(
        [a for a, _ in samples], [b for _, b in samples], alpha=ALPHA * share, resamples=resamples
    )
    welch = np.minimum(holm(raw) / share, 1.0)
    permutation = np.minimum(by_permutation.p_values / share, 1.0)
    is_found = np.maximum(welch, permutation) < ALPHA
    levels = holm_levels(raw, ALPHA * share)
    # Of m intervals the R found are reported as findings: so many at most are to be wrong.
    finding_level = ALPHA * share * is_found.sum() / max(1, int((~np.isnan(levels)).sum()))
    interval_levels = np.where(is_found, np.maximum(levels, finding_level), levels)
    return welch, permutation, levels, interval_levels, by_permutation.criticals


def _share_of_false(samples: Sequence[tuple[Scores, Scores]], share: float) -> _Tests:
    raw = np.array([welch_p(*pair) for pair in samples], dtype=np.float64)
    by_permutation = np.array([permutation_p(*pair) for pair in samples], dtype=np.float64)
    welch = np.minimum(benjamini_hochberg(raw) / share, 1.0)
    permutation = np.minimum(benjamini_hochberg(by_permutation) / share, 1.0)
    is_found = np.maximum(welch, permutation) < ALPHA
    m = max(1, int((~np.isnan(raw)).sum()))
    # One more finding would be decided at this level; those there are have theirs.
    counts = np.minimum(is_found.sum() + ~is_found, m)
    levels = np.where(np.isnan(raw), np.nan, ALPHA * share * counts / m)
    # An interval without 0 beside no finding would say more than both tests do.
    sizes = np.array([_size(*pair) for pair in samples], dtype=np.float64)
    criticals = np.where(is_found, 0.0, np.where(raw < levels, sizes, 0.0))
    return welch, permutation, levels, levels, criticals


def _size(first: Scores, second: Scores) -> float:
    if min(len(first), len(second)) < 2:
        return 0.0
    test = welch_test(first, second)
    return abs(float(test.difference)) / float(test.error) if test.error > 0 else 0.0


def _judge(
    pair: tuple[Scores, Scores],
    welch: float,
    permutation: float,
    level: float,
    interval_level: float,
    critical: float,
) -> JointVerdict:
    first, second = pair
    word: Verdict = "no clear difference"
    if min(len(first), len(second)) < MIN_SEEDS:
        word = "too few seeds"
    elif max(welch, permutation) < ALPHA and first.mean() != second.mean():
        word = "improved" if first.mean() > second.mean() else "worse"
    interval = NO_ESTIMATE  # An interval that no test stands behind would claim more than the word.
    if not math.isnan(level):
        interval = welch_interval(*pair, alpha=interval_level, critical=critical)
    return JointVerdict(
        word=word,
        complete_case=word,
        worst_case=word,
        welch_adjusted=welch,
        permutation_adjusted=permutation,
        low=interval.low,
        high=interval.high,
        level=level,
        critical=critical,
        detectable=smallest_detectable_difference(*pair, alpha=level, critical=critical),
    )


def one_sample_intervals(
    samples: Sequence[npt.ArrayLike], numbers: Sequence[float]
) -> tuple[tuple[Estimate, float], ...]:
    """Means less a bare number each, with intervals that agree with the corrected tests.

    A number without seeds leaves no labels to permute: Student's test stands alone.

    Args:
        samples: Each of shape (n_seeds,); NaN = missing. With fewer than `MIN_SEEDS` scores one is
            not tested.
        numbers: What each is held against.

    Returns:
        The difference with its interval, and the p-value adjusted by Holm's method; NaN where
        nothing was tested, or scores have no spread.

    Source: Student (1908), Holm (1979), Benjamini and Yekutieli (2005), as in `judge_jointly`.
    """
    scores = [finite(sample) - number for sample, number in zip(samples, numbers, strict=True)]
    raw = [
        float(scipy.stats.ttest_1samp(values, 0.0).pvalue)
        if len(values) >= MIN_SEEDS and np.ptp(values) > 0
        else math.nan
        for values in scores
    ]
    adjusted, levels = holm(raw), holm_levels(raw, ALPHA)
    finding_level = ALPHA * (adjusted < ALPHA).sum() / max(1, int((~np.isnan(adjusted)).sum()))
    estimates = []
    for values, p, level in zip(scores, adjusted.tolist(), levels.tolist(), strict=True):
        alpha = max(level, finding_level) if p < ALPHA else level
        interval = mean_interval(values, 1 - alpha) if not math.isnan(p) else None
        value = float(values.mean()) if len(values) else math.nan
        without_interval = Estimate(value=value, low=math.nan, high=math.nan)
        estimates.append((interval or without_interval, p))
    return tuple(estimates)


def rank_ranges(
    samples: Sequence[npt.ArrayLike], failures: Sequence[int] | None = None
) -> tuple[tuple[int, int], ...]:
    """First and last rank each sample may have; only a test excludes a rank.

    All pairs are judged as verdicts are. A sample's first rank comes after all that are clearly
    better, its last before all that are clearly worse.

    Args:
        samples: Each of shape (n_seeds,), with at least one score; NaN = missing.
        failures: How many runs of each failed; none by default.

    Returns:
        (first, last) from 1, in the order of the samples.

    Source: Al Mohamad, Goeman, van Zwet (2022), Simultaneous confidence intervals for ranks.
    """
    scores = [finite(sample) for sample in samples]
    pairs = list(combinations(range(len(scores)), 2))
    samples_of = [(scores[i], scores[j]) for i, j in pairs]
    if not (holm([welch_p(*both) for both in samples_of]) < ALPHA).any():
        return ((1, len(scores)),) * len(scores)  # What else is asked could only disagree.
    counts = failures or (0,) * len(scores)
    verdicts = judge_jointly(samples_of, failures=[(counts[i], counts[j]) for i, j in pairs])
    losses, wins = np.zeros(len(scores), dtype=int), np.zeros(len(scores), dtype=int)
    for pair, verdict in zip(pairs, verdicts, strict=True):
        if verdict.word in {"improved", "worse"}:
            better, worse = pair if verdict.word == "improved" else pair[::-1]
            losses[worse] += 1
            wins[better] += 1
    return tuple(
        (1 + int(loss), len(scores) - int(win)) for loss, win in zip(losses, wins, strict=True)
    )
