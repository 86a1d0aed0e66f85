"""What several queries share."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any, Final

from sqlalchemy import Select, Table, and_, select

from harness.core.settings import Rung
from harness.store import schema

__all__ = ["batches", "planned_runs", "with_results"]

_AT_ONCE: Final = 500
"""Values in one `IN (...)`; databases have a limit."""


def with_results(table: Table, environment: str) -> Any:
    """Rows of a table with a `run`, each with the result it has."""
    results = schema.results
    same = and_(results.c.run_id == table.c.run_id, results.c.environment == environment)
    return table.outerjoin(results, same)


def planned_runs(campaign: str, environment: str, *columns: Any) -> Select[Any]:
    """Columns of the plan and of its results: every rung but the search, in order."""
    plan = schema.plan
    return (
        select(*columns)
        .select_from(with_results(plan, environment))
        .where(
            plan.c.campaign == campaign,
            plan.c.environment == environment,
            # The search rung is told by its trials. Alphabetically confirm comes before test.
            plan.c.rung != Rung.SEARCH.value,
        )
        .order_by(plan.c.cell, plan.c.rung, plan.c.position)
    )


def batches(values: Collection[str]) -> Iterator[list[str]]:
    """The values, a number at once that every database takes."""
    iterator = iter(values)
    while batch := list(islice(iterator, _AT_ONCE)):
        yield batch
