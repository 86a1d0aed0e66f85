"""Ranges that were too narrow, where tuning moves, and settings carried to other scenarios."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
from sample_records import Truth, synthetic_campaign

from harness.analysis import drift, edge_patch, edges, parameter_rows, shipped_trial, transfer
from harness.analysis.hyperparameters import ranked_trials
from harness.analysis.range_edges import widened
from harness.config import load_matrix
from harness.core.domain import Choice, Float, Int, PowerOfTwo
from harness.core.identity import canonical
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import Variant
from harness.registry import Registry


@pytest.fixture(scope="module")
def record() -> CampaignRecord:
    truths = tuple(
        Truth(scenario=name, algorithm="ppo", default=100.0, tuned=300.0, title="PPO")
        for name in ("CartPole-v1", "Acrobot-v1", "MountainCar-v0")
    )
    return synthetic_campaign("edges", truths)


def with_best(cell: CellRecord, **values: object) -> CellRecord:
    """The cell with other values in the trial that was shipped."""
    trials = tuple(
        dataclasses.replace(trial, values=dict(trial.values) | values)
        if cell.winner == f"trial-{trial.number}"
        else trial
        for trial in cell.trials
    )
    return dataclasses.replace(cell, trials=trials)


def replaced(record: CampaignRecord, *cells: CellRecord) -> CampaignRecord:
    return dataclasses.replace(record, cells=cells)


def test_values_at_an_edge_are_found_on_the_axis(record: CampaignRecord) -> None:
    cell = with_best(record.cells[0], learning_rate=0.0099, gamma=0.99988, n_steps=32)
    found = {row.parameter: row for row in edges(replaced(record, cell))}
    assert (found["learning_rate"].side, found["gamma"].side) == ("high", "high")
    assert (found["n_steps"].side, found["n_steps"].bound) == ("low", 32)
    assert found["learning_rate"].shipped
    assert next(iter(found)) == "learning_rate"
    # 3e-5 is far from the edge of 1e-5 .. 1e-2 by ratio, though not by difference.
    inner = with_best(record.cells[0], learning_rate=3e-5, gamma=0.95, n_steps=512)
    assert "learning_rate" not in {row.parameter for row in edges(replaced(record, inner))}


def test_choices_and_single_points_have_no_edge(record: CampaignRecord) -> None:
    cell = with_best(record.cells[0], net_arch="[256, 256]", use_sde=True)
    found = {row.parameter for row in edges(replaced(record, cell))}
    assert not found & {"net_arch", "use_sde"}


def test_the_crowd_tells_an_accident_from_a_wall(record: CampaignRecord) -> None:
    cell = with_best(record.cells[0], n_steps=32)
    accident = {row.parameter: row for row in edges(replaced(record, cell))}["n_steps"]
    walled = dataclasses.replace(
        cell,
        trials=tuple(
            dataclasses.replace(trial, values=dict(trial.values) | {"n_steps": 32})
            for trial in cell.trials
        ),
    )
    wall = {row.parameter: row for row in edges(replaced(record, walled))}["n_steps"]
    assert wall.crowd == 1
    assert accident.crowd < 1


@pytest.mark.parametrize(
    ("rate", "side"),
    [(0.0499, "low"), (0.0501, None), (0.5, None), (0.9499, None), (0.9501, "high"), (1.0, "high")],
)
def test_a_twentieth_of_the_axis_is_its_edge(record, rate, side) -> None:
    value = 1e-5 * (1e-2 / 1e-5) ** rate
    cell = with_best(record.cells[0], learning_rate=value, n_steps=32)
    rows = {row.parameter: row for row in edges(replaced(record, cell))}
    assert (rows["learning_rate"].side if "learning_rate" in rows else None) == side
    if side is not None:
        assert rows["learning_rate"].position == pytest.approx(rate)
        assert rows["learning_rate"].bound == (1e-5 if side == "low" else 1e-2)
        assert rows["learning_rate"].allowed == "1e-05 .. 0.01 (log)"
    flagged = {row.name: row.edge for row in parameter_rows(cell, shipped_trial(cell))}
    assert flagged["learning_rate"] == side


def test_the_most_important_parameter_comes_first(record) -> None:
    cell = with_best(record.cells[0], learning_rate=1e-2, n_steps=32, gamma=0.9)
    shares = {"learning_rate": 0.1, "n_steps": 0.7, "gamma": 0.2}
    rows = edges(replaced(record, dataclasses.replace(cell, importances=shares)))
    named = [row for row in rows if row.importance is not None]
    assert [(row.parameter, row.importance) for row in named] == [
        ("n_steps", 0.7), ("gamma", 0.2), ("learning_rate", 0.1),
    ]  # fmt: skip
    assert rows[: len(named)] == tuple(named)


def test_where_the_default_is_shipped_the_best_of_the_search_is_looked_at(record) -> None:
    (cell, *_) = record.cells
    best = ranked_trials(cell)[0] if ranked_trials(cell)[0].number else ranked_trials(cell)[1]
    trials = tuple(
        dataclasses.replace(each, values=dict(each.values) | {"n_steps": 32})
        if each.number == best.number
        else dataclasses.replace(each, values=dict(each.values) | {"n_steps": 512})
        for each in cell.trials
    )
    for winner in ("default", None):
        shipped = winner and Variant(winner)
        kept = dataclasses.replace(cell, trials=trials, winner=shipped)
        (row,) = [row for row in edges(replaced(record, kept)) if row.parameter == "n_steps"]
        assert (row.value, row.shipped) == (32, False)
        complete = len(ranked_trials(kept))
        assert row.crowd == pytest.approx(1 / max(1, complete // 4))


@pytest.mark.parametrize(
    ("domain", "side", "bound"),
    [
        (Float(low=1e-5, high=1e-2, log=True), "high", 0.32),
        (Float(low=1e-5, high=1e-2, log=True), "low", 3.2e-7),
        (Float(low=0.9, high=0.9999, log=True, complement=True), "high", 1 - 3.2e-6),
        (Float(low=0.9, high=0.9999, log=True, complement=True), "low", 0.45),
        (Float(low=0.0, high=0.2), "low", None),
        (Float(low=-1.0, high=1.0), "low", -2.0),
        (Int(low=1, high=30, log=True), "low", None),
        (Int(low=1, high=30, log=True), "high", 164),
        (Int(low=5, high=7), "high", 8),
        (PowerOfTwo(low=32, high=4096), "high", 16384),
        (PowerOfTwo(low=4, high=64), "low", 2),
        (PowerOfTwo(low=2, high=64), "low", None),
        (Choice(options=(1, 2)), "low", None),
        (Float(low=1.0, high=3.0), "low", 0.0),  # not below 0 where nothing was
        (Float(low=1.0, high=3.0), "high", 4.0),
        (Float(low=0.0, high=0.2), "high", 0.3),
        (Float(low=-1.0, high=1.0), "high", 2.0),
        (Int(low=0, high=8), "low", None),
        (Int(low=2, high=8), "low", 1),  # not 0 where there was at least one
        (Int(low=4, high=6), "low", 3),
        (Int(low=-4, high=4), "low", -8),
        (Int(low=10, high=90), "high", 130),
        (PowerOfTwo(low=1, high=64), "low", None),
        (PowerOfTwo(low=8, high=64), "low", 2),
        (PowerOfTwo(low=16, high=64), "low", 4),
        (PowerOfTwo(low=1, high=2), "high", 8),
        (Float(low=0.9, high=0.99, complement=True), "high", None),  # 1 and beyond are no discount
        (Float(low=0.5, high=0.7, complement=True), "high", 0.8),
        (Float(low=0.5, high=0.7, complement=True), "low", 0.4),
        (Float(low=0.0, high=0.9, complement=True), "low", None),
        (Float(low=0.9, high=1.0, complement=True), "high", None),
    ],
)
def test_ranges_widen_by_half_their_axis(domain, side, bound) -> None:
    found = widened("x", domain, side)
    assert isinstance(found, int) == (bound is not None and not isinstance(domain, Float))
    assert found == (None if bound is None else pytest.approx(bound, rel=0.02))


def test_a_share_stays_a_share() -> None:
    assert widened("tau", Float(low=0.001, high=0.1, log=True), "high") == 1.0
    assert widened("clip_range", Float(low=0.1, high=1.0), "high") is None
    assert widened("vf_coef", Float(low=0.1, high=1.0), "high") == pytest.approx(1.4)


def test_the_patch_is_a_matrix_that_checks(record: CampaignRecord, tmp_path: Path) -> None:
    first = with_best(record.cells[0], learning_rate=0.0099, gamma=0.99988)
    second = with_best(record.cells[1], n_steps=32, learning_rate=1.01e-5)
    patch = edge_patch(edges(replaced(record, first, second)))
    matrix = "scenarios: [CartPole-v1, Acrobot-v1]\nalgorithms: [ppo, a2c]\n"
    path = tmp_path / "patched.yaml"
    path.write_text(matrix + patch, encoding="utf-8")
    loaded = load_matrix(path, Registry.installed())
    assert loaded["ppo@CartPole-v1"].space["learning_rate"].domain.high == 0.32
    assert loaded["ppo@CartPole-v1"].space["gamma"].domain.high > 0.9999
    assert loaded["ppo@Acrobot-v1"].space["n_steps"].full_domain.low == 8
    assert loaded["ppo@Acrobot-v1"].space["learning_rate"].domain.low < 1e-5
    assert loaded["a2c@CartPole-v1"].space["learning_rate"].domain.high == 1e-2


def test_a_patch_quotes_hostile_names(record: CampaignRecord, tmp_path: Path) -> None:
    cell = with_best(record.cells[0], n_steps=32)
    scenario = dataclasses.replace(cell.cell.scenario, name='Cart*"[x]: #')
    cell = dataclasses.replace(cell, cell=dataclasses.replace(cell.cell, scenario=scenario))
    text = edge_patch(edges(replaced(record, cell)))
    assert r'scenario: "Cart[*]\"[[]x]: #"' in text


def test_no_patch_without_an_edge(record: CampaignRecord) -> None:
    inner = with_best(record.cells[0], learning_rate=1e-3, gamma=0.98, n_steps=512)
    inner = with_best(inner, sde_sample_freq=8)
    assert edge_patch(edges(replaced(record, inner))) == ""


def test_drift_says_where_tuning_moves(record: CampaignRecord) -> None:
    cells = [
        with_best(cell, learning_rate=rate, net_arch="[256, 256]")
        for cell, rate in zip(record.cells, (3e-3, 1e-3, 1e-4), strict=True)
    ]
    found = drift(replaced(record, *cells))
    assert [entry.algorithm for entry in found] == ["ppo"]
    rows = {row.name: row for row in found[0].parameters}
    rate = rows["learning_rate"]
    shifts = [math.log10(best / 3e-4) / 3 for best in (3e-3, 1e-3, 1e-4)]
    assert [value.shift for value in rate.best] == pytest.approx(shifts)
    assert rate.mean_shift == pytest.approx(sum(shifts) / 3)
    assert rate.agreement == pytest.approx(2 / 3)
    network = rows["net_arch"]
    assert (network.changed, network.mean_shift) == (3, None)
    assert canonical(found, everything=True)


def test_drift_of_nothing(record: CampaignRecord) -> None:
    bare = dataclasses.replace(record.cells[0], trials=(), runs=(), winner=None)
    assert drift(replaced(record, bare)) == ()
    assert edges(replaced(record, bare)) == ()


def transferred(record: CampaignRecord, scores: dict[tuple[str, str], float]) -> CampaignRecord:
    """The record with runs of the transfer rung: (cell, source) -> score of three seeds."""
    cells = []
    for cell in record.cells:
        runs = [run for run in cell.runs if run.rung == "test" and run.variant == "tuned"][:3]
        more = [
            dataclasses.replace(
                run,
                rung="transfer",
                variant=source,
                run_id=f"{run.run_id}-{source}",
                result=dataclasses.replace(run.result, score=score + run.index),
            )
            for (place, source), score in scores.items()
            if place == cell.name
            for run in runs
            if run.result is not None
        ]
        cells.append(dataclasses.replace(cell, runs=(*cell.runs, *more)))
    return replaced(record, *cells)


def test_transfer_matrix_of_known_scores(record: CampaignRecord) -> None:
    names = [cell.name for cell in record.cells]
    scores = {(e, h): 120.0 for e in names for h in names if e != h}
    # The second setting serves all scenarios nearly as well as their own.
    scores |= {(e, names[1]): 290.0 for e in names if e != names[1]}
    (found,) = transfer(transferred(record, scores), resamples=200)
    assert found.scenarios == ("CartPole-v1", "Acrobot-v1", "MountainCar-v0")
    assert found.settings == (*found.scenarios, "default")
    assert found.means[0][1] == pytest.approx(291)
    assert found.runs[0] == (10, 3, 3, 10)
    assert found.normalised[0][1] == pytest.approx((291 - 20) / 480)
    assert found.single == "Acrobot-v1"
    value, low, high = found.phi.value, found.phi.low, found.phi.high
    assert value is not None
    assert 0 <= value < 0.05
    assert low is not None
    assert high is not None
    assert low <= high
    assert canonical(found, everything=True)


def test_transfer_with_holes_names_no_single_setting_it_did_not_try(record: CampaignRecord) -> None:
    names = [cell.name for cell in record.cells]
    (found,) = transfer(transferred(record, {(names[0], names[1]): 290.0}), resamples=50)
    assert found.means[1][0] is None
    assert found.places[:3] == (None, None, None)
    # Only the default was trained everywhere.
    assert found.single == "default"
    assert transfer(record) == ()
