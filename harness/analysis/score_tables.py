"""Record -> tables and CSV files, one row per run, trial or evaluation; equal results, equal bytes.

NaN or <NA> means that a row has no value.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from harness.core.identity import canonical
from harness.core.printable_text import visible
from harness.core.record import CampaignRecord, CellRecord, RunRecord, TrialRecord
from harness.core.run import Variant
from harness.core.run_result import RunResult
from harness.core.settings import Rung
from harness.files import write_files

_KEYS: Final = {
    "cell": "str",
    "scenario": "str",
    "algorithm": "str",
    "rung": "str",
    "variant": "str",
    "trial": "Int64",
    "index": "Int64",
    "seed": "Int64",
}
SCORE_COLUMNS: Final[Mapping[str, str]] = {
    **_KEYS,
    "steps": "Int64",
    "status": "str",
    "score": "float64",
    "failure": "str",
    "message": "str",
}
CURVE_COLUMNS: Final[Mapping[str, str]] = {
    **_KEYS,
    "evaluation": "Int64",
    "step": "Int64",
    "mean": "float64",
    "returns": "object",
    "lengths": "object",
}
COST_COLUMNS: Final[Mapping[str, str]] = {
    **_KEYS,
    "wall": "float64",
    "cpu": "float64",
    "learn": "float64",
    "evaluate": "float64",
    "learn_cpu": "float64",
    "evaluate_cpu": "float64",
    "steps_per_second": "float64",
    "peak_memory": "Int64",
    "started": "str",
    "host": "str",
    "cpu_model": "str",
    "attempts": "Int64",
}
TRIAL_COLUMNS: Final[Mapping[str, str]] = {
    "cell": "str",
    "scenario": "str",
    "algorithm": "str",
    "number": "Int64",
    "seed": "Int64",
    "status": "str",
    "score": "float64",
    "steps": "Int64",
    "failure": "str",
    "message": "str",
}

Row = dict[str, Any]


def score_table(record: CampaignRecord) -> pd.DataFrame:
    """One row per finished or failed training run, trials of the search included.

    Rows follow the matrix, then the ladder (search, confirm, test), then the order of the plan.
    `steps` are the environment steps really trained; `score` is NaN for failed runs.
    """

    def rows(keys: Row, result: RunResult) -> Iterator[Row]:
        yield keys | _outcome(result)

    return _frame(_over_results(record, rows), SCORE_COLUMNS)


def curves_table(record: CampaignRecord) -> pd.DataFrame:
    """One row per evaluation, ordered like `score_table`, then by `evaluation` from 1.

    `returns` and `lengths` are tuples with one number per episode.
    """

    def rows(keys: Row, result: RunResult) -> Iterator[Row]:
        for number, evaluation in enumerate(result.evaluations, start=1):
            yield keys | {
                "evaluation": number,
                "step": evaluation.step,
                "mean": evaluation.mean,
                "returns": evaluation.returns,
                "lengths": evaluation.lengths,
            }

    return _frame(_over_results(record, rows), CURVE_COLUMNS)


def cost_table(record: CampaignRecord) -> pd.DataFrame:
    """One row per run with seconds, bytes and hosts; unlike the scores they vary between runs.

    A run that is both default and tuned, or serves several rungs, has the row of the first.
    """
    names = [name for name in COST_COLUMNS if name not in _KEYS]
    run_ids: set[str] = set()

    def rows(keys: Row, result: RunResult) -> Iterator[Row]:
        if result.run_id not in run_ids:
            run_ids.add(result.run_id)
            yield keys | {name: getattr(result.cost, name) for name in names}

    return _frame(_over_results(record, rows), COST_COLUMNS)


def trials_table(record: CampaignRecord) -> pd.DataFrame:
    """One row per finished trial with every readable parameter in a column ``param.<name>``.

    Parameters a trial does not have are None.
    """
    names = parameter_names(record.cells)
    columns = {**TRIAL_COLUMNS, **{f"param.{name}": "object" for name in names}}

    def rows() -> Iterator[Row]:
        for cell in record.cells:
            for trial in cell.trials:
                if trial.result is not None:
                    readable = trial.values  # noqa: PD011 - a field, not a frame
                    values = {f"param.{name}": readable.get(name) for name in names}
                    keys = _names(cell) | {"number": trial.number, "seed": trial.seed}
                    yield keys | _outcome(trial.result) | values

    return _frame(rows(), columns)


def parameter_names(cells: Iterable[CellRecord]) -> tuple[str, ...]:
    """Searched parameters of these cells, each once, in the order of the spaces."""
    names: dict[str, None] = {}
    for cell in cells:
        for name in cell.cell.space.names:
            names.setdefault(name)
    return tuple(names)


def _frame(rows: Iterable[Row], columns: Mapping[str, str]) -> pd.DataFrame:
    # Objects first: a whole number beside a missing one must not become a float.
    frame = pd.DataFrame(list(rows), columns=list(columns), dtype=object)
    kinds: dict[str, Any] = dict(columns)
    return frame.astype(kinds)


def _over_results(
    record: CampaignRecord, rows: Callable[[Row, RunResult], Iterator[Row]]
) -> Iterator[Row]:
    for cell in record.cells:
        for trial in cell.trials:
            if trial.result is not None:
                yield from rows(_names(cell) | _trial_keys(trial), trial.result)
        for run in (*cell.runs, *cell.imported):
            if run.result is not None:
                yield from rows(_names(cell) | _run_keys(run), run.result)


def _names(cell: CellRecord) -> Row:
    return {
        "cell": cell.name,
        "scenario": cell.cell.scenario.name,
        "algorithm": cell.cell.algorithm.name,
    }


def _trial_keys(trial: TrialRecord) -> Row:
    return {
        "rung": Rung.SEARCH.value,
        "variant": Variant.of_trial(trial.number),
        "trial": trial.number,
        "index": trial.number,
        "seed": trial.seed,
    }


def _run_keys(run: RunRecord) -> Row:
    return {
        "rung": run.rung.value,
        "variant": run.variant,
        "trial": run.trial,
        "index": run.index,
        "seed": run.seed,
    }


def _outcome(result: RunResult) -> Row:
    failure = result.failure
    return {
        "steps": result.steps,
        "status": result.status.value,
        "score": result.score,
        "failure": "" if failure is None else failure.kind,
        "message": "" if failure is None else failure.message,
    }


def export_csv(record: CampaignRecord, folder: Path) -> list[Path]:
    """Write ``scores.csv``, ``trials.csv``, ``evaluations.csv`` and ``costs.csv``.

    The first three depend on results alone; times and hosts are in ``costs.csv`` only. Floats
    are written in the shortest form that reads back as the same number, lists as JSON.

    Args:
        folder: Made if it is not there; files of these names in it are replaced.

    Returns:
        The four paths, ``costs.csv`` last.
    """
    tables = {
        "scores.csv": score_table(record),
        "trials.csv": trials_table(record),
        "evaluations.csv": curves_table(record),
        "costs.csv": cost_table(record),
    }
    paths = [folder / name for name in tables]
    with write_files(*paths) as beside:
        for table, path in zip(tables.values(), beside, strict=True):
            write_csv(table, path)
    return paths


def write_csv(table: pd.DataFrame, path: Path) -> Path:
    """One table as UTF-8 with a header and Unix line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([csv_field(name) for name in table.columns])
        for row in table.itertuples(index=False, name=None):
            writer.writerow([csv_field(value) for value in row])
    return path


