"""Record -> tables, one row per thing that happened. NaN or <NA> means that it has no value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import pandas as pd

from harness.core.record import CampaignRecord, CellRecord, RunRecord, RunResult, TrialRecord

__all__ = [
    "COST_COLUMNS",
    "CURVE_COLUMNS",
    "SCORE_COLUMNS",
    "TRIAL_COLUMNS",
    "cost_table",
    "curves_table",
    "parameter_names",
    "score_table",
    "trials_table",
]

_PLACE: Final = {
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
    **_PLACE,
    "steps": "Int64",
    "status": "str",
    "score": "float64",
    "failure": "str",
    "message": "str",
}
CURVE_COLUMNS: Final[Mapping[str, str]] = {
    **_PLACE,
    "evaluation": "Int64",
    "step": "Int64",
    "mean": "float64",
    "returns": "object",
    "lengths": "object",
}
COST_COLUMNS: Final[Mapping[str, str]] = {
    **_PLACE,
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

    def rows(place: Row, result: RunResult) -> Iterator[Row]:
        yield place | _outcome(result)

    return _frame(_over_results(record, rows), SCORE_COLUMNS)


def curves_table(record: CampaignRecord) -> pd.DataFrame:
    """One row per evaluation, ordered like `score_table`, then by `evaluation` from 1.

    `returns` and `lengths` are tuples with one number per episode.
    """

    def rows(place: Row, result: RunResult) -> Iterator[Row]:
        for number, evaluation in enumerate(result.evaluations, start=1):
            yield place | {
                "evaluation": number,
                "step": evaluation.step,
                "mean": evaluation.mean,
                "returns": evaluation.returns,
                "lengths": evaluation.lengths,
            }

    return _frame(_over_results(record, rows), CURVE_COLUMNS)


def cost_table(record: CampaignRecord) -> pd.DataFrame:
    """One row per run with seconds, bytes and hosts; unlike the scores they vary between runs."""
    names = [name for name in COST_COLUMNS if name not in _PLACE]

    def rows(place: Row, result: RunResult) -> Iterator[Row]:
        yield place | {name: getattr(result.cost, name) for name in names}

    return _frame(_over_results(record, rows), COST_COLUMNS)


def trials_table(record: CampaignRecord) -> pd.DataFrame:
    """One row per told trial with every readable parameter in a column ``param.<name>``.

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
                    place = _names(cell) | {"number": trial.number, "seed": trial.seed}
                    yield place | _outcome(trial.result) | values

    return _frame(rows(), columns)


def parameter_names(cells: Iterable[CellRecord]) -> tuple[str, ...]:
    """Searched parameters of these cells, each once, in the order of the spaces."""
    found: dict[str, None] = {}
    for cell in cells:
        for parameter in cell.spec["space"]["parameters"]:
            found.setdefault(parameter["name"])
    return tuple(found)


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
                yield from rows(_names(cell) | _trial_place(trial), trial.result)
        for run in cell.runs:
            if run.result is not None:
                yield from rows(_names(cell) | _run_place(run), run.result)


def _names(cell: CellRecord) -> Row:
    spec = cell.spec
    return {
        "cell": cell.name,
        "scenario": spec["scenario"]["name"],
        "algorithm": spec["algorithm"]["name"],
    }


def _trial_place(trial: TrialRecord) -> Row:
    number = trial.number
    variant = "default" if number == 0 else f"trial-{number}"
    place = {"rung": "search", "variant": variant, "trial": number, "index": number}
    return place | {"seed": trial.seed}


def _run_place(run: RunRecord) -> Row:
    return {name: getattr(run, name) for name in ("rung", "variant", "trial", "index", "seed")}


def _outcome(result: RunResult) -> Row:
    failure = result.failure
    return {
        "steps": result.steps,
        "status": result.status.value,
        "score": result.score,
        "failure": "" if failure is None else failure.kind,
        "message": "" if failure is None else failure.message,
    }
