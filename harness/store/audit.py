"""The ledger row by row, damaged ones included, which `record` would refuse to read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Column, Row, delete, select, text

from harness.core.record import TrialRecord
from harness.core.run import Variant
from harness.core.run_result import RunResult
from harness.core.settings import Rung
from harness.errors import StorageError
from harness.store import codec, tables
from harness.store.connections import read_transaction
from harness.store.sql_ledger import SqlLedger

Out = TypeVar("Out")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """A trial's row; `record` is None where it cannot be read."""

    number: int
    run_id: str
    record: TrialRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """Which run is planned as what."""

    cell: str
    rung: Rung
    variant: Variant
    index: int
    trial: int | None
    run_id: str


class Audit:
    """Looks at a campaign's rows in one environment, and drops what makes no sense.

    Attributes:
        cells: Cell -> key of its study, in the order of the matrix.
        results: Run id -> result, where it can be read.
        damaged: Runs whose result cannot be read, or is another run's.
    """

    def __init__(self, ledger: SqlLedger, campaign: str, environment: str) -> None:
        self._ledger = ledger
        self._campaign = campaign
        self._environment = environment
        self.cells: dict[str, str] = {}
        self.results: dict[str, RunResult] = {}
        self.damaged: list[str] = []
        self.refresh()

    def refresh(self) -> None:
        """Read the cells and results again."""
        cells, results = tables.cells, tables.results
        query = (
            select(cells.c.name, cells.c.study)
            .where(cells.c.campaign == self._campaign, cells.c.position.is_not(None))
            .order_by(cells.c.position)
        )
        self.cells = {row.name: row.study for row in self._rows(query)}
        self.results, self.damaged = {}, []
        for row in self._rows(
            select(results.c.run_id, results.c.body).where(
                results.c.environment == self._environment
            )
        ):
            result = _readable(codec.load_result, row.body)
            if result is None or result.run_id != row.run_id:
                self.damaged.append(row.run_id)
            else:
                self.results[row.run_id] = result

    def trials(self, cell: str) -> tuple[TrialRow, ...]:
        """A cell's trials by number, with the results they have."""
        table = tables.trials
        query = select(table.c.number, table.c.run_id, table.c.body).where(
            table.c.study == self.cells.get(cell), table.c.environment == self._environment
        )
        return tuple(
            TrialRow(
                number=row.number,
                run_id=row.run_id,
                record=_readable(self._trial, row),
            )
            for row in self._rows(query.order_by(table.c.number))
        )

    def plan(self, cell: str, rung: Rung) -> tuple[PlanRow, ...]:
        """The rows of a cell's rung."""
        table = tables.plan
        query = select(table).where(*self._plan_of(cell, rung)).order_by(table.c.position)
        return tuple(
            PlanRow(
                cell=cell,
                rung=rung,
                variant=Variant(row.variant),
                index=row.number,
                trial=row.trial,
                run_id=row.run_id,
            )
            for row in self._rows(query)
        )

    def winners(self) -> dict[str, Variant]:
        """Cell -> the variant that its confirm rung chose."""
        outcomes = self._outcomes(tables.outcomes.c.winner)
        return {cell: Variant(winner) for cell, winner in outcomes.items()}

    def search_ends(self) -> dict[str, int]:
        """Cell -> trials its search was closed with, where it was."""
        return self._outcomes(tables.outcomes.c.closed)

    def schema_version(self) -> int:
        with read_transaction(self._ledger.engine) as connection:
            return tables.version_of(connection)

    def pragma(self, name: str) -> list[str]:
        """What an SQLite file says about itself."""
        with read_transaction(self._ledger.engine) as connection:
            return [str(value) for value in connection.scalars(text(f"PRAGMA {name}"))]

    def drop_results(self, run_ids: Iterable[str]) -> None:
        """Forget results, so that their runs are pending again."""
        table = tables.results
        same = table.c.environment == self._environment
        with self._ledger.write() as connection:
            for run_id in run_ids:
                connection.execute(delete(table).where(same, table.c.run_id == run_id))

    def drop_trials(self, cell: str, first: int) -> None:
        """Forget the suggestions from a trial on; they are made again, and their results stay."""
        table = tables.trials
        with self._ledger.write() as connection:
            connection.execute(
                delete(table).where(
                    table.c.study == self.cells.get(cell),
                    table.c.environment == self._environment,
                    table.c.number >= first,
                )
            )

    def drop_plan(self, cell: str, rung: Rung) -> None:
        """Forget what a rung plans; the next run plans it again."""
        with self._ledger.write() as connection:
            connection.execute(delete(tables.plan).where(*self._plan_of(cell, rung)))

    def _outcomes(self, column: Column[Any]) -> dict[str, Any]:
        """Cell -> what is known of how its rungs ended, where something is."""
        table = tables.outcomes
        query = select(table.c.cell, column).where(
            table.c.campaign == self._campaign,
            table.c.environment == self._environment,
            column.is_not(None),
        )
        return dict(map(tuple, self._rows(query)))

    def _plan_of(self, cell: str, rung: Rung) -> tuple[Any, ...]:
        table = tables.plan
        return (
            table.c.campaign == self._campaign,
            table.c.environment == self._environment,
            table.c.cell == cell,
            table.c.rung == rung.value,
        )

    def _trial(self, row: Row[object]) -> TrialRecord:
        result = self.results.get(row.run_id)
        body = None if result is None else codec.dump_result(result)
        return codec.load_trial(row.run_id, row.body, body)

    def _rows(self, query: Any) -> list[Row[Any]]:
        with read_transaction(self._ledger.engine) as connection:
            return list(connection.execute(query))


def _readable(load: Callable[[Any], Out], value: object) -> Out | None:
    try:
        return load(value)
    except StorageError:
        return None
