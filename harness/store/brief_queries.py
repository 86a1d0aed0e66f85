"""Reading a campaign in brief: how its runs ended, without a look into what they left.

Bodies of results are kilobytes, and there may be a hundred thousand. Here they are opened only
where a run failed, for the reason, and by the database itself in the test rung, for the score.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import JSON, Connection, case, cast, false, select, type_coerce
from sqlalchemy.sql import ColumnElement

from harness.core.record import RunRecord, Suggestion, TrialRecord
from harness.core.run import Variant
from harness.core.run_result import RunResult, Status
from harness.core.settings import Rung
from harness.store import codec, tables

_EMPTY: Final[Mapping[str, object]] = MappingProxyType({})
_STATUS: Final = {status.value: status for status in Status}
_FAILED = tables.results.c.status == Status.FAILED.value


@contextmanager
def _pause_collector() -> Iterator[None]:
    """For many new objects that all stay: the collector would look through them again and again."""
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_enabled:
            gc.enable()


@_pause_collector()
def trials(
    connection: Connection, studies: Collection[str], environment: str, best: Mapping[str, int]
) -> dict[str, tuple[TrialRecord, ...]]:
    """Study -> its trials by number, without what was proposed, results without scores.

    Args:
        studies: Whose trials.
        environment: Key of the versions.
        best: Study -> number of the one trial that has its values and arguments.
    """
    table = tables.trials
    configurations = _configurations(connection, best, environment)
    query = (
        select(
            table.c.study,
            table.c.number,
            table.c.run_id,
            *_outcome_columns(connection, has_score=false()),
        )
        .select_from(tables.with_results(table, environment))
        .where(table.c.environment == environment)
        .order_by(table.c.study, table.c.number)
    )
    records: dict[str, list[TrialRecord]] = {}
    for some in tables.batches(studies):
        # All at once: one by one they take half as long again.
        rows = connection.execute(query.where(table.c.study.in_(some))).all()
        for study, number, run_id, *outcome in rows:
            is_shipped = number == best.get(study) and study in configurations
            values, arguments = configurations[study] if is_shipped else (_EMPTY, _EMPTY)
            trial = TrialRecord(
                suggestion=Suggestion(number=number, coordinates=_EMPTY),
                values=values,
                arguments=arguments,
                seed=0,
                run_id=run_id,
                result=_result(run_id, *outcome),
            )
            records.setdefault(study, []).append(trial)
    return {study: tuple(trials) for study, trials in records.items()}


def _configurations(
    connection: Connection, best: Mapping[str, int], environment: str
) -> dict[str, tuple[Mapping[str, object], Mapping[str, object]]]:
    """Study -> values and arguments of its trial of that number."""
    table = tables.trials
    by_number: dict[int, list[str]] = {}
    for study, number in best.items():
        by_number.setdefault(number, []).append(study)
    configurations = {}
    for number, studies in by_number.items():
        query = select(table.c.study, table.c.run_id, table.c.body).where(
            table.c.environment == environment, table.c.number == number
        )
        for some in tables.batches(studies):
            for row in connection.execute(query.where(table.c.study.in_(some))):
                trial = codec.load_trial(row.run_id, row.body, None)
                configurations[row.study] = (trial.values, trial.arguments)
    return configurations


@_pause_collector()
def runs(connection: Connection, name: str, environment: str) -> dict[str, list[RunRecord]]:
    """Cell -> its confirm and test runs, without arguments; scores only in the test rung."""
    table = tables.plan
    query = tables.select_planned_runs(
        name,
        environment,
        *(column for column in table.c if column is not table.c.arguments),
        *_outcome_columns(connection, has_score=table.c.rung == Rung.TEST.value),
    )
    records: dict[str, list[RunRecord]] = {}
    for row in connection.execute(query).all():
        run = RunRecord(
            rung=Rung(row.rung),
            variant=Variant(row.variant),
            index=row.number,
            trial=row.trial,
            seed=row.seed,
            arguments={},
            run_id=row.run_id,
            result=_result(row.run_id, row.status, row.failed, row.score),
        )
        records.setdefault(row.cell, []).append(run)
    return records


def _outcome_columns(connection: Connection, *, has_score: Any) -> list[ColumnElement[object]]:
    """How a run ended; its score only where `has_score` holds."""
    body: Any = tables.results.c.body
    # SQLite and MySQL read text as JSON, and SQLite would cast it to a number.
    server = connection.dialect.name == "postgresql"
    json = cast(body, JSON) if server else type_coerce(body, JSON)
    return [
        tables.results.c.status,
        case((_FAILED, body)).label("failed"),
        case((has_score, json["score"].as_float())).label("score"),
    ]


def _result(
    run_id: str, status: str | None, failure_body: str | None, score: float | None
) -> RunResult | None:
    if status is None:
        return None
    return RunResult(
        run_id=run_id,
        status=_STATUS[status],
        score=score,
        steps=0,
        failure=None if failure_body is None else codec.load_result(failure_body).failure,
    )
