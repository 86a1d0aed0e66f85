"""Inserting what may be there already, in each database's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.exc import IntegrityError

__all__ = ["insert_new", "upsert"]

_DIALECTS: Final[Mapping[str, Any]] = {"postgresql": postgresql, "sqlite": sqlite}

_DUPLICATE: Final = 1062
"""MySQL's number for a key that is taken."""


def insert_new(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]
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


def _insert_on_mysql(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    # INSERT IGNORE would let other errors pass too.
    try:
        with connection.begin_nested():
            connection.execute(table.insert().values(**row))
    except IntegrityError as exc:
        if getattr(exc.orig, "args", (None,))[0] == _DUPLICATE:
            return False
        raise
    return True


def upsert(
    connection: Connection,
    table: Table,
    key: Mapping[str, Any],
    values: Mapping[str, Any],
) -> None:
    """Insert a row of key and values, or update only the values of the one that is there."""
    if connection.dialect.name == "mysql":
        new = mysql.insert(table).values(**key, **values)
        connection.execute(new.on_duplicate_key_update({k: new.inserted[k] for k in values}))
        return
    statement = _DIALECTS[connection.dialect.name].insert(table).values(**key, **values)
    changed = {name: statement.excluded[name] for name in values}
    connection.execute(
        statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)
    )
