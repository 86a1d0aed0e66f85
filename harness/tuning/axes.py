"""Axes of a search space as Optuna's distributions."""

from __future__ import annotations

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from harness.core.domain import Axis
from harness.core.space import Space

__all__ = ["distribution", "distributions"]


def distribution(axis: Axis) -> BaseDistribution:
    """What Optuna samples for one axis; bounds are inclusive on both sides."""
    if axis.kind == "categorical":
        return CategoricalDistribution(axis.choices)
    if axis.kind == "int":
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log, step=1)
    return FloatDistribution(axis.low, axis.high, log=axis.log, step=None)


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """Axis name -> distribution, in the order of the space, conditional parameters included."""
    axes = [parameter.axis for parameter in space.parameters]
    return {axis.name: distribution(axis) for axis in axes}
