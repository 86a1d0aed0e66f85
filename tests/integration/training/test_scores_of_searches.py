"""What a search optimises, and when it ends, read back from real campaigns."""

from __future__ import annotations

import statistics

import pytest
from driven import Campaign

from harness.campaign import record
from harness.core.settings import Rung

pytestmark = pytest.mark.training

MATRIX = """
name: scores
seed: 2
scenarios: [CartPole-v1]
algorithms: [{name: ppo, arguments: {n_steps: 32, n_epochs: 1}}]
space: {learning_rate: {low: 1e-4, high: 1e-2}, batch_size: 32}
search: {trials: 12, steps: 256, evals: 4, episodes: 2, sampler: random, pruner: none, %s}
confirm: {top: 1, seeds: 1}
test: {seeds: 2, steps: 256, evals: 4, episodes: 2}
"""


def campaign(folder, words):
    driven = Campaign(folder, MATRIX % words)
    driven.run("--workers", "2")
    (cell,) = record("scores", folder / "runs").cells
    return driven, cell


def means(result):
    return [evaluation.mean for evaluation in result.evaluations]


def test_a_search_by_its_best_evaluation_that_ends_on_a_plateau(tmp_path):
    _, cell = campaign(tmp_path, "score: best, until: {plateau: 3}")
    scores = [trial.result.score for trial in cell.trials]
    assert scores == [max(means(trial.result)) for trial in cell.trials]
    assert 4 <= len(scores) <= 12
    if len(scores) < 12:
        # Up to two more were open when the plateau was known.
        assert scores.index(max(scores[:-1])) <= len(scores) - 4
    for run in cell.runs:
        ends = means(run.result)
        expected = max(ends) if run.rung is Rung.CONFIRM else ends[-1]
        assert run.result.score == pytest.approx(expected)


def test_a_search_by_the_median_evaluation(tmp_path):
    _, cell = campaign(tmp_path, "score: median, until: {plateau: 2}")
    for trial in cell.trials:
        assert trial.result.score == statistics.median(means(trial.result))


def test_trials_of_several_seeds_are_given_up_between_them(tmp_path):
    words = "pruner: {name: wilcoxon, n_startup_trials: 1}, seeds: 3, over_seeds: median"
    matrix = MATRIX.replace("pruner: none, ", "").replace("evals: 4", "evals: 8", 1)
    matrix = matrix.replace("low: 1e-4", "log: true, low: 1e-8").replace("trials: 12", "trials: 7")
    cells = []
    for workers in ("1", "3"):
        folder = tmp_path / workers
        folder.mkdir()
        driven = Campaign(folder, matrix % words)
        driven.run("--workers", workers)
        cells += record("scores", folder / "runs").cells
    one, three = cells
    assert [t.values for t in one.trials] == [t.values for t in three.trials]
    assert [t.result.evaluations for t in one.trials] == [
        t.result.evaluations for t in three.trials
    ]
    assert len({trial.seed for trial in one.trials}) == 1
    for trial in one.trials:
        result = trial.result
        seeds, rest = divmod(len(result.evaluations), 8)
        assert rest == 0
        by_seed = [means(result)[8 * seed : 8 * (seed + 1)] for seed in range(seeds)]
        late = [statistics.fmean(each[-2:]) for each in by_seed]
        assert result.score == pytest.approx(statistics.median(late))
        assert result.steps == seeds * 256
        assert (result.status == "complete") == (seeds == 3)
        steps = [evaluation.step for evaluation in result.evaluations]
        assert steps == sorted(set(steps))
    assert any(len(trial.result.evaluations) == 8 for trial in one.trials)
