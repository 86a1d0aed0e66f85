from __future__ import annotations

from dataclasses import replace

import pytest

from harness.core.run_result import Status
from harness.errors import UnknownNameError
from harness.tuning.importance import importances

EVALUATORS = ["ped_anova", "fanova", "mean_decrease_impurity"]


@pytest.mark.parametrize("evaluator", EVALUATORS)
def test_finds_the_one_parameter_that_matters(evaluator, cell, search) -> None:
    trials = search(cell, 40, lambda v: -abs(v["epochs"] - 15.0))
    shares = importances(cell.space, trials, evaluator=evaluator, seed=1)
    assert next(iter(shares)) == "epochs"
    assert shares["epochs"] > 0.5
    assert sum(shares.values()) == pytest.approx(1.0)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)


@pytest.mark.parametrize("evaluator", EVALUATORS)
def test_same_seed_gives_the_same_shares(evaluator, cell, search) -> None:
    trials = search(cell, 12, lambda v: v["epochs"] + v["gamma"])
    first, second = (importances(cell.space, trials, evaluator=evaluator, seed=3) for _ in "ab")
    assert list(first.items()) == list(second.items())


def test_forests_depend_on_the_seed(cell, search) -> None:
    trials = search(cell, 12, lambda v: v["epochs"] + v["gamma"])
    assert importances(cell.space, trials, evaluator="fanova", seed=3) != importances(
        cell.space, trials, evaluator="fanova", seed=4
    )


def test_conditional_parameters_are_ranked_by_ped_anova_only(cell, search) -> None:
    trials = search(cell, 30, lambda v: float(v.get("sde_freq", 0)))
    assert "sde_freq" in importances(cell.space, trials, seed=1)
    assert "sde_freq" not in importances(cell.space, trials, evaluator="fanova", seed=1)


def test_pruned_and_failed_trials_do_not_count(cell, search) -> None:
    trials = search(cell, 12, lambda v: float(v["epochs"]))
    other = [
        replace(trials[0], result=replace(trials[0].result, status=Status.PRUNED, score=1e9)),
        replace(trials[1], result=replace(trials[1].result, status=Status.FAILED, score=None)),
        replace(trials[2], result=None),
    ]
    assert importances(cell.space, [*other, *trials[3:]], seed=1) == importances(
        cell.space, trials[3:], seed=1
    )


def test_empty_when_there_is_nothing_to_tell(cell, search) -> None:
    trials = search(cell, 8, lambda v: float(v["epochs"]))
    assert importances(cell.space, [], seed=1) == {}
    assert importances(cell.space, trials[:3], seed=1) == {}
    assert importances(cell.space, search(cell, 8, lambda v: 5.0), seed=1) == {}
    # Two scores, or as many trials as it takes, are enough to tell something.
    two_scores = search(cell, 8, lambda v: float(v["epochs"] > 10))
    assert importances(cell.space, two_scores, seed=1)
    alike = [replace(trial, values=trials[0].values) for trial in trials]
    assert importances(cell.space, alike, seed=1) == {}


def test_unknown_evaluator(cell) -> None:
    with pytest.raises(UnknownNameError, match="ped_anva"):
        importances(cell.space, [], evaluator="ped_anva", seed=1)
