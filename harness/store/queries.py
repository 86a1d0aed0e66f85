"""Reading the ledger: joins of trials and plans with the results they have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, select, union

from harness.core.identity import decode
from harness.core.ledger import Activity, CampaignState, StopRequest
from harness.core.record import (
    IMPORTED,
    CampaignRecord,
    CellRecord,
    RunRecord,
    TrialRecord,
    only_results,
    trials_of_search,
)
from harness.core.run import Variant
from harness.core.run_result import RunResult
from harness.core.settings import Rung
from harness.store import brief_queries, codec, tables


def campaign_names(connection: Connection) -> tuple[str, ...]:
    """Names of all campaigns, sorted."""
    query = select(tables.campaigns.c.name).order_by(tables.campaigns.c.name)
    return tuple(connection.scalars(query))


def campaign(connection: Connection, name: str) -> CampaignState | None:
    """What is known of a campaign before it goes on; None if it was never begun."""
    row = _campaign_row(connection, name)
    if row is None:
        return None
    query = select(tables.cells.c.name, tables.cells.c.identity).where(
        tables.cells.c.campaign == name
    )
    return CampaignState(
        name=name,
        created=row.created,
        updated=row.updated,
        environment=row.environment,
        identities={cell: codec.load(text) for cell, text in connection.execute(query)},
        provenance=_provenance(connection, name, row.environment),
    )


def latest(connection: Connection) -> str | None:
    """The campaign that was changed last; None where there is none."""
    table = tables.campaigns
    query = select(table.c.name).order_by(table.c.updated.desc(), table.c.name).limit(1)
    return connection.scalar(query)


def document(connection: Connection, name: str) -> dict[str, Any] | None:
    """The resolved matrix a campaign was last run with; None if it was never begun."""
    query = select(tables.campaigns.c.document).where(tables.campaigns.c.name == name)
    body: str | None = connection.scalar(query)
    return None if body is None else codec.load(body)


def activity(connection: Connection, name: str) -> Activity | None:
    """What a campaign's coordinator last said; None where it has ended, or never began."""
    table = tables.activities
    body: str | None = connection.scalar(select(table.c.body).where(table.c.campaign == name))
    return None if body is None else decode(Activity, codec.load(body))


def stop_request(connection: Connection, name: str) -> StopRequest | None:
    """What a campaign's coordinator is asked to do."""
    table = tables.stop_requests
    text: str | None = connection.scalar(select(table.c.request).where(table.c.campaign == name))
    return None if text is None else StopRequest(text)


def results(
    connection: Connection, environment: str, run_ids: Collection[str] | None = None
) -> dict[str, RunResult]:
    """Run id -> result, of these runs or of all in the environment."""
    table = tables.results
    query = select(table.c.run_id, table.c.body).where(table.c.environment == environment)
    if run_ids is None:
        parts = [query]
    else:
        parts = [query.where(table.c.run_id.in_(some)) for some in tables.batches(run_ids)]
    return {
        run_id: codec.load_result(body)
        for part in parts
        for run_id, body in connection.execute(part)
    }


def trials(
    connection: Connection, studies: Collection[str], environment: str
) -> dict[str, tuple[TrialRecord, ...]]:
    """Study -> its trials by number, with the results they have."""
    table = tables.trials
    query = (
        select(table.c.study, table.c.run_id, table.c.body, tables.results.c.body.label("result"))
        .select_from(tables.with_results(table, environment))
        .where(table.c.environment == environment)
        .order_by(table.c.study, table.c.number)
    )
    records: dict[str, list[TrialRecord]] = {}
    for some in tables.batches(studies):
        for row in connection.execute(query.where(table.c.study.in_(some))):
            records.setdefault(row.study, []).append(
                codec.load_trial(row.run_id, row.body, row.result)
            )
    return {study: tuple(trials) for study, trials in records.items()}


def record(
    connection: Connection, name: str, environment: str | None = None, *, brief: bool = False
) -> CampaignRecord | None:
    """Everything known of a campaign in one environment; None if it was never begun.

    In brief, trials are only their numbers, but for what is shipped, and results only how they
    ended; see `brief_queries`.
    """
    row = _campaign_row(connection, name)
    if row is None:
        return None
    key = row.environment if environment is None else environment
    cells = _cells(connection, name, key, brief=brief)
    return CampaignRecord(
        name=name,
        created=row.created,
        updated=_latest_result(connection, name, key) or row.updated,
        cells=cells,
        unlisted=_cells(connection, name, key, brief=brief, is_listed=False),
        document=codec.load(row.document),
        origins=codec.load(row.origins),
        provenance=_provenance(connection, name, key) | _imports(cells),
    )


