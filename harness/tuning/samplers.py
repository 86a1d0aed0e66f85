"""The samplers. Each is a function; its keywords besides `seed` and `space` are its options.

A sampler is made anew for every trial, from a seed of its own, so that no state but the finished
trials decides what it suggests. Every argument of Optuna's constructors is named: defaults move
between Optuna's versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.samplers import (
    BaseSampler,
    CmaEsSampler,
    GPSampler,
    NSGAIISampler,
    QMCSampler,
    RandomSampler,
    TPESampler,
)
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from harness.core.algorithm import Algorithm
from harness.core.space import Space
from harness.tuning.components import one_sequence
from harness.tuning.grid_sampler import GridSampler
from harness.tuning.optuna_trials import distribution, distributions
from harness.tuning.prior_draws import PriorDraws

_UNCHANGED: Final[Mapping[str, None]] = {
    "consider_prior": None,
    "prior_weight": None,
    "consider_magic_clip": None,
    "consider_endpoints": None,
    "gamma": None,
    "weights": None,
    "warn_independent_sampling": None,
    "constraints_func": None,
}
"""Arguments of Optuna's TPE that are left to it."""


def tpe(
    *,
    seed: int,
    space: Space,
    n_startup_trials: int = 10,
    n_ei_candidates: int = 24,
    multivariate: bool = True,
    constant_liar: bool = True,
) -> BaseSampler:
    """Tree-structured Parzen estimator, multivariate, kept away from trials still running.

    Bergstra et al. 2011; multivariate as in Falkner et al. 2018.

    Args:
        seed: Seed of this trial.
        space: The search space; with conditional parameters it is decomposed into groups.
        n_startup_trials: Random until so many trials are complete or pruned.
        n_ei_candidates: Candidates among which the expected improvement chooses.
        multivariate: Model the parameters jointly.
        constant_liar: Count running trials as bad ones.

    Raises:
        ValueError: There is no candidate to choose.
    """
    if n_ei_candidates < 1:
        raise ValueError(f"`n_ei_candidates` = {n_ei_candidates} is below 1")
    has_groups = multivariate and _is_conditional(space)
    kind = _Tpe if multivariate and not has_groups else TPESampler
    return kind(
        **_UNCHANGED,
        n_startup_trials=n_startup_trials,
        n_ei_candidates=n_ei_candidates,
        seed=seed,
        multivariate=multivariate,
        group=has_groups,
        constant_liar=constant_liar,
    )


def auto(
    *,
    seed: int,
    space: Space,
    algorithm: Algorithm,
    n_startup_trials: int = 10,
    prior_share: float = 0.5,
) -> BaseSampler:
    """TPE in turns with draws near the default and near values that were good elsewhere.

    Args:
        seed: Seed of this trial.
        space: The search space.
        algorithm: Has the order of its hyperparameters and their good values.
        n_startup_trials: All are drawn that way until so many are complete or pruned.
        prior_share: Share of the later trials that are drawn that way.

    Raises:
        ValueError: `prior_share` is outside 0 .. 1.
    """
    if not 0 <= prior_share <= 1:
        raise ValueError(f"`prior_share` = {prior_share} is outside 0 .. 1")
    return _Auto(
        PriorDraws(seed=seed, space=space, algorithm=algorithm),
        prior_share,
        **_UNCHANGED,
        n_startup_trials=n_startup_trials,
        n_ei_candidates=24,
        seed=seed,
        multivariate=True,
        group=_is_conditional(space),
        constant_liar=True,
    )


def random(*, seed: int, space: Space) -> BaseSampler:  # noqa: ARG001
    """Independent draws, uniform on every axis."""
    return RandomSampler(seed=seed)


def cmaes(
    *,
    seed: int,
    space: Space,
    n_startup_trials: int = 1,
    popsize: int | None = None,
    consider_pruned_trials: bool = False,
    use_separable_cma: bool = False,
    with_margin: bool = False,
    lr_adapt: bool = False,
) -> BaseSampler:
    """Covariance matrix adaptation over the numeric axes; the others are drawn at random.

    Hansen 2016, arXiv:1604.00772.

    Args:
        seed: Seed of this trial.
        space: The search space; choices and conditional parameters are drawn at random.
        n_startup_trials: Random until so many trials are complete.
        popsize: Trials of a generation; None for 4 + 3 ln(axes).
        consider_pruned_trials: Learn from pruned trials too, by what they had.
        use_separable_cma: A diagonal covariance.
        with_margin: Keep whole-number axes from freezing (Hamano et al. 2022).
        lr_adapt: Adapt the learning rate (Nomura et al. 2023).

    Raises:
        ValueError: `popsize` is below 4, where the adaptation divides by zero.
    """
    if popsize is not None and popsize < 4:
        raise ValueError(f"`popsize` = {popsize} is below 4")
    return _CmaEs(
        axes=_always_numeric(space),
        x0=None,
        sigma0=None,
        n_startup_trials=n_startup_trials,
        independent_sampler=RandomSampler(seed=seed),
        warn_independent_sampling=False,
        seed=seed,
        consider_pruned_trials=consider_pruned_trials,
        restart_strategy=None,
        popsize=popsize,
        inc_popsize=-1,
        use_separable_cma=use_separable_cma,
        with_margin=with_margin,
        lr_adapt=lr_adapt,
        source_trials=None,
    )


