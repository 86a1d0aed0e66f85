"""Intervals, many comparisons, words, normalised scores and the surface."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from harness import stats
from harness.stats.multiplicity import SERIES

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_mean_interval_is_students() -> None:
    values = np.array([3.0, 5.0, 4.0, 8.0])
    found = stats.mean_interval([*values, math.nan])
    low, high = scipy_stats.t.interval(0.95, 3, values.mean(), scipy_stats.sem(values))
    assert (found.mean, found.low, found.high) == pytest.approx((5.0, low, high))
    assert found.n == 4


def test_mean_interval_of_few_scores() -> None:
    assert stats.mean_interval([]).n == 0
    assert math.isnan(stats.mean_interval([math.nan]).mean)
    single = stats.mean_interval([2.0])
    assert single.mean == 2.0
    assert math.isnan(single.low)


def test_holm_of_a_known_example() -> None:
    adjusted = stats.holm([0.01, 0.04, 0.03, 0.005])
    assert adjusted == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_does_not_count_tests_that_were_not_made() -> None:
    adjusted = stats.holm([0.02, math.nan, 0.04])
    assert adjusted[[0, 2]] == pytest.approx([0.04, 0.04])
    assert math.isnan(adjusted[1])
    assert stats.holm([]).shape == (0,)


@given(p_values)
def test_holm_raises_p_values_and_keeps_their_order(given_p: list[float]) -> None:
    adjusted = stats.holm(given_p)
    assert (adjusted >= np.array(given_p)).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(given_p)]) >= 0).all()


@given(p_values)
def test_holm_does_not_depend_on_the_order(given_p: list[float]) -> None:
    assert stats.holm(given_p[::-1])[::-1] == pytest.approx(stats.holm(given_p))


@pytest.mark.parametrize(
    ("tuned", "default", "word"),
    [
        ([5, 6, 7, 8], [1, 2, 3, 4], "improved"),
        ([1, 2, 3, 4], [5, 6, 7, 8], "worse"),
        ([3, 6, 2, 8], [1, 2, 3, 4], "no clear difference"),
        ([5, 6, 7], [1, 2, 3, 4], "too few seeds"),
        ([5, 6, 7, math.nan], [1, 2, 3, 4], "too few seeds"),
    ],
)
def test_verdicts(tuned: list[float], default: list[float], word: str) -> None:
    (verdict,) = stats.judge_jointly([(tuned, default)])
    assert verdict.word == word
    assert (verdict.p_adjusted < stats.ALPHA) == (word in {"improved", "worse"})


def test_a_p_value_at_the_level_is_no_finding() -> None:
    """The least that 19 permutations can give is a twentieth."""
    far, near = np.arange(100.0, 110.0), np.arange(10.0)
    for pairs in ([(far, near)], [(far, near), (near, far)]):
        for verdict in stats.judge_jointly(pairs, resamples=19):
            assert verdict.p_adjusted == stats.ALPHA
            assert verdict.word == "no clear difference"
            assert verdict.low <= 0 <= verdict.high
    (found,) = stats.judge_jointly([(far, near)], resamples=39)
    assert (found.word, found.p_adjusted) == ("improved", 1 / 40)


@pytest.mark.parametrize("seeds", [4, 5, 10])
@pytest.mark.parametrize("share", [1.0, 0.4])
def test_an_interval_leaves_out_0_just_where_a_difference_is_found(
    seeds: int, share: float
) -> None:
    generator = np.random.default_rng(seeds)
    words = set()
    for number in range(30):
        cells = 1 + number % 8
        shifts = generator.choice([0.0, 1.5, 3.0, 5.0], (cells, 1))
        spreads = generator.choice([1.0, 4.0], (2, cells, 1))
        arms = spreads * generator.normal(0, 1, (2, cells, seeds))
        pairs = list(zip(arms[0] + shifts, arms[1], strict=True))
        for verdict in stats.judge_jointly(pairs, share=share, resamples=500):
            found = verdict.word in {"improved", "worse"}
            assert found == (verdict.low > 0 or verdict.high < 0)
            words.add(verdict.word)
    # Four against four cannot reach 2 % in a permutation test.
    assert words == {"improved", "no clear difference"} or (seeds, share) == (4, 0.4)


def test_of_the_intervals_of_findings_few_are_wrong() -> None:
    """Benjamini and Yekutieli's criterion; Welch's own intervals miss it by far."""
    campaigns, cells, seeds, generator = 60, 12, 5, np.random.default_rng(13)
    shares: dict[str, list[float]] = {"rule": [], "single": []}
    for _ in range(campaigns):
        effects = generator.normal(0, 1.2, cells)
        arms = generator.normal(0, 1, (2, cells, seeds))
        pairs = list(zip(arms[0] + effects[:, None], arms[1], strict=True))
        verdicts = stats.judge_jointly(pairs, resamples=500)
        found = [k for k, verdict in enumerate(verdicts) if verdict.word != "no clear difference"]
        single = [stats.compare(*pairs[k]) for k in found]
        rule = [verdicts[k] for k in found]
        for name, intervals in (("rule", rule), ("single", single)):
            missed = [
                not i.low <= effects[k] <= i.high for k, i in zip(found, intervals, strict=True)
            ]
            shares[name].append(float(np.mean(missed)) if missed else 0.0)
    slack = 3 * math.sqrt(0.05 * 0.95 / campaigns)
    assert np.mean(shares["rule"]) <= 0.05 + slack
    assert np.mean(shares["rule"]) < np.mean(shares["single"])


@pytest.mark.parametrize("others", [0, 5])
def test_verdicts_are_monotone_in_the_evidence_down_to_no_spread(others: int) -> None:
    """Scores that tell the arms apart ever more clearly are never a lesser finding."""
    generator = np.random.default_rng(11)
    noise = [tuple(generator.normal(0, 1, (2, 5))) for _ in range(others)]
    shape = generator.normal(0, 1, (2, 5))
    p_values = []
    for spread in (1.0, 0.1, 1e-3, 1e-5, 1e-7, 1e-9, 0.0):
        pair = (1 + spread * shape[0], spread * shape[1])
        p_values.append(stats.judge_jointly([pair, *noise])[0].p_adjusted)
    assert (np.diff(p_values) <= 0).all()
    (constant,) = stats.judge_jointly([([1] * 5, [0] * 5)])
    (almost,) = stats.judge_jointly([([1, 1, 1, 1, 0.999], [0] * 5)])
    assert constant.word == almost.word == "improved"
    (same,) = stats.judge_jointly([([1] * 5, [1] * 5)])
    assert (same.word, same.p_adjusted) == ("no clear difference", 1)


def test_returns_of_0_and_1_give_few_false_verdicts() -> None:
    """Constant arms lie apart by chance, too: once in 500 cells of five against five."""
    campaigns, cells, generator, wrong, apart = 300, 20, np.random.default_rng(12), 0, 0
    for _ in range(campaigns):
        arms = generator.integers(0, 2, (2, cells, 5)).astype(float)
        clean = (np.ptp(arms, axis=2) == 0).all(axis=0) & (arms[0, :, 0] != arms[1, :, 0])
        apart += clean.any()
        if clean.any():
            pairs = list(zip(*arms, strict=True))
            words = {one.word for one in stats.judge_jointly(pairs, resamples=1_000)}
            wrong += words != {"no clear difference"}
    assert apart > 0
    assert wrong / campaigns <= 0.05


def test_a_share_of_the_level_is_a_smaller_level() -> None:
    pair = ([5, 6, 7, 8, 9], [3, 4, 5, 6, 7])
    (whole,), (half,) = stats.judge_jointly([pair]), stats.judge_jointly([pair], share=0.5)
    assert half.p_adjusted == pytest.approx(2 * whole.p_adjusted)
    assert half.level == whole.level / 2
    assert half.detectable > whole.detectable


@pytest.mark.parametrize(
    ("failed", "word", "worst_case"),
    [
        ((0, 0), "improved", "improved"),
        ((1, 0), "improved", "improved"),
        ((6, 0), "unstable", "no clear difference"),
        ((30, 0), "unstable", "worse"),
        ((0, 6), "improved", "improved"),
    ],
)
def test_a_verdict_must_hold_with_failed_runs_as_the_worst(
    failed: tuple[int, int], word: str, worst_case: str
) -> None:
    tuned, default = [20.0, 21, 22, 23, 24, 25], [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    (verdict,) = stats.judge_jointly([(tuned, default)], failures=[failed])
    assert (verdict.word, verdict.complete_case) == (word, "improved")
    assert verdict.worst_case == worst_case


def test_failures_alone_give_no_verdict_but_are_not_passed_over() -> None:
    same = [1.0, 2, 3, 4, 5, 6]
    (verdict,) = stats.judge_jointly([(same, same)], failures=[(20, 0)])
    assert (verdict.word, verdict.complete_case, verdict.worst_case) == (
        "unstable", "no clear difference", "worse",
    )  # fmt: skip
    (few,) = stats.judge_jointly([([1.0, 2, 3], same)], failures=[(2, 0)])
    assert few.word == "too few seeds"


def test_failures_of_one_comparison_leave_the_others_alone() -> None:
    pairs = [([5, 6, 7, 8], [1, 2, 3, 4]), ([1, 2, 3, 4, 5], [2, 3, 4, 5, 6])]
    first, second = stats.judge_jointly(pairs, failures=[(0, 0), (5, 0)])
    assert first == stats.judge_jointly(pairs)[0]
    assert second.worst_case != second.complete_case or second.word == second.complete_case


def test_worst_ranks_put_failed_runs_below_all_scores() -> None:
    tuned, default = stats.worst_ranks([5.0, 7, math.nan], [5.0, 1], (2, 1))
    assert tuned.tolist() == [5.5, 7, 2, 2]
    assert default.tolist() == [5.5, 4, 2]


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=5), st.integers(0, 4), st.integers(0, 4))
def test_bounds_hold_whatever_failed_runs_would_have_scored(
    scores: list[float], first: int, second: int
) -> None:
    default = [*scores, 0.0]
    found = stats.difference_bounds(scores, default, (first, second))
    generator = np.random.default_rng(first)
    low, high = min(default), max(default)
    for _ in range(5):
        ours = [*scores, *generator.uniform(low, high, first)]
        theirs = [*default, *generator.uniform(low, high, second)]
        assert found.low - 1e-9 <= np.mean(ours) - np.mean(theirs) <= found.high + 1e-9
    assert found.low - 1e-9 <= found.value <= found.high + 1e-9


def test_what_is_not_tested_neither_counts_nor_gets_a_verdict() -> None:
    pairs = [([5, 6, 7, 8], [1, 2, 3, 4]), ([50, 60, 70, 80], [1, 2, 3, 4])]
    (alone,) = stats.judge_jointly(pairs[:1])
    both = stats.judge_jointly(pairs, is_tested=[True, False])
    assert both[0] == alone
    assert both[1].word == "no clear difference"
    assert math.isnan(both[1].p_adjusted)


def test_means_are_held_against_bare_numbers_by_students_test_alone() -> None:
    """Two of three are found: their intervals take two thirds of the level, the third one all."""
    samples = [[5.0, 6, 7, 8, 9], [3.0, 4, 6, 7], [10.0, 12, 11, 13, math.nan]]
    numbers = [1.0, 5.5, 5.0]
    raw = [
        scipy_stats.ttest_1samp(sample, number, nan_policy="omit").pvalue
        for sample, number in zip(samples, numbers, strict=True)
    ]
    assert max(raw[0], raw[2]) < 0.01
    assert raw[1] > 0.5
    found = stats.one_sample_intervals(samples, numbers)
    assert [p for _, p in found] == pytest.approx([3 * raw[0], raw[1], 2 * raw[2]])
    for (estimate, _), sample, number, level in zip(
        found, samples, numbers, (0.05 * 2 / 3, 0.05, 0.05 * 2 / 3), strict=True
    ):
        expected = stats.mean_interval(np.array(sample) - number, 1 - level)
        assert (estimate.value, estimate.low, estimate.high) == pytest.approx(
            (expected.mean, expected.low, expected.high)
        )


def test_few_scores_and_equal_ones_are_held_against_no_number() -> None:
    three, alike, nothing, four = stats.one_sample_intervals(
        [[5.0, 6, 7], [5.0] * 6, [], [1.5, 1.6, 1.7, 1.8]], [1.0] * 4
    )
    for (estimate, p), value in ((three, 5.0), (alike, 4.0), (nothing, math.nan)):
        assert estimate.value == pytest.approx(value, nan_ok=True)
        assert math.isnan(estimate.low)
        assert math.isnan(p)
    assert four[1] == pytest.approx(scipy_stats.ttest_1samp([0.5, 0.6, 0.7, 0.8], 0).pvalue)


@given(p_values)
def test_a_p_value_is_found_below_its_level(given_p: list[float]) -> None:
    levels = stats.holm_levels(given_p, 0.05)
    assert ((np.array(given_p) < levels) == (stats.holm(given_p) < 0.05)).all()


def test_half_of_a_series_level_is_for_the_first_and_half_is_even() -> None:
    first = stats.series_share(1)
    assert first == pytest.approx(3 / math.pi**2 + 1 / (2 * SERIES))
    assert first - stats.series_share(2) == pytest.approx(3 / math.pi**2 * (1 - 1 / 4))
    assert sum(stats.series_share(number) for number in range(1, SERIES + 1)) < 1


def test_normalise() -> None:
    assert stats.normalise(-150, random=-1200, reference=-150) == 1
    assert stats.normalise(-1200, random=-1200, reference=-150) == 0
    assert stats.normalise(900, random=-1200, reference=-150) == 2
    assert math.isnan(stats.normalise(1, random=5, reference=5))


def test_the_share_of_false_findings_lets_more_cells_through() -> None:
    generator = np.random.default_rng(3)
    shifts = np.where(np.arange(40) < 20, 2.0, 0.0)
    pairs = [(generator.normal(shift, 1, 8), generator.normal(0, 1, 8)) for shift in shifts]
    found = {
        correction: [
            verdict.word != "no clear difference"
            for verdict in stats.judge_jointly(pairs, resamples=500, correction=correction)
        ]
        for correction in ("holm", "fdr")
    }
    assert sum(found["fdr"]) > sum(found["holm"]) > 0
    assert sum(found["fdr"][20:]) <= 2


CLEAR, UNCLEAR = ([5.0, 6, 7, 9], [1.0, 2, 3, 4]), ([3.0, 6, 2, 8], [1.0, 2, 3, 4])


@pytest.mark.parametrize("share", [1.0, 0.8])
@pytest.mark.parametrize(("clear", "words"), [(1, {False}), (2, {True, False}), (4, {True, False})])
def test_the_share_of_false_findings_is_held_by_both_tests_alone(
    clear: int, words: set[bool], share: float
) -> None:
    """Of a single clear pair of four against four Welch's test alone is sure."""
    pairs = [CLEAR] * clear + [UNCLEAR]
    raw = np.array([scipy_stats.ttest_ind(a, b, equal_var=False).pvalue for a, b in pairs])
    welch, permutation = (
        np.minimum(1, scipy_stats.false_discovery_control(p) / share)
        for p in (raw, [stats.permutation_p(a, b) for a, b in pairs])
    )
    is_found = np.maximum(welch, permutation) < 0.05
    *judged, few = stats.judge_jointly(
        [*pairs, ([1.0, 2, 3], [2.0, 3, 4, 5])], correction="fdr", share=share
    )
    assert few.word == "too few seeds"
    if share == 1:
        assert set(is_found.tolist()) == words
    for k, (one, (a, b)) in enumerate(zip(judged, pairs, strict=True)):
        assert one.welch_adjusted == pytest.approx(welch[k])
        assert one.permutation_adjusted == pytest.approx(permutation[k])
        assert one.word == ("improved" if is_found[k] else "no clear difference")
        # One more finding would be decided at this level; those there are have theirs.
        counts = is_found.sum() + (0 if is_found[k] else 1)
        assert one.level == pytest.approx(0.05 * share * counts / len(pairs))
        size = abs(scipy_stats.ttest_ind(a, b, equal_var=False).statistic)
        is_stopped = raw[k] < one.level and not is_found[k]
        assert one.critical == pytest.approx(size if is_stopped else 0)
        assert (one.low > 1e-9) == is_found[k]


def test_intervals_of_the_share_of_false_findings_say_what_the_words_say() -> None:
    generator = np.random.default_rng(4)
    pairs = [(generator.normal(k / 8, 1, 6), generator.normal(0, 1, 6)) for k in range(24)]
    words = set()
    for verdict in stats.judge_jointly(pairs, correction="fdr"):
        leaves_out_0 = verdict.low > 0 or verdict.high < 0
        assert leaves_out_0 == (verdict.word != "no clear difference")
        words.add(verdict.word)
    assert len(words) == 2
