"""Variance components come out as they were put in, and are cut at 0 where nothing is left."""

import math

import numpy as np
import pytest

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
    assert one_episode.evaluations.variance > 0
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
