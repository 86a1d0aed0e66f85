"""Inserting what may be there already, in each database's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.exc import IntegrityError

__all__ = ["insert_new", "upsert"]

_DIALECTS: Final[Mapping[str, Any]] = {"postgresql": postgresql, "sqlite": sqlite}

_DUPLICATE: Final = 1062
"""MySQL's number for a key that is taken."""


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless its key is taken; whether it was inserted."""
    if connection.dialect.name == "mysql":
        return _insert_on_mysql(connection, table, row)
    insert = _DIALECTS[connection.dialect.name].insert
    statement = insert(table).values(**row).on_conflict_do_nothing()
    # Otherwise the library forgets the count of an INSERT.
    counted = statement.execution_options(preserve_rowcount=True)
    return connection.execute(counted).rowcount == 1


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
