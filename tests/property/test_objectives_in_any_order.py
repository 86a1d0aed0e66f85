"""Campaigns of several objectives: the same rows for any workers and after crashes."""

from dataclasses import replace
from functools import partial

import fakes
import pytest
from builders import cell
from fakes import fake_result, play_dying

from harness.analysis import pareto_front
from harness.core.matrix import Matrix
from harness.core.search_settings import Component, Objective
from harness.core.settings import Confirm

OBJECTIVES = (
    Objective(name="return", direction="max"),
    Objective(name="parameters", direction="min"),
    Objective(name="steps_to_threshold", direction="min", threshold=1.0),
)
SAMPLERS = {"nsga2": {"population_size": 4}, "tpe": {"n_startup_trials": 3}, "random": {}}


def sized_result(run):
    """A result whose network is the larger, the larger its learning rate is."""
    result = fake_result(run)
    size = None if result.score is None else round(1e6 * run.arguments.get("lr", 1e-3))
    return replace(result, parameters=size)


play = partial(fakes.play, result=sized_result)


def matrix(sampler, **changes):
    small = cell(confirm=Confirm(top=3, seeds=2))
    search = replace(
        small.search,
        trials=14,
        objectives=OBJECTIVES,
        pruner=Component(name="none"),
        sampler=Component(name=sampler, options=SAMPLERS[sampler]),
        **changes,
    )
    return Matrix(name="camp", cells=(replace(small, search=search),), seed=7)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_workers_and_crashes_change_nothing(sampler, tmp_path):
    alone, _, outcome, ended, _ = play(matrix(sampler), tmp_path / "alone", workers=1)
    assert (outcome.status, outcome.remaining.most) == ("complete", 0)
    for workers, seed in ((2, 1), (5, 2)):
        many, *_ = play(matrix(sampler), tmp_path / f"{workers}", workers=workers, seed=seed)
        assert many == alone
    assert play_dying(matrix(sampler), tmp_path / "dying", 9, sized_result).files == alone
    front = pareto_front(ended.cells[0])
    assert {point.variant for point in front.tested} >= {"default"}
    assert all(point.finished <= point.planned == 4 for point in front.tested)
    assert sum(point.shipped for point in front.tested) == 1
    assert any(point.on_front for point in front.tested)
