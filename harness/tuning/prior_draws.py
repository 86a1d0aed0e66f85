"""Draws of trials before there is anything to learn from: near the default, where others did well.

Half of the trials move only the hyperparameters that matter most for the algorithm, and three of
four of their values lie where configurations were good elsewhere (`Algorithm.priors`). The others
move all of them, anywhere in their ranges but for one value in four. So a wrong prior costs half of
the draws and never rules a value out. The counts were chosen by replays, see
`docs/what_a_search_buys.md`.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from harness.core.algorithm import Algorithm
from harness.core.arguments import is_number
from harness.core.space import Space
from harness.core.spaces.axis import Axis, Scalar
from harness.core.spaces.domain import Choice, Domain
from harness.core.spaces.parameter import Parameter

_IMPORTANT: Final = 4
"""Hyperparameters that a trial near the default moves."""

_NEAR_DEFAULT: Final = 0.5
"""Share of the trials that are near the default."""

_FROM_PRIOR: Final = 0.75
"""Share of the values moved there that are drawn near a good one."""

_FROM_PRIOR_ELSEWHERE: Final = 0.25
"""The same of the other trials."""

_SPREAD: Final = 0.05
"""How far from it they lie, as a share of the range."""


class PriorDraws(RandomSampler):
    """Draws one trial, value by value."""

    def __init__(self, *, seed: int, space: Space, algorithm: Algorithm) -> None:
        """Decide which hyperparameters the trial moves.

        Args:
            seed: Seed of this trial.
            algorithm: Knows which of them matter most, and good values of some.
        """
        super().__init__(seed=seed)
        self._draws = np.random.default_rng(seed)
        self._parameters = {each.axis.name: each for each in space.parameters}
        self._priors = algorithm.priors
        self.chance = float(self._draws.random())
        """Of this trial, in 0 .. 1; decides whether it is drawn at all."""
        near = self._draws.random() < _NEAR_DEFAULT
        self._from_prior = _FROM_PRIOR if near else _FROM_PRIOR_ELSEWHERE
        names = space.names
        self._moved = algorithm.most_important(names, _IMPORTANT if near else len(names))

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> object:
        parameter = self._parameters[param_name]
        if parameter.name not in self._moved and is_inside(parameter.domain, parameter.default):
            return parameter.domain.to_axis(parameter.default)
        good = self._good(parameter)
        if not good or self._draws.random() >= self._from_prior:
            return super().sample_independent(study, trial, param_name, param_distribution)
        value = good[self._draws.integers(len(good))]
        coordinate = parameter.domain.to_axis(value)
        return _near(parameter.axis, coordinate, self._draws.normal(0, _SPREAD))

    def _good(self, parameter: Parameter) -> list[Scalar]:
        values = self._priors.get(parameter.name, ())
        return [value for value in values if is_inside(parameter.domain, value)]


def is_inside(domain: Domain, value: Scalar) -> bool:
    """Whether a value lies between the bounds of a domain, or is an option of it."""
    if isinstance(domain, Choice):
        return domain.contains(value)
    bounds: Any = domain
    return is_number(value) and bounds.low <= value <= bounds.high


def _near(axis: Axis, coordinate: Scalar, shift: float) -> Scalar:
    """A coordinate moved by a share of its axis; an option of a choice stays."""
    if axis.kind == "categorical" or axis.low == axis.high:
        return coordinate
    low, high = (math.log(x) if axis.log else float(x) for x in (axis.low, axis.high))
    start = math.log(float(coordinate)) if axis.log else float(coordinate)
    end = start + shift * (high - low)
    value = min(max(math.exp(end) if axis.log else end, axis.low), axis.high)
    return round(value) if axis.kind == "int" else value
