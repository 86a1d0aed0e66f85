"""Inserting what may be there already, in each database's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import mysql, postgresql, sqlite

__all__ = ["insert_new", "upsert"]

_DIALECTS: Final[Mapping[str, Any]] = {"postgresql": postgresql, "sqlite": sqlite}


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless its key is taken; whether it was inserted."""
    if connection.dialect.name == "mysql":
        # Not INSERT IGNORE, which lets other errors pass too.
        keep = next(iter(table.primary_key)).name
        kept = mysql.insert(table).values(**row).on_duplicate_key_update({keep: table.c[keep]})
        # One for a new row, none for one left as it was.
        return connection.execute(kept).rowcount == 1
    insert = _DIALECTS[connection.dialect.name].insert
    statement = insert(table).values(**row).on_conflict_do_nothing()
    return bool(connection.execute(statement).rowcount)


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
