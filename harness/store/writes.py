"""Writing the ledger: what goes into its tables, through the connection of a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Insert, Table, delete, select, update
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from harness.core.ledger import Activity, CellState, StopRequest
from harness.core.record import CampaignRecord, RunRecord, TrialRecord
from harness.core.run import PlannedRun
from harness.core.run_result import RunResult, Status
from harness.core.settings import Rung
from harness.store import codec, tables

_DIALECTS: Final[Mapping[str, Any]] = {"postgresql": postgresql, "sqlite": sqlite}

_DUPLICATE: Final = 1062
"""MySQL's number for a key that is taken."""


def utc_now() -> str:
    """The present in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def touch(connection: Connection, campaign: str, moment: str) -> str | None:
    """Note that a campaign changes; returns its environment, None where it was never begun."""
    table = tables.campaigns
    query = select(table.c.environment).where(table.c.name == campaign)
    environment: str | None = connection.scalar(query)
    if environment is not None:
        connection.execute(update(table).where(table.c.name == campaign).values(updated=moment))
    return environment


def begin(
    connection: Connection,
    campaign: str,
    *,
    environment: str,
    document: Mapping[str, object],
    origins: Mapping[str, str],
    provenance: Mapping[str, Mapping[str, str]],
    cells: Sequence[CellState],
    moment: str,
) -> None:
    """Enter a campaign with these cells; its transfer rung is planned anew."""
    settings = {
        "updated": moment,
        "environment": environment,
        "document": codec.dump(document),
        "origins": codec.dump(origins),
    }
    new = {"name": campaign, "created": moment}
    _upsert(connection, tables.campaigns, new, settings)
    key = {"campaign": campaign, "environment": environment}
    _upsert(connection, tables.provenances, key, {"body": codec.dump(provenance)})
    mine = tables.cells.c.campaign == campaign
    connection.execute(update(tables.cells).where(mine).values(position=None))
    for position, cell in enumerate(cells):
        cell_key = {"campaign": campaign, "name": cell.cell.name}
        _upsert(connection, tables.cells, cell_key, codec.cell_row(cell, position))
    plan = tables.plan.c
    connection.execute(
        delete(tables.plan).where(
            plan.campaign == campaign,
            plan.environment == environment,
            plan.rung == Rung.TRANSFER.value,
        )
    )


def add_record(
    connection: Connection, record: CampaignRecord, environment: str, studies: Mapping[str, str]
) -> None:
    """Enter a campaign with all that is known of it.

    Args:
        record: The campaign; results are new as of its time.
        environment: Key of the versions that its results come from.
        studies: Cell name -> key of the search the cell's trials belong to.
    """
    campaign = record.name
    begin(
        connection,
        campaign,
        environment=environment,
        document=record.document,
        origins=record.origins,
        provenance=record.provenance,
        cells=[CellState(cell=each.cell, study=studies[each.name]) for each in record.cells],
        moment=record.created,
    )
    results = {each.run_id: each for cell in record.cells for each in cell.results}
    add_results(connection, environment, results.values(), moment=record.updated)
    for cell in record.cells:
        key: dict[str, str] = {"campaign": campaign, "cell": cell.name}
        for trial in cell.trials:
            add_trial(connection, environment, **key, study=studies[cell.name], trial=trial)
        for rung in dict.fromkeys(run.rung for run in cell.runs):
            runs = [run for run in cell.runs if run.rung is rung]
            set_plan(connection, environment, **key, rung=rung, runs=runs)
        shares = codec.dump(cell.importances) if cell.importances else None
        values = {
            "winner": cell.winner,
            "importances": shares,
            "closed": cell.closed,
            "sampler_error": cell.sampler_error,
        }
        if any(value is not None for value in values.values()):
            set_outcome(connection, environment, **key, values=values)
    imports = {cell.name: cell.imported for cell in record.cells if cell.imported}
    set_imports(connection, campaign=campaign, cells=imports, moment=record.updated)
    touch(connection, campaign, record.updated)


def add_results(
    connection: Connection, environment: str, results: Iterable[RunResult], *, moment: str
) -> set[str]:
    """Insert the results of runs that have none yet; which runs these were."""
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
    return {run_id for _, run_id in _insert_new(connection, tables.results, rows)}


def drop_failures(connection: Connection, environment: str, run_ids: Iterable[str]) -> int:
    """Delete the failures among these runs; how many there were."""
    table = tables.results
    failure = (table.c.environment == environment, table.c.status == Status.FAILED.value)
    failed_ids = set(connection.scalars(select(table.c.run_id).where(*failure)))
    dropped_ids = sorted(failed_ids.intersection(run_ids))
    for run_id in dropped_ids:
        connection.execute(delete(table).where(*failure, table.c.run_id == run_id))
    return len(dropped_ids)


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
    table = tables.trials
    key = {"study": study, "environment": environment, "number": trial.number}
    values = {"campaign": campaign, "cell": cell, **codec.trial_row(trial)}
    if _insert_new(connection, table, [key | values]):
        return
    same = [table.c[name] == value for name, value in key.items()]
    run_id = connection.scalar(select(table.c.run_id).where(*same))
    if run_id != trial.run_id:
        raise codec.another_trial(cell, trial, str(run_id))


def set_plan(
    connection: Connection,
    environment: str,
    *,
    campaign: str,
    cell: str,
    rung: Rung,
    runs: Sequence[PlannedRun | RunRecord],
) -> None:
    """Replace the plan of a cell's rung."""
    table = tables.plan
    key = {"campaign": campaign, "environment": environment, "cell": cell, "rung": rung.value}
    same = [table.c[name] == value for name, value in key.items()]
    connection.execute(delete(table).where(*same))
    rows = [codec.plan_row(item, position) for position, item in enumerate(runs)]
    if rows:
        connection.execute(table.insert(), [key | row for row in rows])


