"""What several queries share."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any, Final

from sqlalchemy import Table, and_

from harness.store import schema

__all__ = ["batches", "with_results"]

_AT_ONCE: Final = 500
"""Values in one `IN (...)`; databases have a limit."""


def with_results(table: Table, environment: str) -> Any:
    """Rows of a table with a `unit`, each with the result it has."""
    results = schema.results
    same = and_(results.c.unit == table.c.unit, results.c.environment == environment)
    return table.outerjoin(results, same)


def batches(values: Collection[str]) -> Iterator[list[str]]:
    """The values, a number at once that every database takes."""
    iterator = iter(values)
    while batch := list(islice(iterator, _AT_ONCE)):
        yield batch
