"""Samplers that only replays have so far: TPE whose first trials are drawn less evenly."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

import learned
import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from harness.core.domain import Choice, Float, PowerOfTwo
from harness.core.space import Space

SAMPLERS: Final = MappingProxyType({"tpe_first": "samplers:tpe_first"})
"""Name -> ``module:function``, as the project registers its own."""

SPREAD: Final = 0.05
"""How far a draw lies from a good configuration, as a share of the range."""


def tpe_first(
    *,
    seed: int,
    space: Space,
    n_startup_trials: int = 10,
    parameters: int = 4,
    share: float = 0.5,
    even: float = 0.5,
) -> BaseSampler:
    """TPE whose first trials are near the default, or where configurations are good elsewhere.

    Args:
        seed, space, n_startup_trials: As of `tpe`.
        parameters: How many, the most important ones, are drawn in a trial near the default.
        share: Of the first trials that are near the default.
        even: Share of the values drawn evenly over their range.
    """
    return _Tpe(
        _First(seed, space, parameters, share, even),
        n_startup_trials=n_startup_trials,
        seed=seed,
        multivariate=True,
        group=any(parameter.when is not None for parameter in space.parameters),
        constant_liar=True,
    )


class _Tpe(TPESampler):
    """TPE with another sampler for what its model does not suggest."""

    def __init__(self, first: BaseSampler, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._first = first

    def sample_independent(
        self, study: Study, trial: FrozenTrial, name: str, distribution: BaseDistribution
    ) -> Any:
        return self._first.sample_independent(study, trial, name, distribution)


class _First(RandomSampler):
    """Draws of the first trials."""

    def __init__(self, seed: int, space: Space, parameters: int, share: float, even: float) -> None:
        super().__init__(seed=seed)
        self._draws = np.random.default_rng(seed)
        self._parameters = {each.axis.name: each for each in space.parameters}
        near_default = self._draws.random() < share
        self._drawn = learned.order[: parameters if near_default else None]
        self._even = even

    def sample_independent(
        self, study: Study, trial: FrozenTrial, name: str, distribution: BaseDistribution
    ) -> Any:
        parameter = self._parameters[name]
        domain, good = parameter.domain, learned.region.get(parameter.name, ())
        if parameter.name not in self._drawn:
            return domain.to_axis(parameter.default)
        if len(good) == 0 or self._draws.random() < self._even:
            return super().sample_independent(study, trial, name, distribution)
        value = self._draws.choice(good)
        if isinstance(domain, Choice):
            return bool(value)
        value = min(max(value, domain.low), domain.high)
        return (
            domain.to_axis(int(value))
            if isinstance(domain, PowerOfTwo)
            else self._near(float(value), domain)
        )

    def _near(self, value: float, domain: Float) -> float:
        position = domain.position(value) or 0.0
        position = min(1.0, max(0.0, position + self._draws.normal(0, SPREAD)))
        if domain.log:
            value = domain.low * (domain.high / domain.low) ** position
        else:
            value = domain.low + (domain.high - domain.low) * position
        return min(max(value, domain.low), domain.high)
