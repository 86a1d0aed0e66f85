"""Writing the ledger: what goes into its tables, through the connection of a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, select, update

from harness.core.record import RunResult, Status, TrialRecord
from harness.core.run import PlannedRun
from harness.core.settings import Rung
from harness.errors import StorageError
from harness.store import codec, schema
from harness.store.migrations import now
from harness.store.states import CellState
from harness.store.upsert import insert_new, upsert

__all__ = [
    "add_results",
    "add_trial",
    "begin",
    "drop_failures",
    "reopen_search",
    "set_outcome",
    "set_plan",
]


def begin(
    connection: Connection,
    campaign: str,
    *,
    environment: str,
    document: Mapping[str, Any],
    origins: Mapping[str, str],
    provenance: Mapping[str, Mapping[str, str]],
    cells: Sequence[CellState],
) -> None:
    """Enter a campaign with these cells; its transfer rung is planned anew."""
    moment = now()
    settings = {
        "updated": moment,
        "environment": environment,
        "document": codec.dump(document),
        "origins": codec.dump(origins),
    }
    new = {"name": campaign, "created": moment}
    upsert(connection, schema.campaigns, new, settings)
    key = {"campaign": campaign, "environment": environment}
    upsert(connection, schema.provenances, key, {"body": codec.dump(provenance)})
    mine = schema.cells.c.campaign == campaign
    connection.execute(update(schema.cells).where(mine).values(position=None))
    for position, cell in enumerate(cells):
        place = {"campaign": campaign, "name": cell.name}
        upsert(connection, schema.cells, place, codec.cell_row(cell, position))
    plan = schema.plan.c
    connection.execute(
        delete(schema.plan).where(
            plan.campaign == campaign,
            plan.environment == environment,
            plan.rung == Rung.TRANSFER.value,
        )
    )


def add_results(connection: Connection, environment: str, results: Iterable[RunResult]) -> set[str]:
    """Insert the results of runs that have none yet; which runs these were."""
    moment = now()
    rows = [
        {
            "run_id": result.run_id,
            "environment": environment,
            "status": result.status.value,
            "recorded": moment,
            "body": codec.dump_result(result),
        }
        # In one order, or two campaigns on a server could wait for each other.
        for result in sorted(results, key=lambda result: result.run_id)
    ]
    return {run_id for _, run_id in insert_new(connection, schema.results, rows)}


def drop_failures(connection: Connection, environment: str, run_ids: Iterable[str]) -> int:
    """Delete the failures among these runs; how many there were."""
    table = schema.results
    here = (table.c.environment == environment, table.c.status == Status.FAILED.value)
    failed = set(connection.scalars(select(table.c.run_id).where(*here)))
    chosen = sorted(failed.intersection(run_ids))
    for run_id in chosen:
        connection.execute(delete(table).where(*here, table.c.run_id == run_id))
    return len(chosen)


def add_trial(
    connection: Connection,
    environment: str,
    *,
    campaign: str,
    cell: str,
    study: str,
    trial: TrialRecord,
) -> None:
    """Insert a trial, without its result.

    Raises:
        StorageError: The study has another run under this number.
    """
    table = schema.trials
    key = {"study": study, "environment": environment, "number": trial.number}
    values = {"campaign": campaign, "cell": cell, **codec.trial_row(trial)}
    if insert_new(connection, table, [key | values]):
        return
    same = [table.c[name] == value for name, value in key.items()]
    run_id = connection.scalar(select(table.c.run_id).where(*same))
    if run_id != trial.run_id:
        raise StorageError(
            f"trial {trial.number} of {cell} is run {run_id} in the ledger, but {trial.run_id} now",
            help="another version of Optuna or of the search space proposes something "
            "else; begin a campaign of another name",
        )


def set_plan(
    connection: Connection,
    environment: str,
    *,
    campaign: str,
    cell: str,
    rung: str,
    planned: Sequence[PlannedRun],
) -> None:
    """Replace the plan of a cell's rung."""
    table = schema.plan
    place = {"campaign": campaign, "environment": environment, "cell": cell, "rung": rung}
    same = [table.c[name] == value for name, value in place.items()]
    connection.execute(delete(table).where(*same))
    rows = [codec.plan_row(item, position) for position, item in enumerate(planned)]
    if rows:
        connection.execute(table.insert(), [place | row for row in rows])


def set_outcome(
    connection: Connection,
    environment: str,
    *,
    campaign: str,
    cell: str,
    values: Mapping[str, Any],
) -> None:
    """Insert or change what is known of how a cell's rungs ended."""
    key = {"campaign": campaign, "environment": environment, "cell": cell}
    upsert(connection, schema.outcomes, key, values)


def reopen_search(connection: Connection, environment: str, *, campaign: str, cell: str) -> None:
    """Take back that a search was closed, and what was chosen from it."""
    table = schema.outcomes
    connection.execute(
        update(table)
        .where(
            table.c.campaign == campaign,
            table.c.environment == environment,
            table.c.cell == cell,
        )
        .values(winner=None, closed=None)
    )
