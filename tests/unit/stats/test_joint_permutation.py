"""Many comparisons in one permutation test: what it finds, what it takes, what it refuses."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats as scipy_stats

from harness import stats
from harness.stats.permutation_tests import _welch_sizes

Arm = npt.NDArray[np.float64]
Arms = list[Arm]


def joint_p(tuned: Sequence[npt.ArrayLike], default: Sequence[npt.ArrayLike]) -> Arm:
    return stats.joint_permutation_test(tuned, default).p_values


def arms(cells: int, seeds: int, shift: float = 0.0, shifted: int = 0) -> tuple[Arms, Arms]:
    generator = np.random.default_rng(cells)
    tuned = [generator.normal(shift * (k < shifted), 1, seeds) for k in range(cells)]
    return tuned, [generator.normal(0, 1, seeds) for _ in range(cells)]


@pytest.mark.parametrize("sizes", [(6, 6), (5, 8)])
def test_one_comparison_is_scipys_studentised_permutation_test(sizes: tuple[int, int]) -> None:
    generator = np.random.default_rng(3)
    for shift in (0.0, 1.0, 2.0):
        a, b = generator.normal(shift, 1, sizes[0]), generator.normal(0, 2, sizes[1])
        exact = scipy_stats.permutation_test(
            (a, b),
            lambda x, y, axis: abs(
                scipy_stats.ttest_ind(x, y, axis=axis, equal_var=False).statistic
            ),
            permutation_type="independent",
            alternative="greater",
            n_resamples=math.inf,
            vectorized=True,
        ).pvalue
        (found,) = joint_p([a], [b])
        assert found == pytest.approx(exact, abs=3 * math.sqrt(exact * (1 - exact) / 10_000) + 1e-4)


def test_five_seeds_are_enough_among_fifty_comparisons() -> None:
    tuned, default = arms(50, 5, shift=9, shifted=3)
    pairs = list(zip(tuned, default, strict=True))
    holm = stats.holm([stats.permutation_p(a, b) for a, b in pairs])
    assert (holm[:3] > 0.3).all()
    joint = joint_p(tuned, default)
    assert (joint[:3] < 0.05).all()
    assert (joint[3:] > 0.05).all()


def test_comparisons_that_could_look_as_good_by_chance_raise_the_p_value() -> None:
    apart = [np.array([100.0, 101, 102, 103, 104])], [np.array([0.0, 1, 2, 3, 4])]
    mixed = np.array([0.0, 101, 2, 103, 104]), np.array([100.0, 1, 102, 3, 4])
    (alone,) = joint_p(*apart)
    assert alone == pytest.approx(2 / 252, abs=0.003)
    among = joint_p(apart[0] + [mixed[0]] * 11, apart[1] + [mixed[1]] * 11)
    assert among[0] == pytest.approx(1 - (1 - 2 / 252) ** 12, abs=0.01)


def test_what_is_found_no_longer_counts() -> None:
    tuned, default = arms(6, 10, shift=30, shifted=5)
    rest = joint_p(tuned, default)[5]
    (alone,) = joint_p(tuned[5:], default[5:])
    assert rest == pytest.approx(alone, abs=0.03)


def test_units_of_the_returns_do_not_matter() -> None:
    tuned, default = arms(4, 6, shift=2, shifted=2)
    scales = [(1e-6, 0.0), (1.0, 7.0), (1e4, -1e5), (-1.0, 0.0)]
    moved = [
        [scale * arm + offset for arm, (scale, offset) in zip(side, scales, strict=True)]
        for side in (tuned, default)
    ]
    plain = joint_p(tuned, default)
    assert joint_p(*moved) == pytest.approx(plain, abs=1e-12)


def test_scores_without_any_spread() -> None:
    same, other = np.full(5, 0.1), np.full(5, 1.1)
    p = joint_p([same, other], [same, same])
    assert p[0] == 1
    assert p[1] == pytest.approx(2 / 252, abs=0.003)


def test_almost_constant_scores_are_told_apart() -> None:
    """The clearer of two cells no longer ties with the other, whose chance splits reach less."""
    ends = np.array([0.0, 0, 0, 0, 1])
    sharp, blunt = (([*(1 + s * ends)], [*(s * ends)]) for s in (1e-9, 1e-5))
    sizes = [_welch_sizes(np.array(a), np.array(b), 4, key=(0, 0))[0] for a, b in (sharp, blunt)]
    assert sizes[0] == pytest.approx(1e4 * sizes[1], rel=1e-3)
    assert sizes[0] < math.inf
    constant = _welch_sizes(np.full(5, 0.3), np.full(5, 0.1), 4, key=(0, 0))
    assert constant[0] == math.inf


def test_missing_scores_are_left_out_and_too_few_are_no_comparison() -> None:
    tuned, default = arms(2, 6, shift=1, shifted=2)
    gaps = [np.append(tuned[0], math.nan), tuned[1]]
    assert joint_p(gaps, default) == pytest.approx(joint_p(tuned, default))
    p = joint_p([[1.0, math.nan], tuned[1]], [[2.0, 3.0], default[1]])
    assert math.isnan(p[0])
    assert p[1] <= 1
    assert len(joint_p([], [])) == 0


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="infinite"):
        joint_p([[1.0, math.inf]], [[1.0, 2.0]])
    with pytest.raises(ValueError, match="shorter"):
        joint_p([[1.0, 2.0]], [])


def test_sizes_are_those_of_welchs_t() -> None:
    random = np.random.default_rng(3)
    for n, k in ((2, 5), (4, 4), (7, 3)):
        tuned, default = random.normal(3, 2, n), random.normal(0, 1, k)
        (size, *_) = _welch_sizes(tuned, default, 4, key=(0, 0))
        welch = scipy_stats.ttest_ind(tuned, default, equal_var=False).statistic
        assert size == pytest.approx(abs(welch))


@pytest.mark.parametrize("shifted", [0, 2, 5])
def test_a_critical_value_is_passed_where_the_p_value_is_below_the_level(shifted: int) -> None:
    tuned, default = arms(6, 6, shift=2.2, shifted=shifted)
    test = stats.joint_permutation_test(tuned, default, alpha=0.04)
    sizes = [
        abs(float(scipy_stats.ttest_ind(a, b, equal_var=False).statistic))
        for a, b in zip(tuned, default, strict=True)
    ]
    assert ((np.array(sizes) > test.criticals) == (test.p_values < 0.04)).all()


def test_a_p_value_at_the_level_is_no_finding_for_any_comparison() -> None:
    """Of 19 permutations p-values are multiples of a twentieth: many lie at a tenth."""
    generator, at_level = np.random.default_rng(1), 0
    for _ in range(150):
        tuned, default = generator.normal(1, 1, (2, 5)), generator.normal(0, 1, (2, 5))
        test = stats.joint_permutation_test(tuned, default, alpha=0.1, resamples=19)
        sizes = np.abs(scipy_stats.ttest_ind(tuned, default, axis=1, equal_var=False).statistic)
        assert ((sizes > test.criticals) == (test.p_values < 0.1)).all()
        at_level += (test.p_values == 0.1).all()
    assert at_level > 5
