"""Variance components come out as they were put in, and are cut at 0 where nothing is left."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from harness import stats
from harness.stats.variance_components import MeanSquare, combined_squares


def runs(groups, seeds, *, search=0.0, seed=0.0, evaluation=0.0, episode=0.0, shape=(4, 6), rng=0):
    draw = np.random.default_rng(rng).standard_normal
    evaluations, episodes = shape
    return (
        search * draw((groups, 1, 1, 1))
        + seed * draw((groups, seeds, 1, 1))
        + evaluation * draw((groups, seeds, evaluations, 1))
        + episode * draw((groups, seeds, 1, episodes)) / math.sqrt(2)
        + episode * draw((groups, seeds, evaluations, episodes)) / math.sqrt(2)
    )


def components(returns):
    below = stats.run_components([list(group) for group in returns])
    return below, stats.between_groups([list(returns.mean(axis=(2, 3)))], below.scores)


def test_known_spreads_are_estimated():
    spreads = {"search": 5.0, "seed": 3.0, "evaluation": 2.0, "episode": 4.0}
    below, above = components(runs(400, 6, **spreads))
    parts = (above, below.seeds, below.evaluations, below.episodes)
    for part, spread in zip(parts, spreads.values(), strict=True):
        assert part.variance == pytest.approx(spread**2, rel=0.12)
        assert part.low < spread**2 < part.high
    assert below.scores.value == pytest.approx(9 + 4 / 4 + 8 / 6 + 8 / 24, rel=0.1)
    assert below.noise == pytest.approx(4 / 4 + 8 / 6 + 8 / 24, rel=0.1)
    assert below.episode_noise == pytest.approx(8 / 6 + 8 / 24, rel=0.1)


def test_a_level_that_adds_nothing_is_cut_at_0_about_half_of_the_time():
    estimates = [
        components(runs(3, 4, seed=1.0, episode=1.0, rng=number))[1] for number in range(60)
    ]
    assert 15 < sum(each.is_cut for each in estimates) < 50
    assert all(each.variance == 0 and each.low == 0 for each in estimates if each.is_cut)
    assert sum(each.high > 0 for each in estimates) > 50


def test_groups_of_other_sizes_count_by_what_they_are_worth():
    draw = np.random.default_rng(1).standard_normal
    sizes = [2, 2, 10] * 200
    groups = [draw() * 2 + draw(size) for size in sizes]
    within = stats.variance_components.pooled_square(groups)
    part = stats.between_groups([groups], within)
    assert part.variance == pytest.approx(4, rel=0.15)
    apart = [[group + 100 * number for group in groups[number::2]] for number in range(2)]
    assert stats.between_groups(apart, within).variance == pytest.approx(4, rel=0.15)


def test_what_runs_cannot_tell_is_not_told():
    one_evaluation, _ = components(runs(5, 3, seed=1.0, episode=1.0, shape=(1, 6)))
    assert math.isnan(one_evaluation.evaluations.variance)
    assert one_evaluation.episodes.variance > 0 < one_evaluation.seeds.variance
    one_episode, _ = components(runs(5, 3, seed=1.0, evaluation=1.0, shape=(4, 1)))
    assert math.isnan(one_episode.episodes.variance)
    assert one_episode.evaluations.variance > 0 < one_episode.seeds.variance
    assert one_evaluation.noise == one_evaluation.episode_noise > 0
    one_seed, between = components(runs(5, 1, seed=1.0, episode=1.0))
    assert math.isnan(one_seed.seeds.variance)
    assert math.isnan(between.variance)
    assert stats.run_components([]).runs == 0
    constant, _ = components(np.ones((2, 3, 4, 5)))
    assert (constant.seeds.variance, constant.episodes.variance) == (0, 0)


def test_heavy_tails_have_fewer_degrees_of_freedom():
    normal = np.random.default_rng(0).standard_normal(400)
    heavy = np.random.default_rng(0).standard_exponential(400) ** 2
    assert MeanSquare.of(heavy, 399).freedom < 0.7 * MeanSquare.of(normal, 399).freedom
    assert MeanSquare.of(normal, 399).freedom <= 399


def test_the_interval_of_one_mean_square_is_the_usual_one():
    part = combined_squares([(1.0, MeanSquare(value=4.0, freedom=9))])
    assert (part.low, part.high) == pytest.approx((9 * 4 / 19.0228, 9 * 4 / 2.7004), rel=1e-4)
    scaled = combined_squares([(0.5, MeanSquare(value=4.0, freedom=9))])
    assert (scaled.variance, scaled.low) == pytest.approx((2.0, part.low / 2))


def test_a_difference_of_nothing_is_not_below_0_and_one_without_freedom_is_none():
    square = MeanSquare(value=4.0, freedom=9)
    even = combined_squares([(1.0, square), (-1.0, square)])
    assert (even.variance, even.low, even.is_cut) == (0, 0, False)
    assert even.high > 0
    less = combined_squares([(1.0, square), (-1.5, square)])
    assert (less.variance, less.low, less.is_cut) == (0, 0, True)
    nothing = MeanSquare(value=0.0, freedom=0)
    for terms in ([(1.0, square), (-1.0, nothing)], [(1.0, nothing)], []):
        assert math.isnan(combined_squares(terms).variance)


def test_an_interval_of_a_difference_is_that_of_ting_and_others():
    """Of A - B, with the one product that joins a positive and a negative term."""
    first, second = MeanSquare(value=10.0, freedom=6), MeanSquare(value=3.0, freedom=12)
    part = combined_squares([(1.0, first), (-1.0, second)], confidence=0.9)
    f, chi2 = scipy_stats.f.ppf, scipy_stats.chi2.ppf
    ends = []
    for (up, n), (down, m) in (((10, 6), (3, 12)), ((3, 12), (10, 6))):
        shrink, grow = 1 - n / chi2(0.95, n), m / chi2(0.05, m) - 1
        ratio = f(0.95, n, m)
        joint = ((ratio - 1) ** 2 - (shrink * ratio) ** 2 - grow**2) / ratio
        ends.append(math.sqrt((shrink * up) ** 2 + (grow * down) ** 2 + joint * up * down))
    assert (part.low, part.high) == pytest.approx((7 - ends[0], 7 + ends[1]))


def test_parts_within_runs_are_those_of_a_crossed_analysis_of_variance():
    """Rows are evaluations and columns episodes, for each of six runs in two groups."""
    returns = runs(2, 3, seed=2.0, evaluation=1.0, episode=1.5, shape=(4, 5), rng=3)
    below, _ = components(returns)
    mean = returns.mean(axis=(2, 3), keepdims=True)
    rows = returns.mean(axis=3, keepdims=True) - mean
    columns = returns.mean(axis=2, keepdims=True) - mean
    rest = ((returns - mean - rows - columns) ** 2).sum() / (6 * 3 * 4)
    by_evaluation, by_episode = 5 * (rows**2).sum() / (6 * 3), 4 * (columns**2).sum() / (6 * 4)
    scores = returns.mean(axis=(2, 3)).var(axis=1, ddof=1).mean()
    evaluations = (by_evaluation - rest) / 5
    assert below.evaluations.variance == pytest.approx(evaluations)
    assert below.episodes.variance == pytest.approx(by_episode / 4 + rest * 3 / 4)
    assert below.seeds.variance == pytest.approx(
        scores - (by_evaluation + by_episode - rest) / (4 * 5)
    )
    assert below.episode_noise == pytest.approx(by_episode / 20)
    assert below.noise == pytest.approx(by_episode / 20 + evaluations / 4)
    assert (below.scores.value, below.runs) == (pytest.approx(scores), 6)


def test_groups_without_freedom_of_their_own_tell_nothing():
    within = MeanSquare(value=1.0, freedom=4)
    assert math.isnan(stats.between_groups([], within).variance)
    assert math.isnan(stats.between_groups([[[1.0, 2.0]], [[5.0, 6.0]]], within).variance)
    part = stats.between_groups([[[1.0, 3.0], [8.0], [6.0, 6.0]]], within)
    assert part.variance == pytest.approx(np.var([2, 8, 6], ddof=1) - (1 / 2 + 1 + 1 / 2) / 3)
