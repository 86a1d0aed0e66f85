"""Figures that others published, from their data."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy import stats as scipy_stats

from harness import stats

GOLDEN = Path(__file__).parents[2] / "golden"

# The worked example of AdaStop's documentation (Mathieu et al. 2024): scores of four learners on
# Walker2d in groups of five; PPO and SAC were decided after the second group.
WALKER = {
    "PPO": [3683.5, 1576.5, 3908.1, 1451.9, 5177.0, 3384.1, 2358.7, 1624.7, 4151.2, 1699.5],
    "DDPG": [420.3, 640.1, 2338.0, 879.1, 736.5, 962.3, 1771.1, 545.9, 906.0, 1553.9, 345.9, 857.6,
             346.6, 1978.2, 89.1, 705.5, 974.4, 1021.4, 936.3, 517.5, 957.1, 1254.5, 594.5, 586.5,
             184.7],
    "SAC": [4291.0, 4551.0, 4669.8, 4697.4, 4074.5, 5453.4, 4988.5, 4617.7, 3955.2, 4135.5],
    "TRPO": [446.1, 1918.9, 1015.7, 757.0, 1769.3, 1031.3, 961.7, 695.7, 1817.8, 939.6, 450.0,
             1125.6, 567.0, 529.3, 1786.1, 998.8, 1631.7, 1517.6, 1873.3, 1906.8, 1909.2, 1671.6,
             897.9, 1677.2, 490.0],
}  # fmt: skip
PAIRS = {
    ("PPO", "DDPG"): "improved",
    ("PPO", "SAC"): "worse",
    ("PPO", "TRPO"): "improved",
    ("DDPG", "SAC"): "worse",
    ("SAC", "TRPO"): "improved",
}


@pytest.mark.parametrize(
    ("learner", "published"),
    [("lambda_ac", 0.1025), ("norm_obs", 0.0775), ("advn_norm_mean", 0.1384)],
)
def test_sensitivity_is_that_of_its_authors(learner: str, published: float) -> None:
    """Adkins et al. (2024): PPO and two variants, 5 Brax environments, 625 settings of which some
    have no score in some environment. Data of the authors, MIT licence."""
    scores = np.load(GOLDEN / "adkins_2024.npz")[learner].astype(np.float64)
    assert np.isnan(scores).any()
    assert stats.sensitivity(scores, complete=False) == pytest.approx(published, abs=1e-4)
    assert 0 < stats.sensitivity(scores) <= stats.sensitivity(scores, complete=False)


def groups(seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Both sides of every pair, shape (seeds, pairs), NaN where no more runs were made."""
    table = {name: np.full(25, np.nan) for name in WALKER}
    for name, scores in WALKER.items():
        table[name][: len(scores)] = scores
    return tuple(np.column_stack([table[pair[side]][:seeds] for pair in PAIRS]) for side in (0, 1))  # type: ignore[return-value]


def test_adastop_decides_as_its_authors_do() -> None:
    after_two = stats.adastop(*groups(10), (5,) * 5)
    assert after_two.decisions == tuple(PAIRS.values())
    after_one = dict(zip(PAIRS, stats.adastop(*groups(5), (5,) * 5).decisions, strict=True))
    assert {after_one[pair] for pair in PAIRS if "PPO" in pair} == {"undecided"}
    assert stats.adastop(*groups(25), (5,) * 5).decisions == after_two.decisions


def test_the_last_pair_takes_the_level_its_authors_spend() -> None:
    """DDPG against TRPO. Their boundary is a quantile of the signed statistic, held against its
    size: 5 % on either side. We hold 5 % over both, and do not decide it."""
    tuned, default = np.array([WALKER["DDPG"]]).T, np.array([WALKER["TRPO"]]).T
    for alpha, last in ((0.05, "no clear difference"), (0.1, "worse")):
        found = [
            stats.adastop(tuned[:n], default[:n], (5,) * 5, alpha=alpha).decisions[0]
            for n in (5, 10, 15, 20, 25)
        ]
        assert found == ["undecided"] * 4 + [last]


def test_what_chance_shows_somewhere_sets_no_rows_apart() -> None:
    """Two of ten algorithms fell into different modes; half of all runs learn."""
    learned = [5, 0, *(2, 3) * 4]
    arms = [np.r_[np.full(k, 0.9), np.full(5 - k, 0.1)] + np.linspace(0, 0.02, 5) for k in learned]
    assert stats.holm([stats.welch_p(arms[0], arms[1])] + [1.0] * 44)[0] < 1e-6
    assert set(stats.rank_ranges(arms)) == {(1, 10)}
    assert stats.rank_ranges(arms[:2]) == ((1, 1), (2, 2))


@pytest.mark.parametrize("seed", range(5))
def test_rank_ranges_are_what_pairwise_tests_leave(seed: int) -> None:
    generator = np.random.default_rng(seed)
    arms = [generator.normal(level, 1, 8) for level in generator.uniform(0, 4, 5)]
    pairs = list(combinations(range(5), 2))
    p = [scipy_stats.ttest_ind(arms[i], arms[j], equal_var=False).pvalue for i, j in pairs]
    apart = set()
    for step, place in enumerate(np.argsort(p)):
        if p[place] * (len(p) - step) >= 0.05:
            break
        apart.add(pairs[place])
    expected = []
    for here in range(5):
        others = [o for o in range(5) if (min(here, o), max(here, o)) in apart]
        better = sum(arms[o].mean() > arms[here].mean() for o in others)
        expected.append((1 + better, 5 - (len(others) - better)))
    assert apart
    assert stats.rank_ranges(arms) == tuple(expected)
