"""Optuna's tables of one database: opened once, written with few statements.

The only module that uses what Optuna keeps to itself: through its public interface a trial takes
the coordinator 50 ms of CPU time on SQLite instead of 2 (ADR 24). A test compares the rows with
those that Optuna writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import optuna
from optuna.distributions import distribution_to_json
from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial

from harness.errors import HarnessError, StorageError
from harness.store import explain

_Row = tuple[int, int, FrozenTrial]
"""A study's id, the number of a trial in it, and the trial."""

_BUSY_SECONDS: Final = 60.0
"""Seconds to wait for another connection's transaction on SQLite."""


class OptunaTables(RDBStorage):
    """Optuna's storage, in which finished trials cost one statement per table, however many.

    Optuna looks up each value of a trial before it writes it, though a new trial has none: some
    eighty statements with ten evaluations, in a transaction of its own.
    """

    _head: ClassVar[str | None] = None

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, skip_compatibility_check=True, **options)
        self._pending: list[_Row] | None = None
        if self.get_current_version() != self.get_head_version():
            self._version_manager.check_table_schema_compatibility()

    def get_head_version(self) -> str:
        """The version of the tables that this Optuna writes.

        Optuna loads its migrations to know it, longer than all else that opening takes.
        """
        if OptunaTables._head is None:
            OptunaTables._head = super().get_head_version()
        return OptunaTables._head

    def add(self, study_id: int, number: int, trial: FrozenTrial) -> None:
        """Add a finished trial: now, or at the end of a `transaction`.

        Args:
            study_id: Its study.
            number: How many trials the study has before it.
            trial: With its values; its own number is not looked at.
        """
        row = (study_id, number, trial)
        if self._pending is None:
            self._write([row])
        else:
            self._pending.append(row)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Trials added inside are written when the block ends, or none is if it raises."""
        if self._pending is not None:
            yield  # inside another block: with that one
            return
        self._pending = pending = list[_Row]()
        try:
            yield
        finally:
            self._pending = None
        self._write(pending)

    def _write(self, trials: Sequence[_Row]) -> None:
        if not trials:
            return
        # Not through a session, which looks at every value once more.
        with optuna_errors("the campaign"), self.engine.begin() as connection:
            tables: dict[Any, list[dict[str, Any]]] = {}
            ids = _insert(connection, trials)
            for trial_id, (_, _, trial) in zip(ids, trials, strict=True):
                for table, rows in _rows(trial_id, trial):
                    tables.setdefault(table, []).extend(rows)
            for table, rows in tables.items():
                if rows:
                    connection.execute(table.__table__.insert(), rows)

    def close(self) -> None:
        """Give the connections back."""
        self.remove_session()
        self.engine.dispose()


def open_tables(url: str) -> OptunaTables:
    """Optuna's tables in a database; made where they are missing.

    Args:
        url: SQLAlchemy URL.

    Raises:
        StorageError: The database cannot be opened, or was made by another Optuna version.
    """
    # A line for every new study belongs to no one's log.
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    is_file = url.startswith("sqlite")
    # The ledger writes the same file through connections of its own: waiting beats failing. A
    # server may hang up between two trials that lie hours apart.
    arguments = {"connect_args": {"timeout": _BUSY_SECONDS}} if is_file else {"pool_pre_ping": True}
    with optuna_errors("the campaign"):
        tables = OptunaTables(url, engine_kwargs=arguments)
        if is_file:
            with tables.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    return tables


@contextmanager
def optuna_errors(what: str) -> Iterator[None]:
    """Turns Optuna's storage errors into ours.

    Args:
        what: Whose tables these are, as the message says it.
    """
    try:
        yield
    except HarnessError:
        raise
    except Exception as error:
        # SQLAlchemy, its drivers and Optuna each raise their own; all mean the database.
        reason, advice = explain(error)
        raise StorageError(
            f"the Optuna tables of {what} cannot be read or written: {reason}", help=advice
        ) from error


def _insert(connection: Any, trials: Sequence[_Row]) -> Sequence[int]:
    """Write the trials without their values; the ids they get, in this order."""
    rows = [
        {
            "study_id": study_id,
            "number": number,
            "state": trial.state,
            "datetime_start": _utc(trial.datetime_start),
            "datetime_complete": _utc(trial.datetime_complete),
        }
        for study_id, number, trial in trials
    ]
    table: Any = models.TrialModel.__table__
    if connection.dialect.insert_executemany_returning_sort_by_parameter_order:
        statement = table.insert().returning(table.c.trial_id, sort_by_parameter_order=True)
        ids: list[int] = connection.scalars(statement, rows).all()
        return ids
    return [connection.execute(table.insert(), row).lastrowid for row in rows]


def _utc(local: datetime | None) -> datetime | None:
    """A local time without a zone, as Optuna's trials have it, in UTC, as its tables do."""
    return None if local is None else local.astimezone(UTC).replace(tzinfo=None)


def _rows(trial_id: object, trial: FrozenTrial) -> Iterator[tuple[type, list[dict[str, Any]]]]:
    """Optuna's models with the rows a trial has in their tables."""
    key = {"trial_id": trial_id}
    values = map(models.TrialValueModel.value_to_stored_repr, trial.values or ())
    yield (
        models.TrialValueModel,
        [
            key | {"objective": index, "value": value, "value_type": kind}
            for index, (value, kind) in enumerate(values)
        ],
    )
    yield (
        models.TrialParamModel,
        [
            key
            | {
                "param_name": name,
                "param_value": distribution.to_internal_repr(trial.params[name]),
                "distribution_json": distribution_to_json(distribution),
            }
            for name, distribution in trial.distributions.items()
        ],
    )
    for model, attrs in (
        (models.TrialUserAttributeModel, trial.user_attrs),
        (models.TrialSystemAttributeModel, trial.system_attrs),
    ):
        yield (
            model,
            [key | {"key": name, "value_json": json.dumps(value)} for name, value in attrs.items()],
        )
    represent = models.TrialIntermediateValueModel.intermediate_value_to_stored_repr
    means = ((step, *represent(mean)) for step, mean in trial.intermediate_values.items())
    yield (
        models.TrialIntermediateValueModel,
        [
            key | {"step": step, "intermediate_value": value, "intermediate_value_type": kind}
            for step, value, kind in means
        ],
    )