def set_imports(
    connection: Connection, *, campaign: str, cells: Mapping[str, Sequence[RunRecord]], moment: str
) -> None:
    """Replace the imported scores of the variants that these are of, in all cells."""
    table = tables.plan
    own = (table.c.campaign == campaign, table.c.environment == tables.IMPORTS)
    for variant in {str(run.variant) for runs in cells.values() for run in runs}:
        connection.execute(delete(table).where(*own, table.c.variant == variant))
    results = [run.result for runs in cells.values() for run in runs if run.result is not None]
    add_results(connection, tables.IMPORTS, results, moment=moment)
    key = {"campaign": campaign, "environment": tables.IMPORTS, "rung": Rung.TEST.value}
    rows = [
        key | {"cell": cell} | codec.plan_row(run, position)
        for cell, runs in cells.items()
        for position, run in enumerate(runs)
    ]
    if rows:
        connection.execute(table.insert(), rows)


def set_outcome(
    connection: Connection,
    environment: str,
    *,
    campaign: str,
    cell: str,
    values: Mapping[str, object],
) -> None:
    """Insert or change what is known of how a cell's rungs ended."""
    key = {"campaign": campaign, "environment": environment, "cell": cell}
    _upsert(connection, tables.outcomes, key, values)


def reopen_search(connection: Connection, environment: str, *, campaign: str, cell: str) -> None:
    """Take back that a search was closed or has failed, and what was chosen from it."""
    table = tables.outcomes
    connection.execute(
        update(table)
        .where(
            table.c.campaign == campaign,
            table.c.environment == environment,
            table.c.cell == cell,
        )
        .values(winner=None, closed=None, sampler_error=None)
    )


def set_activity(
    connection: Connection, campaign: str, activity: Activity | None, *, moment: str
) -> None:
    """Replace what a coordinator does; None removes it."""
    table = tables.activities
    if activity is None:
        connection.execute(delete(table).where(table.c.campaign == campaign))
        return
    body = codec.dump(replace(activity, updated=moment))
    _upsert(connection, table, {"campaign": campaign}, {"body": body})


def set_stop_request(connection: Connection, campaign: str, request: StopRequest | None) -> None:
    """Replace what a coordinator is asked; None removes it."""
    table = tables.stop_requests
    if request is None:
        connection.execute(delete(table).where(table.c.campaign == campaign))
        return
    _upsert(connection, table, {"campaign": campaign}, {"request": request.value})


def _insert_new(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]
) -> set[tuple[Any, ...]]:
    """Insert the rows whose keys are free, in this order; these keys, as the table orders them."""
    if not rows:
        return set()
    if connection.dialect.name == "mysql":
        key = [column.name for column in table.primary_key]
        new = [row for row in rows if _insert_on_mysql(connection, table, row)]
        return {tuple(row[name] for name in key) for row in new}
    statement = _insert_if_free(connection.dialect.name, table)
    return set(map(tuple, connection.execute(statement, [dict(row) for row in rows])))


@cache  # made anew for each row, it would cost more than what it does
def _insert_if_free(dialect: str, table: Table) -> Insert:
    insert: Insert = _DIALECTS[dialect].insert(table).on_conflict_do_nothing()
    return insert.returning(*table.primary_key)


def _insert_on_mysql(connection: Connection, table: Table, row: Mapping[str, object]) -> bool:
    # INSERT IGNORE would let other errors pass too.
    try:
        with connection.begin_nested():
            connection.execute(table.insert().values(**row))
    except IntegrityError as exc:
        if getattr(exc.orig, "args", (None,))[0] == _DUPLICATE:
            return False
        raise
    return True


def _upsert(
    connection: Connection, table: Table, key: Mapping[str, object], values: Mapping[str, object]
) -> None:
    """Insert a row of key and values, or update only the values of the one that is there."""
    if connection.dialect.name == "mysql":
        new = mysql.insert(table).values(**key, **values)
        connection.execute(new.on_duplicate_key_update({k: new.inserted[k] for k in values}))
        return
    statement = _DIALECTS[connection.dialect.name].insert(table).values(**key, **values)
    updates = {name: statement.excluded[name] for name in values}
    connection.execute(
        statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=updates)
    )
