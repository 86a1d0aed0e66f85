"""Values <-> rows. Bodies are JSON text, so that a database can be read without this program.

The last key of every body is the first half of the SHA-256 of the rest: SQLite has no checksums of
its own, and a digit that a disk has changed would be a score like any other.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from harness.core.identity import canonical, decode
from harness.core.ledger import CellState
from harness.core.matrix import Cell
from harness.core.record import RunRecord, Suggestion, TrialRecord
from harness.core.run import PlannedRun
from harness.core.run_result import RunResult
from harness.errors import StorageError

_SEAL: Final = ',"sha256":"'
_DIGITS: Final = 32

_DAMAGED: Final = (
    "`harness doctor CAMPAIGN --repair` drops what cannot be read, so that it runs again; "
    "or restore the database from a backup"
)


def dump(value: object) -> str:
    """JSON text; the order of keys is kept, because people and samplers see it.

    Raises:
        StorageError: NaN or infinity would enter the ledger.
    """
    return _dump(canonical(value))


def _dump(plain: object, *, sort: bool = False) -> str:
    try:
        return _seal(json.dumps(plain, allow_nan=False, sort_keys=sort, separators=(",", ":")))
    except ValueError as exc:
        raise StorageError(
            f"NaN or infinity would enter the ledger: {exc}", help="a missing value is null"
        ) from exc


DAMAGE: Final = (
    *(AttributeError, KeyError, TypeError, ValueError),
    *(OverflowError, RecursionError),
)
"""What is raised where a row that is not what was written becomes a value."""


def load(text: str) -> Any:
    """The inverse of `dump`.

    Raises:
        StorageError: It is no JSON, or not what was written.
    """
    try:
        return json.loads(_unseal(text))
    except DAMAGE as exc:
        raise damage_error(exc) from exc


def damage_error(why: object) -> StorageError:
    """A row that is not what was written."""
    return StorageError(f"the ledger holds a damaged row: {why}", help=_DAMAGED)


def another_trial(cell: str, trial: TrialRecord, run_id: str) -> StorageError:
    """The error of a trial that is another run than the one which has its number."""
    return StorageError(
        f"trial {trial.number} of {cell} is run {run_id} in the ledger, but {trial.run_id} now",
        help="another version of Optuna or of the search space suggests something "
        "else; begin a campaign of another name",
    )


def _seal(text: str) -> str:
    # A seal is a key of the object; an empty one has none.
    return f'{text[:-1]}{_SEAL}{_digest(text)}"}}' if text != "{}" else text


def _unseal(text: str) -> str:
    start = len(text) - len(_SEAL) - _DIGITS - 2
    if start <= 0 or not text.startswith(_SEAL, start):
        if text != "{}":
            raise ValueError("it has no checksum")
        return text
    plain = f"{text[:start]}}}"
    if text[start:] != f'{_SEAL}{_digest(plain)}"}}':
        raise ValueError("it no longer agrees with its checksum")
    return plain


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def dump_result(result: RunResult) -> str:
    return _dump(result.to_json(), sort=True)


def load_result(body: str) -> RunResult:
    data = load(body)
    try:
        return RunResult.from_json(data)
    except DAMAGE as exc:
        raise damage_error(f"no result: {exc}") from exc


def load_optional_result(body: str | None) -> RunResult | None:
    """The result of an outer join; None where there was none."""
    return None if body is None else load_result(body)


def cell_row(state: CellState, position: int) -> dict[str, object]:
    return {
        "position": position,
        "study": state.study,
        "spec": dump_cell(state.cell),
        "identity": dump(state.cell.identity()),
    }


def dump_cell(cell: Cell) -> str:
    return dump(canonical(cell, everything=True))


def load_cell(body: str) -> Cell:
    """A cell as a record has it: the rules of its space are known by name alone."""
    data = load(body)
    try:
        cell: Cell = decode(Cell, data)
    except DAMAGE as exc:
        raise damage_error(f"no cell: {exc}") from exc
    return cell


def trial_row(trial: TrialRecord) -> dict[str, Any]:
    body = {
        "suggestion": trial.suggestion,
        "values": trial.values,
        "arguments": trial.arguments,
        "seed": trial.seed,
    }
    return {"run_id": trial.run_id, "body": dump(body)}


def load_trial(run_id: str, body: str, result: str | None) -> TrialRecord:
    data = load(body)
    try:
        return TrialRecord(
            suggestion=Suggestion(**data["suggestion"]),
            values=data["values"],
            arguments=data["arguments"],
            seed=data["seed"],
            run_id=run_id,
            result=load_optional_result(result),
        )
    except DAMAGE as exc:
        raise damage_error(f"no trial: {exc}") from exc


def plan_row(plan: PlannedRun | RunRecord, position: int) -> dict[str, object]:
    run = plan if isinstance(plan, RunRecord) else plan.run
    return {
        "variant": str(plan.variant),
        "number": plan.index,
        "position": position,
        "trial": plan.trial,
        "seed": run.seed,
        "run_id": run.run_id if isinstance(run, RunRecord) else run.id,
        "arguments": dump(run.arguments),
    }