_FORMULA: Final = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")


def csv_field(value: object) -> str:
    """A value as text: numbers to the last digit, lists as JSON, nothing for what is missing.

    A text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    if isinstance(value, str):
        text = visible(value)
        return f"'{text}" if _FORMULA.match(value) else text
    if isinstance(value, list | tuple):
        return json.dumps(list(value))
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - NaN differs from itself
        return ""
    return json.dumps(value.item() if hasattr(value, "item") else value)


def trial_entries(record: CampaignRecord) -> dict[str, list[dict[str, object]]]:
    """Cell name -> every trial of its search with all that is known of it, as JSON."""
    return {cell.name: [_trial_entry(trial) for trial in cell.trials] for cell in record.cells}


def _trial_entry(trial: TrialRecord) -> dict[str, Any]:
    result = trial.result
    entry = {
        "number": trial.number,
        "state": "running" if result is None else result.status.value,
        "score": trial.score,
        "values": dict(trial.values),
        "arguments": dict(trial.arguments),
        "seed": trial.seed,
        "run_id": trial.run_id,
    }
    if result is None:
        return entry
    evaluations = [
        {"step": each.step, "mean": each.mean, "returns": list(each.returns)}
        for each in result.evaluations
    ]
    failure = None if result.failure is None else canonical(result.failure)
    more = {"steps": result.steps, "wall": result.cost.wall}
    return {**entry, "evaluations": evaluations, "failure": failure, **more}
