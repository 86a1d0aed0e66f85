"""Scores for other tools: arrays of rliable, the JSON of marl-eval, tidy tables."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.analysis import curves_table, score_table
from harness.analysis.score_tables import write_csv
from harness.analysis.variant_scores import algorithms, score_matrices
from harness.core.record import CampaignRecord, RunRecord
from harness.core.settings import Rung

if TYPE_CHECKING:
    import pandas as pd


def score_arrays(record: CampaignRecord) -> dict[str, object]:
    """Scores on held-out seeds as rliable takes them, but for what is missing.

    Returns:
        ``scenarios``, the names of the columns; ``returns`` and ``normalised``, each
        ``{"PPO tuned": rows}`` with a row per seed and a column per scenario. All arrays have one
        shape. None: a failed run, one that is still to do, a cell that is not in the matrix, or,
        where normalised, a scenario without fixed scores.
    """
    scenarios = list(dict.fromkeys(cell.cell.scenario.name for cell in record.first_searches))
    return {
        "scenarios": scenarios,
        "returns": _arrays(record, scenarios, normalised=False),
        "normalised": _arrays(record, scenarios, normalised=True),
    }


def _arrays(
    record: CampaignRecord, scenarios: Sequence[str], *, normalised: bool
) -> dict[str, list[list[float | None]]]:
    columns = {
        cell.name: scenarios.index(cell.cell.scenario.name) for cell in record.first_searches
    }
    matrices = [m for m in score_matrices(record, normalised=normalised) if m.algorithm is not None]
    titles = _titles(record)
    seeds = max((len(matrix.scores) for matrix in matrices), default=0)
    arrays = {}
    for matrix in matrices:
        rows: list[list[float | None]] = [[None] * len(scenarios) for _ in range(seeds)]
        for row, scores in zip(rows, matrix.scores.tolist(), strict=False):
            for cell, score in zip(matrix.cells, scores, strict=True):
                row[columns[cell]] = None if math.isnan(score) else score
        arrays[_entrant(titles[matrix.algorithm or ""], matrix.variant)] = rows
    return arrays


def _entrant(title: str, variant: str) -> str:
    """Name of a variant; both tools part pairs of names by a comma."""
    return f"{title} {variant}".replace(",", ";")


def _titles(record: CampaignRecord) -> dict[str, str]:
    """Algorithm -> its title, or its name where two have one title."""
    titles = algorithms(record)
    unique = len(set(titles.values())) == len(titles)
    return titles if unique else {name: name for name in titles}


def marl_eval(record: CampaignRecord) -> dict[str, object]:
    """Held-out runs in the JSON of marl-eval: environment, task, algorithm, run, step, metric.

    That tool takes one number of runs, evaluations and algorithms for all tasks of an environment,
    and lower-case names. So scenarios that have these in common are one environment, and a
    variant of which a run has no score is left out of its scenario. What marl-eval calls the
    absolute metric is the score of the run.
    """
    titles = _titles(record)
    tasks: dict[str, dict[str, Any]] = {}
    for cell in record.first_searches:
        for variant in cell.tested_variants:
            runs = cell.runs_of(Rung.TEST, variant)
            if runs and all(run.score is not None for run in runs):
                algorithm = _entrant(titles[cell.cell.algorithm.name], variant).lower()
                task = tasks.setdefault(cell.cell.scenario.name.lower(), {})
                task[algorithm] = {f"run_{i}": _steps(run) for i, run in enumerate(runs, start=1)}
    groups: dict[tuple[object, ...], dict[str, object]] = {}
    for name, task in tasks.items():
        shape = tuple((a, len(runs), len(runs["run_1"])) for a, runs in sorted(task.items()))
        groups.setdefault(shape, {})[name] = task
    names = [
        record.name.lower(),
        *(f"{record.name.lower()} {n}" for n in range(2, len(groups) + 1)),
    ]
    return dict(zip(names, groups.values(), strict=False))


def _steps(run: RunRecord) -> dict[str, Any]:
    result = run.result
    if result is None:
        return {}
    steps: dict[str, Any] = {
        f"step_{number}": {"step_count": evaluation.step, "return": list(evaluation.returns)}
        for number, evaluation in enumerate(result.evaluations)
    }
    return steps | {"absolute_metrics": {"return": [result.score]}}


def evaluation_table(record: CampaignRecord) -> pd.DataFrame:
    """One row per evaluation of every run, tidy: no lists, and the unit is the training seed.

    `episodes` says how many returns `mean` is of; the returns are in ``harness export``.
    """
    table = curves_table(record)
    return table.assign(episodes=table["returns"].map(len).astype("Int64")).drop(
        columns=["returns", "lengths"]
    )


def can_write_parquet() -> bool:
    """Whether pyarrow, which is large, is installed."""
    return find_spec("pyarrow") is not None


def write_data(record: CampaignRecord, folder: Path) -> None:
    """Write the JSON files and the tables, as Parquet too where that is possible."""
    for name, data in (("scores", score_arrays(record)), ("marl-eval", marl_eval(record))):
        text = "".join(_json(data))
        (folder / f"{name}.json").write_text(f"{text}\n", encoding="utf-8", newline="\n")
    for name, table in (("runs", score_table(record)), ("evaluations", evaluation_table(record))):
        write_csv(table, folder / f"{name}.csv")
        if can_write_parquet():
            table.to_parquet(folder / f"{name}.parquet", engine="pyarrow", index=False)


def _json(value: Any, depth: int = 0) -> Iterator[str]:
    """JSON with a line for each row of numbers, and for each step."""
    is_nested = isinstance(value, dict) and any(isinstance(x, dict | list) for x in value.values())
    if is_nested or (isinstance(value, list) and any(isinstance(x, dict | list) for x in value)):
        is_list = isinstance(value, list)
        names = ((None, x) for x in value) if is_list else value.items()
        yield "[\n" if is_list else "{\n"
        for index, (name, part) in enumerate(names):
            yield ",\n" if index else ""
            yield " " * (depth + 1) + ("" if is_list else f"{json.dumps(name)}: ")
            yield from _json(part, depth + 1)
        yield f"\n{' ' * depth}" + ("]" if is_list else "}")
    else:
        yield json.dumps(value, allow_nan=False)