def gp(
    *,
    seed: int,
    space: Space,  # noqa: ARG001
    n_startup_trials: int = 10,
    deterministic_objective: bool = False,
) -> BaseSampler:
    """Gaussian process with log expected improvement; imports torch when first used.

    Ament et al. 2023, arXiv:2310.20708.

    Args:
        seed: Seed of this trial.
        space: The search space; conditional parameters are drawn at random.
        n_startup_trials: Random until so many trials are complete.
        deterministic_objective: Assume that a configuration always scores the same.
    """
    return GPSampler(
        seed=seed,
        independent_sampler=RandomSampler(seed=seed),
        n_startup_trials=n_startup_trials,
        deterministic_objective=deterministic_objective,
        constraints_func=None,
        warn_independent_sampling=False,
    )


def nsga2(
    *,
    seed: int,
    space: Space,  # noqa: ARG001
    population_size: int = 12,
    mutation_prob: float | None = None,
    crossover_prob: float = 0.9,
    swapping_prob: float = 0.5,
) -> BaseSampler:
    """A genetic algorithm that keeps the best compromises of several objectives.

    Deb et al. 2002.

    Args:
        seed: Seed of this trial.
        space: The search space; conditional parameters are drawn at random.
        population_size: Trials of a generation; the first one is drawn at random.
        mutation_prob: Chance that a parameter is drawn anew; None for one in the number of them.
        crossover_prob: Chance that a trial has two parents instead of one.
        swapping_prob: Chance of each parameter to come from the second parent.
    """
    return _Nsga2(
        population_size=population_size,
        mutation=None,
        mutation_prob=mutation_prob,
        crossover=None,
        crossover_prob=crossover_prob,
        swapping_prob=swapping_prob,
        seed=seed,
        constraints_func=None,
        elite_population_selection_strategy=None,
        child_generation_strategy=None,
        after_trial_strategy=None,
    )


@one_sequence
def grid(*, seed: int, space: Space, points: int = 3) -> BaseSampler:
    """Every combination of evenly spaced values, in a shuffled order; then again from the start.

    Args:
        seed: Seed of the study; fixes the order.
        space: The search space.
        points: Values per numeric axis; every choice of a categorical one.
    """
    return GridSampler(seed=seed, space=space, points=points)


@one_sequence
def qmc(
    *,
    seed: int,
    space: Space,
    qmc_type: Literal["sobol", "halton"] = "sobol",
    scramble: bool = True,
) -> BaseSampler:
    """A low-discrepancy sequence over all axes, conditional ones included.

    Args:
        seed: Seed of the study; fixes the scrambling.
        space: The search space.
        qmc_type: ``sobol`` or ``halton``.
        scramble: Randomise the sequence; without it, it starts at the lower bounds.
    """
    return _Qmc(
        axes={name: axis for name, axis in distributions(space).items() if not axis.single()},
        qmc_type=qmc_type,
        scramble=scramble,
        seed=seed,
        independent_sampler=RandomSampler(seed=seed),
        warn_asynchronous_seeding=False,
        warn_independent_sampling=False,
    )


class _Tpe(TPESampler):
    """TPE on the axes that all finished trials have, found by their names.

    Optuna compares the axes themselves, choice by choice, in all trials, for every suggestion.
    Within one of our studies an axis never changes.
    """

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        states = (TrialState.COMPLETE, TrialState.PRUNED)
        trials = study.get_trials(deepcopy=False, states=states)
        if not trials:
            return {}
        axes = trials[-1].distributions
        common = set(axes).intersection(*(each.distributions for each in trials))
        return {name: axes[name] for name in sorted(common) if not axes[name].single()}


class _Auto(TPESampler):
    """TPE with other draws for some trials, the first ones, and for what its model never met."""

    def __init__(self, draws: PriorDraws, share: float, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._draws = draws
        self._is_drawn = draws.chance < share

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, object]:
        return {} if self._is_drawn else super().sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> object:
        return self._draws.sample_independent(study, trial, param_name, param_distribution)


class _FixedAxes(BaseSampler):
    """A sampler on fixed axes, instead of those that Optuna infers."""

    def __init__(self, *, axes: Mapping[str, BaseDistribution], **arguments: Any) -> None:
        super().__init__(**arguments)
        self._axes = axes

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return dict(self._axes)


class _CmaEs(_FixedAxes, CmaEsSampler):
    """CMA-ES on fixed axes.

    Optuna infers them from the trials that are complete; once a conditional parameter drops out
    it falls back to random draws for good.
    """


class _Nsga2(NSGAIISampler):
    """NSGA-II whose first generation has the trials too that it did not suggest.

    These are the library's default and the configurations that the matrix names.
    """

    def get_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        key = self._get_generation_key()
        return [trial for trial in trials if trial.system_attrs.get(key, 0) == generation]


class _Qmc(_FixedAxes, QMCSampler):
    """A low-discrepancy sequence on fixed axes.

    Optuna infers them from the first finished trial and counts the sequence on only once there
    is one; here each trial is the next point. The counter is a system attribute of the study.
    """


def _is_conditional(space: Space) -> bool:
    return any(parameter.when is not None for parameter in space.parameters)


def _always_numeric(space: Space) -> dict[str, BaseDistribution]:
    always = [parameter.axis for parameter in space.parameters if parameter.when is None]
    axes = {axis.name: distribution(axis) for axis in always}
    numeric = (FloatDistribution, IntDistribution)
    return {n: d for n, d in sorted(axes.items()) if isinstance(d, numeric) and not d.single()}
