"""The pruners. Each is a function; its keywords besides `evals` and `steps` are its options.

Steps are evaluations, 1 to `evals`, but where a halving pruner has a `min_share`: then they are
environment steps, and trials are evaluated at its rungs too. By default none gives a trial up
before 30 % of the steps and before five trials are complete: a rank at 10 % of training says little
about the final one.
"""

from __future__ import annotations

from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    PatientPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
    ThresholdPruner,
    WilcoxonPruner,
)
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from harness.core.evaluation import first_rung


def warmup(evals: int) -> int:
    """The first evaluation at which 30 % of the steps are trained."""
    return -(-3 * evals // 10)


def median(
    *,
    evals: int,
    n_startup_trials: int = 5,
    n_warmup_steps: int | None = None,
    interval_steps: int = 1,
    n_min_trials: int = 1,
) -> BasePruner:
    """Gives up a trial whose best mean so far is below the median of the others at that point.

    Args:
        evals: Evaluations per trial.
        n_startup_trials: None is given up before so many trials are complete.
        n_warmup_steps: First evaluation at which a trial may be given up; None for 30 %.
        interval_steps: Evaluations between two checks.
        n_min_trials: Complete trials that must have reached that point.
    """
    return MedianPruner(
        n_startup_trials=n_startup_trials,
        n_warmup_steps=_or_warmup(n_warmup_steps, evals),
        interval_steps=interval_steps,
        n_min_trials=n_min_trials,
    )


def percentile(
    *,
    evals: int,
    percentile: float = 75.0,
    n_startup_trials: int = 5,
    n_warmup_steps: int | None = None,
    interval_steps: int = 1,
    n_min_trials: int = 1,
) -> BasePruner:
    """Gives up a trial outside the best so many percent; the rest as in `median`.

    Args:
        evals: Evaluations per trial.
        percentile: How many percent go on; 50 is the median.
        n_startup_trials: None is given up before so many trials are complete.
        n_warmup_steps: First evaluation at which a trial may be given up; None for 30 %.
        interval_steps: Evaluations between two checks.
        n_min_trials: Complete trials that must have reached that point.
    """
    return PercentilePruner(
        percentile=percentile,
        n_startup_trials=n_startup_trials,
        n_warmup_steps=_or_warmup(n_warmup_steps, evals),
        interval_steps=interval_steps,
        n_min_trials=n_min_trials,
    )


def hyperband(
    *,
    evals: int,
    steps: int,
    min_resource: int | None = None,
    min_share: float | None = None,
    by_effort: bool = False,
    reduction_factor: int = 3,
    bootstrap_count: int = 0,
    n_startup_trials: int = 5,
) -> BasePruner:
    """Several successive halvings side by side; the trial's number decides which one judges it.

    Li et al. 2018.

    Args:
        evals: Evaluations per trial, also the largest resource.
        steps: Environment steps of a trial, the largest resource where `min_share` is given.
        min_resource: Evaluations before the first halving; None for 30 %.
        min_share: Share of the steps before the first halving, instead; a trial is then evaluated
            at the rungs too, `reduction_factor` times as many steps from one to the next.
        by_effort: Whether rungs lie at equal effort instead of equal steps, so that a trial whose
            steps take twice as long is judged at half of them; with `min_share` alone.
        reduction_factor: One in so many goes on.
        bootstrap_count: Trials that must complete a rung before any goes on.
        n_startup_trials: None is given up before so many trials are complete.
    """
    # Optuna makes those only when a trial has reported, with checks of its own.
    SuccessiveHalvingPruner(reduction_factor=reduction_factor, bootstrap_count=bootstrap_count)
    pruner = HyperbandPruner(
        min_resource=_first_rung(evals, steps, min_resource, min_share, by_effort=by_effort),
        max_resource=evals if min_share is None else steps,
        reduction_factor=reduction_factor,
        bootstrap_count=bootstrap_count,
    )
    return _AfterStartup(pruner, n_startup_trials)


def successive_halving(  # noqa: PLR0913
    *,
    evals: int,
    steps: int,
    min_resource: int | None = None,
    min_share: float | None = None,
    by_effort: bool = False,
    reduction_factor: int = 4,
    min_early_stopping_rate: int = 0,
    bootstrap_count: int = 0,
    n_startup_trials: int = 5,
) -> BasePruner:
    """Lets the best fraction of the trials go on at each rung, asynchronously.

    Li et al. 2020 (ASHA).

    Args:
        evals: Evaluations per trial.
        steps: Environment steps of a trial.
        min_resource: Evaluations before the first halving; None for 30 %.
        min_share: Share of the steps before the first halving, instead; a trial is then evaluated
            at the rungs too, `reduction_factor` times as many steps from one to the next.
        by_effort: Whether rungs lie at equal effort instead of equal steps, so that a trial whose
            steps take twice as long is judged at half of them; with `min_share` alone.
        reduction_factor: One in so many goes on.
        min_early_stopping_rate: Rungs left out at the start.
        bootstrap_count: Trials that must complete a rung before any goes on.
        n_startup_trials: None is given up before so many trials are complete.
    """
    pruner = SuccessiveHalvingPruner(
        min_resource=_first_rung(evals, steps, min_resource, min_share, by_effort=by_effort),
        reduction_factor=reduction_factor,
        min_early_stopping_rate=min_early_stopping_rate,
        bootstrap_count=bootstrap_count,
    )
    return _AfterStartup(pruner, n_startup_trials)


def patient(
    *,
    evals: int,
    patience: int = 2,
    min_delta: float = 0.0,
    n_startup_trials: int = 5,
    n_warmup_steps: int | None = None,
) -> BasePruner:
    """The median rule, but only for trials that have stopped improving.

    Args:
        evals: Evaluations per trial.
        patience: Evaluations without improvement that are borne.
        min_delta: Return by which a mean must fall behind to count as no improvement.
        n_startup_trials: None is given up before so many trials are complete.
        n_warmup_steps: First evaluation at which a trial may be given up; None for 30 %.
    """
    rule = median(evals=evals, n_startup_trials=n_startup_trials, n_warmup_steps=n_warmup_steps)
    return PatientPruner(wrapped_pruner=rule, patience=patience, min_delta=min_delta)


def threshold(
    *,
    evals: int,
    lower: float | None = None,
    upper: float | None = None,
    n_warmup_steps: int | None = None,
    interval_steps: int = 1,
) -> BasePruner:
    """Gives up a trial whose mean return leaves fixed bounds; compares with no other trial.

    Args:
        evals: Evaluations per trial.
        lower: Smallest mean return that goes on; one of the two bounds is needed.
        upper: Largest mean return that goes on.
        n_warmup_steps: First evaluation at which a trial may be given up; None for 30 %.
        interval_steps: Evaluations between two checks.
    """
    return ThresholdPruner(
        lower=lower,
        upper=upper,
        n_warmup_steps=_or_warmup(n_warmup_steps, evals),
        interval_steps=interval_steps,
    )


def wilcoxon(
    *,
    evals: int,
    p_threshold: float = 0.1,
    n_startup_steps: int | None = None,
    n_startup_trials: int = 5,
) -> BasePruner:
    """Gives up a trial whose means are below the best trial's by a Wilcoxon signed-rank test.

    Args:
        evals: Evaluations per trial; the two trials are paired by evaluation.
        p_threshold: p-value below which a trial is given up.
        n_startup_steps: First evaluation at which a trial may be given up; None for 30 %.
        n_startup_trials: None is given up before so many trials are complete.
    """
    pruner = WilcoxonPruner(
        p_threshold=p_threshold, n_startup_steps=_or_warmup(n_startup_steps, evals)
    )
    return _AfterStartup(pruner, n_startup_trials)


def none(*, evals: int) -> BasePruner:  # noqa: ARG001
    """Gives no trial up."""
    return NopPruner()


class _AfterStartup(BasePruner):
    """Asks the wrapped pruner from the first report on, but heeds it only after the start-up.

    Asking it early matters: the halving pruners write to each trial which rungs it reached.
    """

    def __init__(self, pruner: BasePruner, n_startup_trials: int) -> None:
        if n_startup_trials < 0:
            raise ValueError(f"`n_startup_trials` = {n_startup_trials} is below 0")
        self._wrapped = pruner
        self._n_startup_trials = n_startup_trials

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        verdict = self._wrapped.prune(study, trial)
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        return verdict and len(complete) >= self._n_startup_trials


def _or_warmup(evaluation: int | None, evals: int) -> int:
    return warmup(evals) if evaluation is None else evaluation


def _first_rung(
    evals: int, steps: int, resource: int | None, share: float | None, *, by_effort: bool
) -> int:
    """Resource of the first rung: evaluations, or environment steps where a share is given."""
    if share is not None:
        if resource is not None:
            raise ValueError("of `min_resource` and `min_share` only one can be given")
        if not 0 < share < 1:
            raise ValueError(f"`min_share` = {share} is outside 0 .. 1")
        return first_rung(steps, share)
    if by_effort:
        raise ValueError("`by_effort` needs a `min_share`")
    first = _or_warmup(resource, evals)
    if not 1 <= first <= evals:
        raise ValueError(f"`min_resource` = {first} is outside 1 .. {evals}, the evaluations")
    return first
