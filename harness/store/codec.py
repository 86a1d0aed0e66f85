"""Values <-> rows. Bodies are JSON text, so that a database can be read without this program."""

from __future__ import annotations

import json
from typing import Any

from harness.core.identity import canonical
from harness.core.record import RunResult, Suggestion, TrialRecord
from harness.core.unit import Planned
from harness.errors import StorageError
from harness.store.states import CellState

__all__ = [
    "cell_row",
    "dump",
    "dump_result",
    "load",
    "load_joined",
    "load_result",
    "load_trial",
    "plan_row",
    "trial_row",
]


def dump(value: Any, *, sort: bool = False) -> str:
    """JSON text; the order of keys is kept, because people and samplers see it, unless sorted.

    Raises:
        StorageError: NaN or infinity would enter the ledger.
    """
    try:
        return json.dumps(canonical(value), allow_nan=False, sort_keys=sort, separators=(",", ":"))
    except ValueError as exc:
        raise StorageError(
            f"NaN or infinity would enter the ledger: {exc}", help="a missing value is null"
        ) from exc


def load(text: str) -> Any:
    """The inverse of `dump`.

    Raises:
        StorageError: It is no JSON.
    """
    try:
        return json.loads(text)
    except ValueError as exc:
        raise StorageError(
            f"the ledger holds a damaged row: {exc}", help="restore the database from a backup"
        ) from exc


def dump_result(result: RunResult) -> str:
    return dump(result, sort=True)


def load_result(body: str) -> RunResult:
    return RunResult.from_json(load(body))


def load_joined(body: str | None) -> RunResult | None:
    """The result of an outer join; None where there was none."""
    return None if body is None else load_result(body)


def cell_row(cell: CellState, position: int) -> dict[str, Any]:
    return {
        "position": position,
        "study": cell.study,
        "spec": dump(cell.spec),
        "identity": dump(cell.identity),
    }


def trial_row(trial: TrialRecord) -> dict[str, Any]:
    body = {
        "suggestion": trial.suggestion,
        "values": trial.values,
        "arguments": trial.arguments,
        "seed": trial.seed,
    }
    return {"unit": trial.unit, "body": dump(body)}


def load_trial(unit: str, body: str, result: str | None) -> TrialRecord:
    data = load(body)
    return TrialRecord(
        suggestion=Suggestion(**data["suggestion"]),
        values=data["values"],
        arguments=data["arguments"],
        seed=data["seed"],
        unit=unit,
        result=load_joined(result),
    )


def plan_row(planned: Planned, position: int) -> dict[str, Any]:
    return {
        "variant": planned.variant,
        "place": planned.index,
        "position": position,
        "trial": planned.trial,
        "seed": planned.unit.seed,
        "unit": planned.unit.id,
        "arguments": dump(planned.unit.arguments),
    }
