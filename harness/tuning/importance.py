"""How much each hyperparameter mattered in a search.

`optuna.importance` brings in scikit-learn, which a worker that only prunes shall not wait for; it
is reached as an attribute of `optuna`, which loads it at the first use.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence

import optuna
from optuna.pruners import NopPruner
from optuna.samplers import RandomSampler

from harness.core.record import TrialRecord
from harness.core.space import Space
from harness.errors import UnknownNameError
from harness.tuning.optuna_trials import allow_experimental, in_memory_study, make_finished_trial

FEWEST = 4
"""Complete trials below which importances are noise."""


def importances(
    space: Space, trials: Sequence[TrialRecord], *, evaluator: str = "ped_anova", seed: int
) -> dict[str, float]:
    """Share of each searched parameter in the score, largest first.

    Args:
        trials: Trials of its search; complete ones count whose values are points of the space.
        evaluator: ``ped_anova`` (Watanabe et al. 2023), ``fanova`` (Hutter et al. 2014) or
            ``mean_decrease_impurity``. The last two leave out parameters that some complete
            trial does not have.
        seed: Seed of the random forests.

    Returns:
        Parameter name -> share; the shares add up to 1. Empty when there is nothing to tell:
        fewer than `FEWEST` complete trials, equal scores, or no parameter that varied.

    Raises:
        UnknownNameError: No such evaluator.
    """
    complete = [
        trial
        for trial in trials
        if trial.complete_score is not None and space.contains(trial.values)
    ]
    _check_name(evaluator)
    axes = _axes(space, complete, common=evaluator != "ped_anova")
    scores = {trial.score for trial in complete}
    if len(complete) < FEWEST or len(scores) == 1 or not axes:
        return {}
    # Only now: making one loads scikit-learn.
    measure = importance_evaluator(evaluator, len(complete), seed)
    # Sorted: Optuna 5.0 sorts the columns of the impurity forest, but not the names it gives them.
    shares = _shares(space, complete, sorted(axes), measure)
    total = sum(shares.values())
    if total <= 0:
        return {}
    order = list(axes)
    ranking = sorted(shares, key=lambda axis: (-shares[axis], order.index(axis)))
    return {axes[axis]: shares[axis] / total for axis in ranking}


def importance_evaluator(
    name: str, count: int, seed: int = 0
) -> optuna.importance.BaseImportanceEvaluator:
    """An evaluator as `importances` uses it, for so many complete trials.

    Raises:
        UnknownNameError: No such evaluator.
    """
    _check_name(name)
    return _EVALUATORS[name](count, seed)


def _check_name(name: str) -> None:
    if name not in _EVALUATORS:
        raise UnknownNameError("importance evaluator", name, list(_EVALUATORS))


def _axes(space: Space, trials: Sequence[TrialRecord], *, common: bool) -> Mapping[str, str]:
    """Axis name -> parameter name of what varied, in the order of the space."""
    axes: dict[str, str] = {}
    for parameter in space.parameters:
        name = parameter.name
        active = [trial.values[name] for trial in trials if name in trial.values]
        if len(set(map(repr, active))) > 1 and (not common or len(active) == len(trials)):
            axes[parameter.axis.name] = name
    return axes


def _shares(
    space: Space,
    complete: Sequence[TrialRecord],
    axes: list[str],
    evaluator: optuna.importance.BaseImportanceEvaluator,
) -> dict[str, float]:
    study, _ = in_memory_study(
        "importances",
        [
            make_finished_trial(space, trial, {}, values=(trial.score,))
            for trial in complete
            if trial.score is not None
        ],
        sampler=RandomSampler(seed=0),
        pruner=NopPruner(),
    )
    with allow_experimental(), warnings.catch_warnings():
        # Optuna warns of few trials and ties; a reader sees the number of trials beside the
        # shares.
        warnings.simplefilter("ignore", UserWarning)
        return optuna.importance.get_param_importances(
            study, evaluator=evaluator, params=axes, normalize=False
        )


def _ped_anova(count: int, seed: int) -> optuna.importance.BaseImportanceEvaluator:  # noqa: ARG001
    # Optuna asks for at least five trials in the upper part; 10 % of a short search are fewer.
    quantile = min(0.5, max(0.1, 5 / max(1, count)))
    return optuna.importance.PedAnovaImportanceEvaluator(
        target_quantile=quantile, region_quantile=1.0, evaluate_on_local=True
    )


def _fanova(count: int, seed: int) -> optuna.importance.BaseImportanceEvaluator:  # noqa: ARG001
    return optuna.importance.FanovaImportanceEvaluator(n_trees=64, max_depth=64, seed=seed)


def _impurity(count: int, seed: int) -> optuna.importance.BaseImportanceEvaluator:  # noqa: ARG001
    return optuna.importance.MeanDecreaseImpurityImportanceEvaluator(
        n_trees=64, max_depth=64, seed=seed
    )


_EVALUATORS: Mapping[str, Callable[[int, int], optuna.importance.BaseImportanceEvaluator]] = {
    "ped_anova": _ped_anova,
    "fanova": _fanova,
    "mean_decrease_impurity": _impurity,
}
