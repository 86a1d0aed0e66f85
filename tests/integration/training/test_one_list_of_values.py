"""A trial has one list of values: in ledger, study, CSV, JSON, YAML, page and model."""

import csv
import json
from html.parser import HTMLParser

import optuna
import pytest
from driven import Campaign
from ruamel.yaml import YAML
from stable_baselines3 import DQN, PPO

from harness.campaign import record
from harness.report.number_format import value as on_page

MATRIX = """
name: small
seed: 3
scenarios: [{name: CartPole-v1, n_envs: 2}]
algorithms:
  - name: ppo
    arguments: {n_epochs: 1}
    space:
      lr_schedule: linear
      n_steps: {powers_of_two: [8, 64]}
      batch_size: {choices: [16, 32, 64, 4096]}
      gamma: {low: 0.995}
      entropy_bonus: true
      target_kl: {low: 0.01, high: 0.1}
  - name: dqn
    space: {train_freq: {powers_of_two: [1, 16]}, learning_starts: {low: 50, high: 20000}}
search: {trials: 6, steps: 512, evals: 2, episodes: 1}
confirm: {top: 1, seeds: 1}
test: {seeds: 2, steps: 512, evals: 2, episodes: 1}
"""
CELLS = {"ppo@CartPole-v1": PPO, "dqn@CartPole-v1": DQN}


class Table(HTMLParser):
    """The text of every cell of a table, row by row."""

    def __init__(self, page):
        super().__init__()
        self.rows = []
        self._open = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        self._open = self._open or tag in {"td", "th"}
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self._open = self._open and tag not in {"td", "th"}

    def handle_data(self, data):
        if self._open:
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    campaign = Campaign(tmp_path_factory.mktemp("values"), MATRIX)
    campaign.run("--save-models", "--workers", "1")
    for kind in ("csv", "json", "yaml"):
        campaign.command("export", "small", "--format", kind, "--out", kind)
    return campaign


@pytest.fixture(scope="module")
def ledger(campaign):
    return {cell.name: cell for cell in record("small", campaign.folder / "runs").cells}


@pytest.fixture(params=CELLS)
def cell(request, ledger):
    return ledger[request.param]


def shipped(cell):
    return cell.trials[cell.winner.trial or 0]


def test_values_are_those_of_the_arguments_that_were_trained(cell):
    for trial in cell.trials:
        for name, value in trial.values.items():
            if isinstance(trial.arguments.get(name), int | float):
                assert trial.arguments[name] == value
    outside = cell.trials[0].values
    assert not cell.cell.space.contains(outside)
    assert all(cell.cell.space.contains(trial.values) for trial in cell.trials[1:])


def test_rules_have_moved_something(ledger):
    asked = [
        (cell.cell.space.decode(trial.suggestion.coordinates), trial.values)
        for cell in ledger.values()
        for trial in cell.trials[1:]
    ]
    assert any(before != after for before, after in asked)


def test_the_study_has_them(cell, campaign):
    database = f"sqlite:///{campaign.folder / 'runs/small/campaign.db'}"
    study = optuna.load_study(study_name=f"small/{cell.name}", storage=database)
    assert len(study.trials) == len(cell.trials)
    space = cell.cell.space
    for stored, trial in zip(study.trials, cell.trials, strict=True):
        assert stored.user_attrs | trial.values == stored.user_attrs
        assert stored.value == trial.result.score
        read = {
            parameter.name: parameter.domain.from_axis(stored.params[parameter.axis.name])
            for parameter in space.parameters
            if parameter.axis.name in stored.params
        }
        if trial.number:
            assert read == trial.values
        else:
            assert read.items() < trial.values.items()


def test_the_table_has_them(cell, campaign):
    with (campaign.folder / "csv" / "trials.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["cell"] == cell.name]
    for row, trial in zip(rows, cell.trials, strict=True):
        texts = {name: row[f"param.{name}"] for name in cell.cell.space.names}
        given = {n: v if isinstance(v, str) else json.dumps(v) for n, v in trial.values.items()}
        given = {name: "" if text == "null" else text for name, text in given.items()}
        assert texts == dict.fromkeys(texts, "") | given


@pytest.mark.parametrize("kind", ["json", "yaml"])
def test_the_best_parameters_have_them(cell, campaign, kind):
    text = (campaign.folder / kind / f"best_parameters.{kind}").read_text(encoding="utf-8")
    best = (json.loads(text) if kind == "json" else YAML(typ="safe").load(text))[cell.name]
    assert best["values"] == shipped(cell).values
    assert best["arguments"] == shipped(cell).arguments


def test_the_page_has_them(cell, campaign):
    results = json.loads((campaign.folder / "reports/small/results.json").read_text())
    part = results["parts"]["trials"][cell.name]
    pages = campaign.folder / "reports" / "small" / "cells"
    (page,) = [p for p in pages.glob("*.html") if p.name.startswith(cell.cell.algorithm.name)]
    rows = {
        row[1].split()[0]: row
        for row in Table(page.read_text(encoding="utf-8")).rows
        if len(row) == 4 + len(part["names"])
    }
    for entry in part["rows"]:
        values = cell.trials[entry["number"]].values
        assert dict(zip(part["names"], entry["values"], strict=True)) == (
            dict.fromkeys(part["names"]) | values
        )
        shown = rows[str(entry["number"])][4:]
        for name, text in zip(part["names"], shown, strict=True):
            assert text.split("→")[-1].strip() == on_page(values.get(name))
            assert ("→" in text) == (name in entry["moved"])


def test_the_page_says_which_defaults_are_no_points(cell, campaign):
    results = json.loads((campaign.folder / "reports/small/results.json").read_text())
    notes = results["parts"]["cell_settings"][cell.name]
    values, space = cell.trials[0].values, cell.cell.space
    outside = [name for name in values if not space[name].domain.contains(values[name])]
    assert [text.split()[3].rstrip(",") for text in notes["outside"]] == outside != []
    cut = [parameter.name for parameter in space.parameters if parameter.full_domain]
    assert [text.split()[0] for text in notes["cut"]] == cut != []


def test_the_model_has_them(cell, campaign):
    folder = campaign.folder / "runs" / "small" / "models" / cell.name
    variants = {"default": cell.trials[0].values, "tuned": shipped(cell).values}
    for variant, trained in variants.items():
        if variant == "tuned" and cell.winner == "default":
            continue  # the same models
        model = CELLS[cell.name].load(min(folder.glob(f"{variant}-seed*.zip")))
        for name in ("n_steps", "batch_size", "gamma", "buffer_size", "learning_starts"):
            if name in trained:
                assert getattr(model, name) == trained[name], name
        if "train_freq" in trained:
            assert model.train_freq.frequency == trained["train_freq"]
            steps = model.gradient_steps / model.train_freq.frequency
            assert steps == pytest.approx(trained["replay_ratio"])
        if trained.get("entropy_bonus") is False:
            assert model.ent_coef == 0
        ends = {"constant": 1.0, "linear": 0.5}
        if trained["lr_schedule"] in ends:
            half = trained["learning_rate"] * ends[trained["lr_schedule"]]
            assert model.lr_schedule(0.5) == pytest.approx(half)


def test_all_runs_of_a_cell_train_equally_long(ledger):
    for cell in ledger.values():
        steps = {result.steps for result in cell.results}
        assert max(steps) <= 1.05 * min(steps)
