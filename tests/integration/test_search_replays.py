"""Replayed searches are those of a campaign, and a budget's is the beginning of a larger one's."""

import gzip
import importlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.core.ladder import advance
from harness.core.learner_arguments.cell_arguments import configuration
from harness.core.progress.ladder_progress import History
from harness.core.record import TrialRecord
from harness.core.search_settings import Component
from harness.core.settings import Confirm, Rung
from harness.tuning.suggestion import Suggester

FOLDER = Path(__file__).parents[1] / "benchmarks" / "search"
MODULES = (
    "landscapes",
    "published_values",
    "learned",
    "replays",
    "samplers",
    "splits",
    "tables",
)
NAMES = ("first_dqn", "second_dqn")


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """The benchmark's modules on two small invented landscapes."""
    draws = np.random.default_rng(0)
    rates = 10 ** draws.uniform(-5, -2, 30)
    rows = {"learning_rate": rates, "buffer_batch_size": draws.choice([32, 64, 128], 30)}
    rows["target_epsilon"] = draws.uniform(0.01, 0.2, 30)
    arrays, tables = {}, []
    for name in NAMES:
        late = 100 * np.exp(-((np.log10(rates) + 3.5) ** 2))
        curves = late[:, None, None] * np.linspace(0.2, 1, 5) + draws.normal(0, 5, (30, 4, 5))
        curves[3, 1, 2:] = np.nan
        arrays |= {name: curves, f"{name}__steps": np.arange(1, 6) * 1000}
        tables.append(pd.DataFrame({"cell": name, "config": range(30)} | rows))
    np.savez(tmp_path / "landscapes.npz", **arrays)
    with gzip.open(tmp_path / "configs_dqn.csv.gz", "wt") as file:
        pd.concat(tables).to_csv(file, index=False)
    (tmp_path / "dqn.yml").write_text(
        "First-v1: {learning_rate: 9.0e-3}\n"
        "Third-v0: {learning_rate: lin_2e-4, train_freq: 16, gradient_steps: 8}\n"
    )
    monkeypatch.setenv("RL_LANDSCAPES", str(tmp_path))
    monkeypatch.setenv("RL_ZOO", str(tmp_path))
    monkeypatch.syspath_prepend(FOLDER)
    yield {name: importlib.import_module(name) for name in MODULES}
    # What they have read of these landscapes is not for the next test.
    for name in MODULES:
        del sys.modules[name]


def replay_of(modules, mode, **search):
    splits = modules["splits"]
    landscape = splits.landscape_of(NAMES[0], mode)
    settings = {"trials": 30, "sampler": Component(name="random")}
    cell = replace(landscape.cell, search=replace(landscape.cell.search, **settings | search))
    return modules["replays"].Replay(landscape, splits.REGISTRY, cell)


def climbed(replay, registry, trials, confirm):
    """The ladder of a campaign, run by run, with the landscape for an executor."""
    search = replace(replay.cell.search, trials=trials)
    cell = replace(replay.cell, search=search, confirm=confirm)
    suggester = Suggester(registry, "replay", cell)
    history = History()
    while not (progress := advance(cell, history)).candidates or progress.winner is None:
        if progress.next_trial is not None:
            open_trials = progress.trials[len(progress.finished) :]
            suggestion = suggester.suggest(progress.finished, open_trials)
            values, arguments = configuration(cell, progress.next_trial, suggestion.coordinates)
            trial = TrialRecord(
                suggestion=suggestion, values=values, arguments=arguments, seed=0, run_id=""
            )
            run = advance(cell, History(trials=(*progress.trials, trial))).planned[Rung.SEARCH][-1]
            trial = replace(trial, run_id=run.run.id)
            history = replace(history, trials=(*progress.trials, trial))
        else:
            run = next(each.run for each in progress.pending if each.rung is not Rung.TEST)
            results = {**history.results, run.id: replay.train(run, run.id)}
            history = replace(history, results=results)
    return progress.winner


