"""Scores for other tools, and the works that a paper cites."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import re
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sample_records import TRUTHS, Truth, synthetic_campaign

from harness.analysis import curves_table
from harness.core.record import CampaignRecord
from harness.registry import Registry, component_paths
from harness.report.campaign_views import campaign_view
from harness.report.paper.latex_tables import table_files
from harness.report.paper.methods_text import methods_latex
from harness.report.paper.references import cite, cited_as, cited_for, learner_entry, works
from harness.report.paper.score_exports import (
    can_write_parquet,
    evaluation_table,
    marl_eval,
    score_arrays,
    write_data,
)
from harness.report.parts.methods.definitions import CHAPTERS
from harness.report.site_pages import filled_pages


@pytest.fixture(scope="module")
def record() -> CampaignRecord:
    return synthetic_campaign()


@pytest.fixture(scope="module")
def data(record: CampaignRecord, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_data(record, folder)
    return folder


def test_arrays_are_seeds_by_scenarios(data: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "papers.md").read_text(encoding="utf-8")
    snippets = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[:2]
    names: dict[str, Any] = {}
    exec(snippets[0].replace("reports/study/paper/data", str(data)), names)
    assert names["data"]["scenarios"] == ["CartPole-v1", "Pendulum-v1"]
    assert {array.shape for array in names["scores"].values()} == {(10, 2)}
    assert {"PPO tuned", "PPO default", "PPO published", "SAC tuned"} <= set(names["scores"])
    # Three seeds of Pendulum are fewer than ten of CartPole: that scenario is not complete.
    exec(snippets[1], names)
    assert {name: array.shape for name, array in names["scores"].items()} == {
        "PPO tuned": (10, 1), "PPO default": (10, 1),
    }  # fmt: skip
    assert not np.isnan(list(names["scores"].values())).any()


def test_arrays_hold_every_score_and_miss_none(record: CampaignRecord) -> None:
    view = campaign_view(record)
    arrays = score_arrays(record)
    for row in view.rows:
        column = arrays["scenarios"].index(row.scenario)
        for variant in (row.tuned, row.default, *row.variants):
            if variant is None or not variant.finished:
                continue
            scores = [line[column] for line in arrays["returns"][f"{row.title} {variant.variant}"]]
            assert scores[: len(variant.scores)] == list(variant.scores)
            assert set(scores[len(variant.scores) :]) <= {None}
    failed = [line[0] for line in arrays["returns"]["DQN tuned"]]
    assert failed.count(None) == 2
    mean = np.nanmean(np.array(arrays["normalised"]["PPO default"], dtype=float)[:, 0])
    normalised = next(row.normalised_default for row in view.rows if row.cell == "ppo@CartPole-v1")
    assert mean == pytest.approx(normalised)


def test_names_part_no_pair(tmp_path: Path) -> None:
    titles = ("One, two", "One, two")
    truths = [
        Truth(scenario="CartPole-v1", algorithm=name, title=title, default=1, tuned=300, trials=4)
        for name, title in zip(("ppo", "a2c"), titles, strict=True)
    ]
    arrays = score_arrays(synthetic_campaign("names", truths))
    assert set(arrays["returns"]) == {"ppo default", "ppo tuned", "a2c default", "a2c tuned"}
    arrays = score_arrays(synthetic_campaign("names", truths[:1]))
    assert set(arrays["returns"]) == {"One; two default", "One; two tuned"}


def test_marl_eval_finds_the_same_shape_everywhere(record: CampaignRecord) -> None:
    environments = marl_eval(record)
    json.dumps(environments, allow_nan=False)
    seen: dict[tuple[str, str], list[float]] = {}
    for name, tasks in environments.items():
        shapes = {
            tuple((algorithm, tuple(runs), tuple(map(tuple, runs.values())))
                  for algorithm, runs in sorted(task.items()))
            for task in tasks.values()
        }  # fmt: skip
        assert len(shapes) == 1, name
        for task, algorithms in tasks.items():
            for algorithm, runs in algorithms.items():
                assert name + task + algorithm == (name + task + algorithm).lower()
                assert all(list(steps)[-1] == "absolute_metrics" for steps in runs.values())
                scores = [steps["absolute_metrics"]["return"][0] for steps in runs.values()]
                seen[task, algorithm] = scores
    tuned = next(row.tuned for row in campaign_view(record).rows if row.cell == "ppo@CartPole-v1")
    assert tuned is not None
    assert seen["cartpole-v1", "ppo tuned"] == list(tuned.scores)
    assert ("cartpole-v1", "dqn tuned") not in seen
    assert ("cartpole-v1", "dqn default") in seen


def test_evaluations_are_tidy(record: CampaignRecord, data: Path) -> None:
    with (data / "evaluations.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(curves_table(record))
    assert not any("[" in text for text in rows[0].values())
    assert float(rows[-1]["mean"]) == curves_table(record)["mean"].iloc[-1]
    assert set(evaluation_table(record)["episodes"]) == {5, 10}
    assert (data / "runs.csv").is_file()


@pytest.mark.skipif(not can_write_parquet(), reason="pyarrow is not installed")
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_parquet_has_the_same_rows(record: CampaignRecord, data: Path, tmp_path: Path) -> None:
    table = evaluation_table(record)
    pd.testing.assert_frame_equal(pd.read_parquet(data / "evaluations.parquet"), table)
    write_data(record, tmp_path)
    for name in ("runs.parquet", "evaluations.parquet"):
        assert (tmp_path / name).read_bytes() == (data / name).read_bytes()


def test_without_pyarrow_there_is_csv_only(data: Path) -> None:
    assert bool(list(data.glob("*.parquet"))) == can_write_parquet()


def test_every_work_is_whole_and_listed_once() -> None:
    source = resources.files("harness.report.paper") / "references.bib"
    text = source.read_text(encoding="utf-8")
    keys = [work.key for work in works()]
    assert len(keys) == text.count("\n@") == len(set(keys))
    assert keys == sorted(keys)
    for work in works():
        assert work.field("author"), work.key
        assert work.field("title"), work.key
        assert re.fullmatch(r"(19|20)\d\d", work.field("year")), work.key
        assert work.key.startswith(work.first_author.lower().replace("-", "").replace(" ", "")[:3])
        where = {"article": "journal", "inproceedings": "booktitle", "book": "publisher"}
        assert work.field(where.get(work.kind, "howpublished")), work.key
        assert "keywords" not in work.text


def test_every_learner_and_component_has_a_work() -> None:
    registry = Registry.from_packages()
    for name, algorithm in registry.algorithms.items():
        assert learner_entry(algorithm) in works(), name
    named = {word for work in works() for word in work.keywords}
    families = {scenario.family for scenario in registry.scenarios.values()}
    without = {"sampler": {"grid"}, "pruner": {"none", "patient", "threshold"}}
    for kind, names in without.items():
        cited = {word.partition(":")[2] for word in named if word.startswith(f"{kind}:")}
        assert set(component_paths(kind)) - cited == names
        assert cited <= set(component_paths(kind))
    assert {word.partition(":")[2] for word in named if word.startswith("family:")} <= families


def test_a_learner_that_is_not_known_is_cited_as_its_source_says() -> None:
    (cell,) = synthetic_campaign("own", TRUTHS[:1]).cells
    own: Any = cell.cell.algorithm
    assert learner_entry(own) is None
    entry = learner_entry(dataclasses.replace(own, name="my own", source="Doe & Co. 2025"))
    assert entry is not None
    assert entry.key == "learner-my-own"
    assert r"howpublished = {Doe \& Co. 2025}" in entry.text


def test_running_text_is_cited_by_author_and_year() -> None:
    assert cite(cited_as("Welch (1947); with added seeds Jennison and Turnbull (1989)")) == (
        r"\cite{welch1947generalization,jennison1989interim}"
    )
    assert cited_for("sampler:tpe")
    with pytest.raises(KeyError, match="Nobody"):
        cited_as("Nobody (1947)")


def test_the_methods_are_those_of_the_page(record: CampaignRecord) -> None:
    parts = [part for page in filled_pages(campaign_view(record)) for part in page.parts]
    text = methods_latex(next(part for part in parts if part.id == "methods"))
    for chapter in CHAPTERS:
        assert f"\\subsubsection*{{{chapter.title}}}" in text
        for each in chapter.definitions:
            if each.source:
                assert cite(cited_as(each.source)) in text
    assert r"\item[{Optimism}] The best score of the search minus" in text
    assert "*" not in text.replace("subsubsection*", "")


def test_tables_have_the_numbers_of_the_pages(record: CampaignRecord) -> None:
    view = campaign_view(record)
    tables = table_files(view, filled_pages(view))
    first = view.analysis.aggregates.rows[0]
    assert first.iqm.value is not None
    assert f"{first.iqm.value:.2f}"[:4] in tables["aggregates.tex"]
    for cell in view.record.cells:
        assert cell.cell.algorithm.title in tables["search-spaces.tex"]
        seeds = [str(trial.seed) for trial in cell.trials]
        assert " ".join(seeds) in tables["seeds.tex"]
    for name, text in tables.items():
        widths = [float(width) for width in re.findall(r"dimexpr ([\d.]+)", text)]
        assert not widths or math.isclose(sum(widths), 1), name
