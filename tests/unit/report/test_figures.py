"""Figures show what the record says."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from sample_records import synthetic_campaign

from harness.analysis import SearchedParameter, leaderboard
from harness.core.identity import decode
from harness.core.matrix import Cell
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run_result import Status
from harness.core.spaces.domain import Choice, Domain, PowerOfTwo
from harness.report.campaign_views import campaign_view, cell_views
from harness.report.figures import Figure, error_bars
from harness.report.parts.learning_curves.data import LearningCurves, compute, variant_curves
from harness.report.parts.learning_curves.drawing import curve_figure, score_figure
from harness.report.parts.search.data import search_of
from harness.report.parts.search.drawing import draw, history_figure
from harness.report.parts.search.parameter_axes import ticks
from harness.report.parts.search.space_figures import contour_figure, parallel_figure, slice_figure
from harness.report.site_pages import filled_pages


@pytest.fixture(scope="module")
def record() -> CampaignRecord:
    return synthetic_campaign()


@pytest.fixture(scope="module")
def cell(record: CampaignRecord) -> CellRecord:
    return record.cells[0]


def test_curves_are_the_mean_over_seeds(record: CampaignRecord, cell: CellRecord) -> None:
    (default, tuned) = variant_curves(cell, ["default", "tuned", "absent"])
    runs = [r.result for r in cell.runs if (r.rung, r.variant) == ("test", "tuned") and r.result]
    last = [run.evaluations[-1].mean for run in runs]
    assert len(tuned.seeds) == 10
    assert tuned.mean[-1] == pytest.approx(sum(last) / len(last))
    low, high = tuned.low[-1], tuned.high[-1]
    assert low is not None
    assert high is not None
    assert low < tuned.mean[-1] < high
    assert default.steps[-1] == 50_000
    data = compute(cell_views(campaign_view(record))[0])
    assert data is not None
    assert data.curves[:2] == (default, tuned)
    figure = curve_figure(dataclasses.replace(data, curves=(default, tuned)))
    assert figure is not None
    names = {trace["name"] for trace in figure.traces if trace.get("showlegend")}
    assert {"default", "tuned", "solved", "reference", "random policy", "baseline"} == names


def test_every_seed_is_a_point(record: CampaignRecord) -> None:
    row = next(r for r in leaderboard(record) if r.cell == "dqn@CartPole-v1")
    assert row.tuned is not None
    figure = score_figure((row.tuned, row.default))
    assert figure is not None
    assert [len(trace["y"]) for trace in figure.traces if trace["name"] != "mean"] == [8, 10]


def traces(figure: Figure | None) -> dict[str, dict[str, Any]]:
    assert figure is not None
    return {trace["name"]: trace for trace in figure.traces}


def test_history_keeps_the_best_and_marks_failures(cell: CellRecord) -> None:
    drawn = traces(history_figure(search_of(cell)))
    assert list(drawn["failed (no score)"]["x"]) == [7, 18]
    assert drawn["default"]["y"][0] == cell.trials[0].result.score  # type: ignore[union-attr]
    best = list(drawn["best so far"]["y"])
    assert best == sorted(best)
    assert best[-1] == max(drawn["complete"]["y"])
    assert not set(drawn["pruned"]["x"]) & set(drawn["complete"]["x"])


def test_failures_stand_below_every_score(record: CampaignRecord) -> None:
    for cell in record.cells:
        drawn = traces(history_figure(search_of(cell)))
        scores = [y for name in ("complete", "pruned") for y in drawn.get(name, {}).get("y", ())]
        assert scores
        assert max(drawn["failed (no score)"]["y"]) < min(scores)


def test_complete_trials_are_those_with_a_score(cell: CellRecord) -> None:
    search = search_of(cell)
    complete = [t.number for t in cell.trials if t.result and t.result.status is Status.COMPLETE]
    assert [trial.number for trial in search.complete] == complete
    without = [trial for trial in search.complete if trial.values["use_sde"] is False]
    assert without
    assert all("sde_sample_freq" not in trial.positions for trial in without)


def test_most_important_parameter_comes_first(cell: CellRecord) -> None:
    search = search_of(cell)
    slices = slice_figure(search)
    assert slices is not None
    assert slices.layout["xaxis"]["title"]["text"] == "learning_rate"
    contour = contour_figure(search)
    assert contour is not None
    assert contour.title == "learning_rate and gamma"


def test_figures_are_plain_json(record: CampaignRecord) -> None:
    parts = [
        part
        for filled in filled_pages(campaign_view(record))
        for part in filled.parts
        if part.id in {"learning_curves", "search"}
    ]
    assert len(parts) > len(record.cells)
    for part in parts:
        for figure in part.drawings():
            json.dumps(figure.spec(), allow_nan=False)
            assert figure.caption


def test_nothing_is_drawn_from_nothing(cell: CellRecord) -> None:
    empty = dataclasses.replace(cell, trials=(), runs=(), importances={})
    assert draw(search_of(empty)) == ()
    assert variant_curves(empty, ["default", "tuned"]) == ()


def test_one_seed_has_a_curve_without_a_band(cell: CellRecord) -> None:
    runs = tuple(r for r in cell.runs if (r.rung, r.variant, r.index) == ("test", "tuned", 0))
    curves = variant_curves(dataclasses.replace(cell, runs=runs), ["tuned"])
    assert set(curves[0].low) == {None}
    data = LearningCurves(curves=curves, levels=(), scores=(), fixed_scores={})
    figure = curve_figure(data)
    assert figure is not None
    assert not [trace for trace in figure.traces if trace.get("fill")]


def searched(name: str, domain: Domain) -> SearchedParameter:
    return SearchedParameter(
        name=name, axis=name, domain=domain, full_domain=None, default=None, importance=None
    )


def test_labels_side_by_side_leave_room_and_keep_the_ends() -> None:
    steps = searched("n_steps", PowerOfTwo(low=32, high=4096))
    assert ticks(steps)[1] == ["32", "128", "512", "2048", "4096"]
    positions, labels = ticks(steps, in_a_row=True)
    assert labels == ["32", "128", "512", "4096"]
    assert (positions[0], positions[-1]) == (0, 1)


def test_every_option_of_a_choice_has_its_label() -> None:
    options = tuple(f"[{size}, {size}]" for size in (32, 64, 128, 256, 400))
    assert ticks(searched("net_arch", Choice(options=options)), in_a_row=True)[1] == list(options)


def test_parallel_axes_are_the_first_ten(cell: CellRecord) -> None:
    few = parallel_figure(search_of(cell))
    assert few is not None
    assert "hyperparameters" not in few.caption
    space = cell.spec["space"]
    extra = [{**space["parameters"][0], "name": f"extra_{i}", "target": f"x{i}"} for i in range(6)]
    spec = {**cell.spec, "space": {**space, "parameters": [*space["parameters"], *extra]}}
    grown = dataclasses.replace(cell, cell=decode(Cell, spec))
    many = parallel_figure(search_of(grown))
    assert many is not None
    assert many.layout["xaxis"]["ticktext"][0] == "learning_rate"
    assert len(many.layout["xaxis"]["ticktext"]) == 10
    assert "The most important 10 of 12 hyperparameters" in many.caption


def test_few_trials_are_counted_in_whole_numbers(cell: CellRecord) -> None:
    short = dataclasses.replace(cell, trials=cell.trials[:3])
    for trials, step in ((short, 1), (cell, None)):
        figure = history_figure(search_of(trials))
        assert figure is not None
        assert figure.layout["xaxis"].get("dtick") == step


def test_prices_say_what_cheap_and_expensive_trials_brought(cell: CellRecord) -> None:
    prices = search_of(cell).prices
    ended = [trial for trial in cell.trials if trial.result is not None]
    assert sum(band.trials for band in prices) == len(ended)
    assert sum(band.share for band in prices) == pytest.approx(1)
    assert sum(band.has_winner for band in prices) == 1
    dear = [band for band in prices if band.name == "more than twice"]
    assert all(band.share > band.trials / len(ended) for band in dear)
    assert len(prices) > 1


def test_bars_reach_to_either_end_of_an_interval() -> None:
    bars = error_bars([(1.0, 0.5, 3.0), (1.0, None, None)], width=2)
    assert (bars["array"], bars["arrayminus"]) == ([2.0, None], [0.5, None])
    assert bars["symmetric"] is False
    assert bars["width"] == 2
