"""Tables, CSV files and parameter files."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from builders import trial
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from sample_records import synthetic_campaign

from harness.analysis import (
    best_parameters,
    cost_table,
    curves_table,
    export_csv,
    find_best_trial,
    parameter_rows,
    score_table,
    searched_parameters,
    trial_entries,
    trials_table,
    zoo_differences,
    zoo_files,
    zoo_yaml,
)
from harness.analysis.score_tables import write_csv
from harness.analysis.zoo_export import _float
from harness.core.identity import decode
from harness.core.matrix import Cell
from harness.core.record import CampaignRecord
from harness.core.run import DEFAULT, Variant
from harness.core.run_result import Cost, Failure, Status
from harness.core.spaces.training_scenario import STACK


@pytest.fixture(scope="module")
def record() -> CampaignRecord:
    return synthetic_campaign()


def test_every_finished_and_failed_run_is_a_row(record: CampaignRecord) -> None:
    table = score_table(record)
    trials = sum(len(cell.trials) for cell in record.cells)
    runs = sum(run.result is not None for cell in record.cells for run in cell.runs)
    assert len(table) == trials + runs
    failed = table[table["status"] == "failed"]
    assert failed["score"].isna().all()
    assert (failed["message"] != "").all()
    assert table[table["status"] == "complete"]["score"].notna().all()


def test_a_run_that_is_tuned_and_default_took_its_time_once(record: CampaignRecord) -> None:
    table = cost_table(record)
    results = [result for cell in record.cells for result in cell.results]
    assert any(cell.winner == DEFAULT for cell in record.cells)
    assert len(table) == len(results)
    assert table["cpu"].sum() == pytest.approx(sum(result.cost.cpu for result in results))


def test_rows_follow_the_plan(record: CampaignRecord) -> None:
    table = score_table(record)
    assert list(dict.fromkeys(table["cell"])) == [cell.name for cell in record.cells]
    first = table[table["cell"] == "ppo@CartPole-v1"]
    assert list(dict.fromkeys(first["rung"])) == ["search", "confirm", "test"]
    test = first[first["rung"] == "test"]
    assert list(dict.fromkeys(test["variant"])) == ["default", "tuned", "published"]


def test_curves_have_one_row_per_evaluation(record: CampaignRecord) -> None:
    table = curves_table(record)
    run = record.cells[0].runs[-1]
    assert run.result is not None
    rows = table[(table["cell"] == record.cells[0].name) & (table["seed"] == run.seed)]
    rows = rows[rows["variant"] == run.variant]
    assert list(rows["mean"]) == [evaluation.mean for evaluation in run.result.evaluations]
    assert list(rows["evaluation"]) == list(range(1, len(rows) + 1))


def test_trials_carry_readable_parameters(record: CampaignRecord) -> None:
    table = trials_table(record)
    assert table.loc[0, "param.n_steps"] == 2048
    assert table.loc[0, "param.sde_sample_freq"] is None
    numbers = table["param.sde_sample_freq"].dropna()
    assert all(isinstance(number, int) for number in numbers)


def test_equal_results_give_equal_bytes(record: CampaignRecord, tmp_path: Path) -> None:
    first = export_csv(record, tmp_path / "a")
    slow = replace(record, created="later", cells=tuple(_other_cost(cell) for cell in record.cells))
    second = export_csv(slow, tmp_path / "b")
    assert [path.name for path in first] == [
        "scores.csv",
        "trials.csv",
        "evaluations.csv",
        "costs.csv",
    ]
    same = [a.read_bytes() == b.read_bytes() for a, b in zip(first, second, strict=True)]
    assert same == [True, True, True, False]


def _other_cost(cell):
    def changed(place):
        if place.result is None:
            return place
        return replace(place, result=replace(place.result, cost=Cost(wall=1.0, host="elsewhere")))

    return replace(
        cell,
        trials=tuple(changed(trial) for trial in cell.trials),
        runs=tuple(changed(run) for run in cell.runs),
    )


def test_csv_reads_back_exactly(record: CampaignRecord, tmp_path: Path) -> None:
    (path, trials, evaluations, _) = export_csv(record, tmp_path)
    raw = path.read_bytes()
    assert b"\r" not in raw
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, score in zip(rows, score_table(record)["score"], strict=True):
        assert (row["score"] == "") if math.isnan(score) else float(row["score"]) == score
    with evaluations.open(encoding="utf-8", newline="") as file:
        assert len(json.loads(next(csv.DictReader(file))["returns"])) == 5
    with trials.open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["param.use_sde"] == "false"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_floats_survive_the_csv(tmp_path_factory: pytest.TempPathFactory, values: list) -> None:
    path = write_csv(pd.DataFrame({"x": values}), tmp_path_factory.mktemp("csv") / "x.csv")
    assert [float(line) for line in path.read_text().split("\n")[1:-1]] == values


def test_best_parameters_name_what_is_shipped(record: CampaignRecord) -> None:
    best = best_parameters(record)
    assert "td3@Pendulum-v1" not in best
    tuned = best["ppo@CartPole-v1"]
    assert tuned["arguments"]["policy_kwargs"]["net_arch"] in ([64, 64], [256, 256])
    assert tuned["score"] == pytest.approx(454, abs=10)
    assert tuned["default"] == pytest.approx(180, abs=20)
    assert best["sac@Pendulum-v1"]["winner"] == "default"
    assert best["sac@Pendulum-v1"]["arguments"] == {}
    assert json.loads(json.dumps(best)) == best


def test_best_parameters_hold_plain_text(record: CampaignRecord) -> None:
    """What writes YAML refuses a variant, which is a kind of text of its own."""
    cells = tuple(
        replace(cell, winner=cell.winner and Variant(cell.winner)) for cell in record.cells
    )
    best = best_parameters(replace(record, cells=cells))
    assert best
    assert {type(shipped["winner"]) for shipped in best.values()} == {str}


def test_every_trial_is_told_with_what_it_ended_with(record: CampaignRecord) -> None:
    values = {"lr": 0.1}
    complete = replace(trial(2, 1.5), values=values)
    failure = Failure(kind="diverged", message="NaN", step=7)
    failed = trial(3, None, status=Status.FAILED)
    assert failed.result is not None
    failed = replace(failed, result=replace(failed.result, failure=failure, cost=Cost(wall=2.5)))
    running = replace(trial(4, None), result=None)
    cell = replace(record.cells[0], trials=(complete, failed, running))
    entries = trial_entries(replace(record, cells=(cell,)))
    first, second, third = entries.pop(cell.name)
    assert entries == {}
    assert first == {
        "number": 2, "state": "complete", "score": 1.5, "values": values,
        "arguments": {"lr": 0.01}, "seed": 2, "run_id": "run-2", "failure": None,
        "evaluations": [{"step": 100, "mean": 1.5, "returns": [1.5]}], "steps": 100, "wall": 0.0,
    }  # fmt: skip
    assert (second["state"], second["score"], second["wall"]) == ("failed", None, 2.5)
    assert second["failure"] == {"kind": "diverged", "message": "NaN", "step": 7, "traceback": ""}
    assert (third["state"], third["score"]) == ("running", None)
    assert set(third) == set(first) - {"failure", "evaluations", "steps", "wall"}


def test_parameters_at_an_edge_are_flagged(record: CampaignRecord) -> None:
    cell = record.cells[0]
    trial = find_best_trial(cell)
    assert trial is not None
    values = dict(trial.values) | {"learning_rate": 0.0099, "n_steps": 32}
    edge = replace(trial, values=values)
    rows = {row.name: row for row in parameter_rows(cell, edge)}
    assert rows["learning_rate"].edge == "high"
    assert rows["n_steps"].edge == "low"
    assert rows["net_arch"].edge is None
    assert next(iter(rows)) == "learning_rate"
    assert list(rows)[-1] == "sde_sample_freq"


def test_importances_find_their_parameters_by_axis(record: CampaignRecord) -> None:
    found = {p.name: p.importance for p in searched_parameters(record.cells[0])}
    assert (found["gamma"], found["n_steps"]) == (0.27, 0.14)
    assert found["sde_sample_freq"] is None


def _yaml_1_1(text: str):
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 1)
    return reader.load(text)


def test_zoo_files_read_back_as_the_zoo_reads_them(record: CampaignRecord) -> None:
    files = zoo_files(record)
    assert sorted(files) == ["a2c.yml", "dqn.yml", "ppo.yml", "sac.yml", "tqc.yml"]
    ppo = _yaml_1_1(files["ppo.yml"])
    assert list(ppo) == ["CartPole-v1", "Pendulum-v1"]
    entry = ppo["CartPole-v1"]
    assert entry["n_timesteps"] == 50_000
    assert entry["policy"] == "MlpPolicy"
    assert entry["policy_kwargs"].startswith("dict(net_arch=[")
    assert isinstance(entry["learning_rate"], float)
    assert "# hyperparams/ppo.yml" in zoo_yaml(record)


def test_zoo_speaks_the_zoos_language(record: CampaignRecord) -> None:
    arguments = {
        "learning_rate": {"schedule": "linear", "initial": 1e-05},
        "clip_range": {"schedule": "cosine", "initial": 0.2},
        "delta_std": {"schedule": "linear", "initial": 0.1, "final": 0.01},
        "ent_coef": {"schedule": "linear", "initial": 0.01},
        "gae_lambda": {"schedule": "constant", "initial": 0.5},
        "vf_coef": 1e-05,
        "scenario": {"arguments": {"g": 5.0}},
        "target_kl": None,
        "action_noise": {"noise": "ornstein_uhlenbeck", "sigma": 0.1},
        "policy_kwargs": {
            "activation_fn": "relu",
            "optimizer_class": "adamw",
            "net_arch": "small",
            "log_std_init": -1.5,
        },
        "train_freq": [1, "episode"],
    }
    cell = record.cells[0]
    scenario = {
        **cell.spec["scenario"],
        "env": "my_package:Own-v0",
        "n_envs": 4,
        "normalize": {"observation": True, "reward": False},
        "max_episode_steps": 30,
        "arguments": {"size": 3, "step": 1e-05, "range": [0.7, ".inf"]},
        "wrappers": [
            {"path": "my_package.Own", "arguments": {"k": 1e-07, "far": {"below": "-.inf"}}},
            {"path": STACK, "arguments": {"count": 4}},
        ],
        "training_wrappers": [{"path": "my_package.Easier", "arguments": {}}],
        "curriculum": {"levels": [{"name": "easy"}], "shares": [0.2]},
    }
    trials = tuple(replace(trial, arguments=arguments) for trial in cell.trials)
    changed = replace(cell, cell=decode(Cell, {**cell.spec, "scenario": scenario}), trials=trials)
    text = zoo_files(replace(record, cells=(changed,)))["ppo.yml"]
    entry = _yaml_1_1(text)["Own-v0"]
    assert entry["learning_rate"] == "lin_1e-05"
    assert entry["gae_lambda"] == 0.5
    limit = {"max_episode_steps": 30}
    assert entry["env_kwargs"] == {"size": 3, "step": 1e-05, "range": [0.7, math.inf], **limit}
    assert entry["frame_stack"] == 4
    assert entry["env_wrapper"] == [{"my_package.Own": {"k": 1e-07, "far": {"below": -math.inf}}}]
    assert "# not written: my_package.Easier, in training only" in text
    assert "# not written: easy (to 20.0% of the steps) -> CartPole-v1" in text
    assert entry["clip_range"] == "lin_0.2"
    assert "  # clip_range: lin_0.2 stands for a cosine schedule from 0.2 to 0\n" in text
    assert entry["vf_coef"] == 1e-05
    assert entry["delta_std"] == pytest.approx(0.055)
    assert "# delta_std: 0.055 stands for a linear schedule from 0.1 to 0.01" in text
    assert entry["ent_coef"] == 0.005  # no `lin_` there
    assert [line.partition(":")[0] for line in zoo_differences(text)] == [
        "clip_range",
        "delta_std",
        "ent_coef",
        "frame_stack",
        "not written",
        "not written",
        "not written",
    ]
    assert '# not written: {"g": 5.0}, in training only' in text
    assert (entry["noise_type"], entry["noise_std"]) == ("ornstein-uhlenbeck", 0.1)
    assert entry["policy_kwargs"] == (
        "dict(activation_fn=nn.ReLU, optimizer_class=th.optim.AdamW, net_arch=[64, 64], "
        "log_std_init=-1.5)"
    )
    assert entry["normalize"] == "dict(norm_obs=True, norm_reward=False)"
    assert (entry["n_envs"], entry["train_freq"]) == (4, [1, "episode"])
    assert "target_kl" not in entry


def test_the_zoo_stacks_last_and_what_is_stacked_earlier_stays_a_wrapper(
    record: CampaignRecord,
) -> None:
    cell = record.cells[0]
    wrappers = [{"path": STACK, "arguments": {"count": 2}}, {"path": "my.Own", "arguments": {}}]
    scenario = {**cell.spec["scenario"], "wrappers": wrappers, "normalize": {"observation": True}}
    changed = replace(cell, cell=decode(Cell, {**cell.spec, "scenario": scenario}))
    text = zoo_files(replace(record, cells=(changed,)))["ppo.yml"]
    entry = _yaml_1_1(text)["CartPole-v1"]
    assert entry["env_wrapper"] == [{STACK: {"count": 2}}, {"my.Own": {}}]
    assert "frame_stack" not in entry
    assert not zoo_differences(text)


@pytest.mark.parametrize(
    ("env", "name", "words"),
    [
        (
            "pettingzoo:pettingzoo.classic.tictactoe_v3",
            "pettingzoo.classic.tictactoe_v3",
            "no games",
        ),
        ("envs/my_env.py:MyEnv", "MyEnv", "of envs/my_env.py: the zoo takes what is registered"),
    ],
)
def test_what_the_zoo_cannot_make_is_said(
    record: CampaignRecord, env: str, name: str, words: str
) -> None:
    cell = record.cells[0]
    changed = decode(Cell, {**cell.spec, "scenario": {**cell.spec["scenario"], "env": env}})
    text = zoo_files(replace(record, cells=(replace(cell, cell=changed),)))["ppo.yml"]
    assert name in _yaml_1_1(text)
    (difference,) = zoo_differences(text)
    assert words in difference


@given(st.floats(allow_nan=False))
def test_floats_are_numbers_in_yaml_1_1(number: float) -> None:
    assert _yaml_1_1(_float(number)) == number
