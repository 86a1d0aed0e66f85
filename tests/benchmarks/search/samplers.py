"""Samplers that only replays have: what `auto` was compared with."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from optuna.samplers import BaseSampler, GPSampler

from harness.core.algorithm import Algorithm
from harness.core.space import Space
from harness.tuning.prior_draws import PriorDraws

SAMPLERS: Final = MappingProxyType(
    {name: f"samplers:{name}" for name in ("gp_first", "prior", "botorch")}
)
"""Name -> ``module:function``, as the project registers its own."""


def prior(*, seed: int, space: Space, algorithm: Algorithm) -> BaseSampler:
    """The first draws of `auto`, throughout."""
    return PriorDraws(seed=seed, space=space, algorithm=algorithm)


def gp_first(
    *, seed: int, space: Space, algorithm: Algorithm, n_startup_trials: int = 10
) -> BaseSampler:
    """Optuna's Gaussian process after the first trials of `auto`."""
    return GPSampler(
        seed=seed,
        independent_sampler=PriorDraws(seed=seed, space=space, algorithm=algorithm),
        n_startup_trials=n_startup_trials,
        deterministic_objective=False,
        warn_independent_sampling=False,
    )


def botorch(
    *, seed: int, space: Space, algorithm: Algorithm, n_startup_trials: int = 10
) -> BaseSampler:
    """BoTorch's Gaussian process by optuna-integration after the first trials of `auto`."""
    from optuna_integration import BoTorchSampler

    first = PriorDraws(seed=seed, space=space, algorithm=algorithm)
    return BoTorchSampler(seed=seed, independent_sampler=first, n_startup_trials=n_startup_trials)
