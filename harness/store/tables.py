"""The tables and the joins that several queries share.

All tables are named ``harness_*`` because Optuna's live in the same database.
MySQL compares text without regard to case unless told otherwise, takes keys of 3,072 bytes at most
and has short texts; there the columns are declared differently.

Trials, plans and outcomes carry the environment key (a digest of the versions that change
numbers): after an upgrade a campaign starts beside its old numbers, never on top of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    and_,
    insert,
    inspect,
    select,
)
from sqlalchemy.dialects import mysql

from harness.core.settings import Rung

SCHEMA_VERSION: Final = 5
"""Raised with every change of a table; a database of another version is refused."""

IMPORTS: Final = "imports"
"""Environment of scores that no version trained here; so no plan of a coordinator replaces them."""

_BATCH: Final = 500
"""Values in one `IN (...)`; databases have a limit."""


def _text_key(length: int, on_mysql: int) -> String:
    exact = mysql.VARCHAR(on_mysql, charset="utf8mb4", collation="utf8mb4_bin")
    return String(length).with_variant(exact, "mysql")


_NAME = _text_key(255, 128)
_CELL = _text_key(255, 255)
_DIGEST = _text_key(64, 64)
_ENVIRONMENT = _text_key(255, 64)
_BODY = Text().with_variant(mysql.LONGTEXT(charset="utf8mb4", collation="utf8mb4_bin"), "mysql")

metadata = MetaData()

versions = Table(
    "harness_schema",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
)

campaigns = Table(
    "harness_campaigns",
    metadata,
    Column("name", _NAME, primary_key=True),
    Column("created", String(40), nullable=False),
    Column("updated", String(40), nullable=False),
    Column("environment", _ENVIRONMENT, nullable=False),
    Column("document", _BODY, nullable=False),
    Column("origins", _BODY, nullable=False),
)

provenances = Table(
    "harness_provenances",
    metadata,
    Column("campaign", _NAME, ForeignKey(campaigns.c.name), primary_key=True),
    Column("environment", _ENVIRONMENT, primary_key=True),
    Column("body", _BODY, nullable=False),
)

cells = Table(
    "harness_cells",
    metadata,
    Column("campaign", _NAME, ForeignKey(campaigns.c.name), primary_key=True),
    Column("name", _CELL, primary_key=True),
    # In the order of the matrix; NULL once the matrix no longer has the cell.
    Column("position", Integer),
    Column("study", _ENVIRONMENT, nullable=False),
    Column("spec", _BODY, nullable=False),
    Column("identity", _BODY, nullable=False),
)

results = Table(
    "harness_results",
    metadata,
    Column("environment", _ENVIRONMENT, primary_key=True),
    Column("run_id", _DIGEST, primary_key=True),
    Column("status", String(16), nullable=False),
    Column("recorded", String(40), nullable=False),
    Column("body", _BODY, nullable=False),
)

trials = Table(
    "harness_trials",
    metadata,
    Column("study", _ENVIRONMENT, primary_key=True),
    Column("environment", _ENVIRONMENT, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("run_id", _DIGEST, nullable=False),
    Column("campaign", _NAME, nullable=False),
    Column("cell", _CELL, nullable=False),
    Column("body", _BODY, nullable=False),
)

plan = Table(
    "harness_plan",
    metadata,
    Column("campaign", _NAME, primary_key=True),
    Column("environment", _ENVIRONMENT, primary_key=True),
    Column("cell", _CELL, primary_key=True),
    Column("rung", String(16), primary_key=True),
    Column("variant", _NAME, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, nullable=False),
    Column("trial", Integer),
    Column("seed", BigInteger, nullable=False),
    Column("run_id", _DIGEST, nullable=False),
    Column("arguments", _BODY, nullable=False),
    ForeignKeyConstraint(["campaign", "cell"], [cells.c.campaign, cells.c.name]),
)

outcomes = Table(
    "harness_outcomes",
    metadata,
    Column("campaign", _NAME, primary_key=True),
    Column("environment", _ENVIRONMENT, primary_key=True),
    Column("cell", _CELL, primary_key=True),
    Column("winner", _NAME),
    Column("importances", _BODY),
    # Trials the search was closed with, before it had all of them.
    Column("closed", Integer),
    # Why its sampler suggested no more.
    Column("sampler_error", _BODY),
    ForeignKeyConstraint(["campaign", "cell"], [cells.c.campaign, cells.c.name]),
)

coordinators = Table(
    "harness_coordinators",
    metadata,
    # Who holds the lock of a campaign on a server; no more than a name for the lock itself.
    Column("campaign", _NAME, primary_key=True),
    Column("host", _NAME, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("since", String(40), nullable=False),
)

# What a coordinator does and is asked to do; it has no part in any number.
activities = Table(
    "harness_activities",
    metadata,
    Column("campaign", _NAME, primary_key=True),
    Column("body", _BODY, nullable=False),
)

stop_requests = Table(
    "harness_stop_requests",
    metadata,
    Column("campaign", _NAME, primary_key=True),
    Column("request", String(16), nullable=False),
)


def version_of(connection: Connection) -> int:
    """Schema version of the database; 0 where there is no ledger yet."""
    if not inspect(connection).has_table(versions.name):
        return 0
    return connection.scalar(select(versions.c.version)) or 0


def create_tables(connection: Connection) -> int:
    """Create the tables in a database without a ledger; returns their version."""
    metadata.create_all(connection)
    connection.execute(insert(versions).values(version=SCHEMA_VERSION))
    return SCHEMA_VERSION


def with_results(table: Table, environment: str) -> Any:
    """Rows of a table with a `run`, each with the result it has."""
    same = and_(results.c.run_id == table.c.run_id, results.c.environment == environment)
    return table.outerjoin(results, same)


def select_planned_runs(campaign: str, environment: str, *columns: Any) -> Select[object]:
    """Columns of the plan and of its results: every rung but the search, in order."""
    return (
        select(*columns)
        .select_from(with_results(plan, environment))
        .where(
            plan.c.campaign == campaign,
            plan.c.environment == environment,
            # The trials tell what the search runs. Alphabetically confirm comes before test.
            plan.c.rung != Rung.SEARCH.value,
        )
        .order_by(plan.c.cell, plan.c.rung, plan.c.position)
    )


def batches(values: Collection[str]) -> Iterator[list[str]]:
    """Split values into lists that are short enough for a statement in every database."""
    iterator = iter(values)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
