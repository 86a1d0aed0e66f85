"""Ranges that were too narrow, where tuning moves, and settings carried to other scenarios."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
from builders import cell as small_cell
from builders import trial
from sample_records import Truth, synthetic_campaign

from harness.analysis import drift, edge_patch, edges, find_best_trial, parameter_rows, transfer
from harness.analysis.searches.hyperparameters import (
    best_trial,
    edge_of,
    moved_values,
    searched_parameters,
)
from harness.analysis.searches.range_edges import widen_bound
from harness.config import load_matrix
from harness.core.identity import canonical
from harness.core.record import CampaignRecord, CellRecord, Suggestion
from harness.core.run import Variant
from harness.core.search_settings import Search
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Float, Int, PowerOfTwo
from harness.core.spaces.parameter import Parameter
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


def test_a_winner_without_any_result_of_the_search_stands_alone(record: CampaignRecord) -> None:
    cell = with_best(record.cells[0], learning_rate=0.0099)
    trials = tuple(dataclasses.replace(trial, result=None) for trial in cell.trials)
    rows = edges(replaced(record, dataclasses.replace(cell, trials=trials)))
    assert {row.crowd for row in rows if row.parameter == "learning_rate"} == {0.0}


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
    flagged = {row.name: row.edge for row in parameter_rows(cell, find_best_trial(cell))}
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
    best = cell.ranked_trials[0] if cell.ranked_trials[0].number else cell.ranked_trials[1]
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
        complete = len(kept.ranked_trials)
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
    found = widen_bound("x", domain, side)
    assert isinstance(found, int) == (bound is not None and not isinstance(domain, Float))
    assert found == (None if bound is None else pytest.approx(bound, rel=0.02))


def test_a_share_stays_a_share() -> None:
    assert widen_bound("tau", Float(low=0.001, high=0.1, log=True), "high") == 1.0
    assert widen_bound("clip_range", Float(low=0.1, high=1.0), "high") is None
    assert widen_bound("vf_coef", Float(low=0.1, high=1.0), "high") == pytest.approx(1.4)


def test_the_patch_is_a_matrix_that_checks(record: CampaignRecord, tmp_path: Path) -> None:
    first = with_best(record.cells[0], learning_rate=0.0099, gamma=0.99988)
    second = with_best(record.cells[1], n_steps=32, learning_rate=1.01e-5)
    patch = edge_patch(edges(replaced(record, first, second)))
    matrix = "scenarios: [CartPole-v1, Acrobot-v1]\nalgorithms: [ppo, a2c]\n"
    path = tmp_path / "patched.yaml"
    path.write_text(matrix + patch, encoding="utf-8")
    loaded = load_matrix(path, Registry.from_packages())
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
    (found,) = transfer(transferred(record, scores))
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
    (found,) = transfer(transferred(record, {(names[0], names[1]): 290.0}))
    assert found.means[1][0] is None
    assert found.places[:3] == (None, None, None)
    # Only the default was trained everywhere.
    assert found.single == "default"
    assert transfer(record) == ()


def made(*trials, importances=(), winner=None, **search):
    """A cell of two parameters whose trials had these (suggested, trained) values and scores."""
    space = Space(
        parameters=(
            Parameter(name="n", domain=Int(low=0, high=20), default=10),
            Parameter(name="net", domain=Choice(options=("a", "b")), default="a"),
        )
    )
    records = tuple(
        dataclasses.replace(
            trial(number, score),
            suggestion=Suggestion(number=number, coordinates=suggested),
            values=values,
        )
        for number, (suggested, values, score) in enumerate(trials)
    )
    settings = small_cell(space=space, search=Search(trials=9, steps=100, **search))
    return CellRecord(
        cell=settings,
        trials=records,
        winner=winner and Variant(winner),
        importances=dict(importances),
    )


DEFAULTS = {"n": 10, "net": "a"}


def test_trials_are_ranked_by_their_scores_and_the_earlier_of_equals_first() -> None:
    trials = [({}, DEFAULTS, 5.0), ({}, {}, 5.0), ({}, {}, 7.0), ({}, {}, None), ({}, {}, 7.0)]
    record = made(*trials)
    assert [each.number for each in record.ranked_trials] == [2, 4, 0, 1]
    assert best_trial(record).number == 2
    assert best_trial(made(*trials[:1])) is None
    for winner, number in ((None, None), ("default", 0), ("trial-4", 4), ("trial-8", None)):
        shipped = find_best_trial(made(*trials, winner=winner))
        assert (shipped and shipped.number) == number


def test_a_row_compares_the_default_with_a_trial() -> None:
    record = made(
        ({}, DEFAULTS, 1.0), ({}, {"n": 20, "net": "a"}, 2.0), importances={"net": 0.25, "n": 0.0}
    )
    network, number = parameter_rows(record, record.trials[1])
    assert (network.name, network.default, network.best, network.changed) == (
        "net",
        "a",
        "a",
        False,
    )
    assert (network.default_at, network.best_at, network.edge) == (None, None, None)
    assert (number.default, number.best, number.changed) == (10, 20, True)
    assert (number.default_at, number.best_at, number.edge) == (0.5, 1.0, "high")
    assert (network.allowed, number.allowed) == ('"a" | "b"', "0 .. 20")


def test_without_a_trial_nothing_is_changed() -> None:
    rows = parameter_rows(made(({}, DEFAULTS, 1.0)), None)
    assert [(row.default, row.best, row.changed, row.best_at) for row in rows] == [
        (10, None, False, None), ("a", None, False, None),
    ]  # fmt: skip
    # Of a search that has not begun the defaults are those of the space.
    assert [row.default for row in parameter_rows(made(), None)] == [10, "a"]


def test_what_a_rule_moved_is_told_from_what_was_asked_for() -> None:
    record = made(
        ({}, {"n": 8, "net": "a"}, 1.0),
        ({}, {"n": 4, "net": "b"}, 2.0),
        ({}, {"n": 7, "net": "b"}, 0.0),
        ({"n": 16, "net": "b"}, {"n": 6, "net": "b"}, 3.0),
        first=({"n": 5, "net": "b"}, {"n": 7, "net": "a"}),
    )
    moved = [moved_values(record, each) for each in record.trials]
    assert moved == [{"n": 10}, {"n": 5}, {"net": "a"}, {"n": 16}]
    assert moved_values(record, None) == {}
    number, _ = parameter_rows(record, record.trials[3])
    assert (number.default, number.moved_default) == (8, 10)
    assert (number.best, number.moved_best) == (6, 16)


@pytest.mark.parametrize(
    ("values", "mean", "agreement", "changed"),
    [
        ((10,), 0.0, None, 0),
        ((15,), 0.25, None, 1),
        ((15, 10), 0.125, None, 1),
        ((15, 20), 0.375, 1.0, 2),
        ((15, 5), 0.0, 0.5, 2),
        ((15, 5, 0), -0.25 / 1.5, 2 / 3, 3),
    ],
)
def test_shifts_agree_where_they_go_the_same_way(values, mean, agreement, changed) -> None:
    cells = []
    for number, value in enumerate(values):
        one = made(({}, DEFAULTS, 1.0), ({}, {"n": value, "net": "a"}, 2.0))
        scenario = dataclasses.replace(one.cell.scenario, name=f"S{number}")
        share = {"n": 0.5} if number == 0 else {}
        settings = dataclasses.replace(one.cell, scenario=scenario)
        cells.append(dataclasses.replace(one, cell=settings, importances=share))
    (found,) = drift(CampaignRecord(name="c", created="", updated="", cells=tuple(cells)))
    number, network = found.parameters
    assert number.mean_shift == pytest.approx(mean)
    assert number.agreement == (agreement and pytest.approx(agreement))
    assert (number.changed, number.importance, number.allowed) == (changed, 0.5, "0 .. 20")
    assert (network.mean_shift, network.agreement, network.importance) == (None, None, None)
    assert not any(each.shipped for each in number.best)


@pytest.mark.parametrize(
    ("full", "low", "high"),
    [
        (None, "low", "high"),
        ((0, 40), "low", None),
        ((-5, 20), None, "high"),
        ((-5, 40), None, None),
    ],
)
def test_where_the_budget_cut_a_range_nothing_widens_it(full, low, high) -> None:
    parameter, _ = searched_parameters(made())
    domain = full and Int(low=full[0], high=full[1])
    cut = dataclasses.replace(parameter, full_domain=domain)
    sides = [edge_of(cut, position) for position in (None, 0.0, 0.5, 1.0)]
    assert sides == [None, low, None, high]
