from __future__ import annotations

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from harness.core.domain import Choice, Domain, Float, Int, PowerOfTwo
from harness.tuning.axes import distribution


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        (Float(low=0.1, high=1.0), FloatDistribution(0.1, 1.0)),
        (Float(low=1e-5, high=1e-1, log=True), FloatDistribution(1e-5, 1e-1, log=True)),
        (Int(low=1, high=64, log=True), IntDistribution(1, 64, log=True)),
        (PowerOfTwo(low=32, high=256), IntDistribution(5, 8)),
        (Choice(options=("a", True, None)), CategoricalDistribution(("a", True, None))),
    ],
)
def test_axis_becomes_the_distribution_of_its_kind(domain: Domain, expected: object) -> None:
    assert distribution(domain.axis("x")) == expected


def test_complement_is_searched_near_zero() -> None:
    axis = Float(low=0.9, high=0.9999, log=True, complement=True).axis("gamma")
    assert distribution(axis) == FloatDistribution(0.0001, 0.1, log=True)