@pytest.mark.parametrize("mode", ["rows", "forest"])
def test_a_replay_ships_what_the_ladder_ships(modules, mode):
    replay = replay_of(modules, mode)
    replay.search(20)
    found = replay.confirm(20, 2, 3)
    winner = climbed(replay, modules["splits"].REGISTRY, found.trials, Confirm(top=2, seeds=3))
    quality = replay._landscape.answer(winner.arguments).quality
    assert found.quality == quality
    assert found.trials > 9


def test_a_small_budget_is_the_beginning_of_a_large_one(modules):
    small, large = replay_of(modules, "rows"), replay_of(modules, "rows")
    small.search(8)
    large.search(24)
    assert len(large.trials) > len(small.trials)
    assert [t.arguments for t in large.trials[: len(small.trials)]] == [
        t.arguments for t in small.trials
    ]


def test_trials_from_a_pool_are_as_many_configurations(modules):
    whole = replay_of(modules, "rows")
    replays, registry = modules["replays"], modules["splits"].REGISTRY
    pool = replays.pool_of(registry, whole.cell, 10)
    replay = replays.DrawnReplay(whole._landscape, registry, whole.cell, pool)
    replay.search(12)
    assert [trial.number for trial in replay.trials] == list(range(len(replay.trials)))
    assert len({trial.arguments["learning_rate"] for trial in replay.trials[1:]}) > 1
    assert replay.confirm(12, 2, 2).trials > 1


def test_no_more_than_the_budget_is_spent(modules):
    replay = replay_of(modules, "rows")
    replay.search(24)
    for budget, top, seeds in ((12, 1, 2), (24, 3, 4), (24, 2, 2)):
        assert 0 < replay.confirm(budget, top, seeds).spent <= budget


def test_a_row_answers_with_its_own_curves_and_the_best_has_quality_one(modules):
    landscapes = modules["landscapes"]
    landscape = modules["splits"].landscape_of(NAMES[0], "rows")
    rows, curves, _ = landscapes.read(NAMES[0])
    answers = [landscape.answer(row) for row in rows.to_dict("records")]
    assert all(
        np.array_equal(a.curves, c, equal_nan=True) for a, c in zip(answers, curves, strict=True)
    )
    assert max(answer.quality for answer in answers) == 1
    assert np.median([answer.quality for answer in answers]) == pytest.approx(0)


def test_what_is_learned_comes_from_other_environments_alone(modules):
    assert modules["learned"].others(NAMES[0]) == [NAMES[1]]
    assert modules["learned"].ranking(NAMES[0])[0] == "learning_rate"
    priors = modules["learned"].priors("dqn", "cc_first")
    assert 9e-3 not in priors["learning_rate"]
    assert 2e-4 in priors["learning_rate"]
    assert set(priors["train_freq"]) == {16}
    assert set(priors["replay_ratio"]) == {0.5}
    assert set(priors["gamma"]) == {0.99}, "what nobody tuned is the default"
    assert len(set(priors["learning_rate"])) > 2, "good configurations of the second landscape"


def test_searches_are_written_and_summed_up(modules, monkeypatch, capsys, tmp_path):
    words = ["--sampler", "auto", "--pruner", "none", "--largest", "20", "--repetitions", "2"]
    monkeypatch.setattr("sys.argv", ["splits.py", *words, "--pool", "5"])
    modules["splits"].main()
    written = tmp_path / "replays.csv"
    written.write_text(capsys.readouterr().out)
    rows = pd.read_csv(written)
    splits = modules["splits"].SPLITS[20]
    assert len(rows) == len(NAMES) * 2 * 2 * len(splits)
    table = modules["tables"].summary(modules["tables"].whole(rows), ["half"])
    assert set(table["seeds"]) == {seeds for _, seeds in splits}
    assert table["quality"].iloc[0] == pytest.approx(table["quality"].max())
    itself = modules["tables"].changes(modules["tables"].whole(rows), "auto none 0 0.0")
    assert len(itself) == len(rows)
    assert set(itself["quality"]) == {0.0}
    monkeypatch.setattr("sys.argv", ["tables.py", str(written)])
    modules["tables"].main()
    assert capsys.readouterr().out.count("\n") > len(splits)