def _imports(cells: Sequence[CellRecord]) -> dict[str, dict[str, str]]:
    """Where imported scores come from, as a section of the provenance; none without any."""
    counts = Counter(
        (run.variant, str(run.arguments.get("source", ""))) for c in cells for run in c.imported
    )
    texts: dict[str, str] = {}
    for (variant, source), count in counts.items():
        text = f"{count} scores from {source}"
        texts[variant] = f"{texts[variant]}; {text}" if variant in texts else text
    return {IMPORTED: texts} if texts else {}


def record_at(connection: Connection, name: str, moment: str) -> CampaignRecord | None:
    """What was known of a campaign at a moment: the results recorded by then, as it is planned now.

    It is of the environment in which it ran then; None where it had no result yet.

    Args:
        moment: UTC, ISO 8601.
    """
    table = tables.provenances
    query = select(table.c.environment).where(table.c.campaign == name)
    latest: dict[str, str] = {}
    for key in connection.scalars(query).all():
        if text := connection.scalar(
            _select_results(name, key, func.max(tables.results.c.recorded), moment)
        ):
            latest[key] = text
    if not latest:
        return None
    environment = max(latest, key=lambda key: latest[key])
    run_ids = set(
        connection.scalars(_select_results(name, environment, tables.results.c.run_id, moment))
    )
    now = record(connection, name, environment)
    return None if now is None else replace(only_results(now, run_ids), updated=latest[environment])


def _latest_result(connection: Connection, name: str, environment: str) -> str | None:
    """When the latest of the campaign's results was recorded; None before the first."""
    moment: str | None = connection.scalar(
        _select_results(name, environment, func.max(tables.results.c.recorded))
    )
    return moment


def _select_results(
    name: str, environment: str, column: Any, moment: str | None = None
) -> Select[Any]:
    """A column of the results of a campaign, of those that were recorded by a moment."""
    results = tables.results
    mine = union(
        *(
            select(table.c.run_id).where(
                table.c.campaign == name, table.c.environment == environment
            )
            for table in (tables.plan, tables.trials)
        )
    )
    query = select(column).where(results.c.environment == environment, results.c.run_id.in_(mine))
    return query if moment is None else query.where(results.c.recorded <= moment)


def _campaign_row(connection: Connection, name: str) -> Row[object] | None:
    query = select(tables.campaigns).where(tables.campaigns.c.name == name)
    return connection.execute(query).one_or_none()


def _provenance(connection: Connection, name: str, environment: str) -> dict[str, dict[str, str]]:
    table = tables.provenances
    query = select(table.c.body).where(table.c.campaign == name, table.c.environment == environment)
    body = connection.scalar(query)
    return {} if body is None else codec.load(body)


def _cells(
    connection: Connection, name: str, environment: str, *, brief: bool, is_listed: bool = True
) -> tuple[CellRecord, ...]:
    cells, outcomes = tables.cells, tables.outcomes
    source = cells.outerjoin(
        outcomes,
        and_(
            outcomes.c.campaign == cells.c.campaign,
            outcomes.c.cell == cells.c.name,
            outcomes.c.environment == environment,
        ),
    )
    query = (
        select(
            cells,
            outcomes.c.winner,
            outcomes.c.importances,
            outcomes.c.closed,
            outcomes.c.sampler_error,
        )
        .select_from(source)
        .where(cells.c.campaign == name, cells.c.position.is_(None) != is_listed)
        .order_by(cells.c.position, cells.c.name)
    )
    rows = connection.execute(query).all()
    studies = [row.study for row in rows]
    if brief:
        best = {row.study: Variant(row.winner).trial or 0 for row in rows if row.winner is not None}
        all_trials = brief_queries.trials(connection, studies, environment, best)
        runs = brief_queries.runs(connection, name, environment)
    else:
        all_trials = trials(connection, studies, environment)
        runs = _runs(connection, name, environment)
    imports = _runs(connection, name, tables.IMPORTS)
    specs = [codec.load_cell(row.spec) for row in rows]
    return tuple(
        CellRecord(
            cell=cell,
            trials=trials_of_search(cell, all_trials.get(row.study, ())),
            runs=tuple(runs.get(row.name, ())),
            winner=None if row.winner is None else Variant(row.winner),
            closed=row.closed,
            sampler_error=row.sampler_error,
            importances={} if row.importances is None else codec.load(row.importances),
            imported=tuple(imports.get(row.name, ())),
        )
        for row, cell in zip(rows, specs, strict=True)
    )


def _runs(connection: Connection, name: str, environment: str) -> dict[str, list[RunRecord]]:
    body = tables.results.c.body.label("result")
    query = tables.select_planned_runs(name, environment, tables.plan, body)
    runs: dict[str, list[RunRecord]] = {}
    for row in connection.execute(query):
        runs.setdefault(row.cell, []).append(
            RunRecord(
                rung=Rung(row.rung),
                variant=Variant(row.variant),
                index=row.number,
                trial=row.trial,
                seed=row.seed,
                arguments=codec.load(row.arguments),
                run_id=row.run_id,
                result=codec.load_optional_result(row.result),
            )
        )
    return runs
