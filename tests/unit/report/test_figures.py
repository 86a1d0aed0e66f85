"""Figures show what the record says."""

from __future__ import annotations

import dataclasses
import json

import pytest

from harness.analysis import SearchedParameter, leaderboard
from harness.core.domain import Choice, Domain, PowerOfTwo
from harness.core.record import CampaignRecord, CellRecord
from harness.report.figures.contour import contour_figure
from harness.report.figures.curves import curve_figure, curve_info, score_figure
from harness.report.figures.importances import importance_figure
from harness.report.figures.parallel import parallel_figure
from harness.report.figures.places import ticks
from harness.report.figures.search import history_figure, history_info, intermediate_figure
from harness.report.figures.slices import slice_figure
from harness.report.figures.tried import tried_trials
from harness.testing.records import synthetic_campaign


@pytest.fixture(scope="module")
def record() -> CampaignRecord:
    return synthetic_campaign()


@pytest.fixture(scope="module")
def cell(record: CampaignRecord) -> CellRecord:
    return record.cells[0]


def test_curves_are_the_mean_over_seeds(record: CampaignRecord, cell: CellRecord) -> None:
    (default, tuned) = curve_info(cell, ["default", "tuned", "absent"])
    runs = [r.result for r in cell.runs if (r.rung, r.variant) == ("test", "tuned") and r.result]
    last = [run.evaluations[-1].mean for run in runs]
    assert len(tuned.seeds) == 10
    assert tuned.mean[-1] == pytest.approx(sum(last) / len(last))
    low, high = tuned.low[-1], tuned.high[-1]
    assert low is not None
    assert high is not None
    assert low < tuned.mean[-1] < high
    assert default.steps[-1] == 50_000
    figure = curve_figure([default, tuned], leaderboard(record)[0])
    assert figure is not None
    names = {trace["name"] for trace in figure.traces if trace.get("showlegend")}
    assert {"default", "tuned", "solved", "reference", "random policy", "baseline"} == names


def test_every_seed_is_a_point(record: CampaignRecord) -> None:
    row = next(r for r in leaderboard(record) if r.cell == "dqn@CartPole-v1")
    figure = score_figure(row)
    assert figure is not None
    assert [len(trace["y"]) for trace in figure.traces if trace["name"] != "mean"] == [8, 10]


def test_history_keeps_the_best_and_marks_failures(cell: CellRecord) -> None:
    history = history_info(cell)
    assert history.failed == (7, 18)
    assert history.default == cell.trials[0].result.score  # type: ignore[union-attr]
    best = [score for _, score in history.best]
    assert best == sorted(best)
    assert best[-1] == max(score for _, score in history.complete)
    assert not {number for number, _ in history.pruned} & {n for n, _ in history.complete}
    figure = history_figure(history)
    assert figure is not None
    assert "failed (no score)" in {trace["name"] for trace in figure.traces}


def test_failures_stand_below_every_score(record: CampaignRecord) -> None:
    for cell in record.cells:
        history = history_info(cell)
        figure = history_figure(history)
        assert figure is not None
        (failed,) = [trace for trace in figure.traces if trace["name"] == "failed (no score)"]
        scores = [score for _, score in history.complete + history.pruned]
        assert max(failed["y"]) < min(scores)


def test_tried_trials_are_the_complete_ones(cell: CellRecord) -> None:
    tried = tried_trials(cell)
    assert [trial.number for trial in tried] == [n for n, _ in history_info(cell).complete]
    without = [trial for trial in tried if trial.values["use_sde"] == "false"]
    assert without
    assert all("sde_sample_freq" not in trial.places for trial in without)


def test_most_important_parameter_comes_first(cell: CellRecord) -> None:
    tried = tried_trials(cell)
    slices = slice_figure(cell, tried)
    assert slices is not None
    assert slices.layout["xaxis"]["title"]["text"] == "learning_rate"
    contour = contour_figure(cell, tried)
    assert contour is not None
    assert contour.title == "learning_rate and gamma"


def test_figures_are_plain_json(record: CampaignRecord) -> None:
    for cell, row in zip(record.cells, leaderboard(record), strict=True):
        tried = tried_trials(cell)
        figures = (
            curve_figure(curve_info(cell, ["default", "tuned"]), row),
            score_figure(row),
            history_figure(history_info(cell)),
            intermediate_figure(cell),
            importance_figure(cell),
            slice_figure(cell, tried),
            parallel_figure(cell, tried),
            contour_figure(cell, tried),
        )
        for figure in figures:
            if figure is not None:
                json.dumps(figure.spec(), allow_nan=False)
                assert figure.caption


def test_nothing_is_drawn_from_nothing(cell: CellRecord) -> None:
    empty = dataclasses.replace(cell, trials=(), runs=(), importances={})
    tried = tried_trials(empty)
    assert tried == ()
    assert curve_info(empty, ["default", "tuned"]) == ()
    for figure in (
        history_figure(history_info(empty)),
        intermediate_figure(empty),
        importance_figure(empty),
        slice_figure(empty, tried),
        parallel_figure(empty, tried),
        contour_figure(empty, tried),
    ):
        assert figure is None


def test_one_seed_has_a_curve_without_a_band(record: CampaignRecord, cell: CellRecord) -> None:
    runs = tuple(r for r in cell.runs if (r.rung, r.variant, r.index) == ("test", "tuned", 0))
    (curve,) = curve_info(dataclasses.replace(cell, runs=runs), ["tuned"])
    assert set(curve.low) == {None}
    figure = curve_figure([curve], leaderboard(record)[0])
    assert figure is not None
    assert not [trace for trace in figure.traces if trace.get("fill")]


def searched(name: str, domain: Domain) -> SearchedParameter:
    return SearchedParameter(name=name, axis=name, domain=domain, default=None, importance=None)


def test_labels_side_by_side_leave_room_and_keep_the_ends() -> None:
    steps = searched("n_steps", PowerOfTwo(low=32, high=4096))
    assert ticks(steps)[1] == ["32", "128", "512", "2048", "4096"]
    places, labels = ticks(steps, in_a_row=True)
    assert labels == ["32", "128", "512", "4096"]
    assert (places[0], places[-1]) == (0, 1)


def test_every_option_of_a_choice_has_its_label() -> None:
    options = tuple(f"[{size}, {size}]" for size in (32, 64, 128, 256, 400))
    assert ticks(searched("net_arch", Choice(options=options)), in_a_row=True)[1] == list(options)


def test_parallel_axes_are_the_first_ten(cell: CellRecord) -> None:
    few = parallel_figure(cell, tried_trials(cell))
    assert few is not None
    assert "hyperparameters" not in few.caption
    space = cell.spec["space"]
    extra = [{**space["parameters"][0], "name": f"extra_{i}", "target": f"x{i}"} for i in range(6)]
    spec = {**cell.spec, "space": {**space, "parameters": [*space["parameters"], *extra]}}
    grown = dataclasses.replace(cell, spec=spec)
    many = parallel_figure(grown, tried_trials(grown))
    assert many is not None
    assert many.layout["xaxis"]["ticktext"][0] == "learning_rate"
    assert len(many.layout["xaxis"]["ticktext"]) == 10
    assert "The most important 10 of 12 hyperparameters" in many.caption


def test_few_trials_are_counted_in_whole_numbers(cell: CellRecord) -> None:
    short = dataclasses.replace(cell, trials=cell.trials[:3])
    for trials, step in ((short, 1), (cell, None)):
        figure = history_figure(history_info(trials))
        assert figure is not None
        assert figure.layout["xaxis"].get("dtick") == step
