"""The ledger in a database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Self

from sqlalchemy import Connection, Engine

from harness.core.ledger import Activity, CampaignState, CellState, StopRequest
from harness.core.record import CampaignRecord, RunRecord, TrialRecord
from harness.core.run import PlannedRun, Variant
from harness.core.run_result import RunResult
from harness.core.settings import Rung
from harness.errors import StorageError, UnknownNameError, UsageError
from harness.store import codec, queries, writes
from harness.store.connections import read_transaction, sqlite_file, write_transaction
from harness.store.locks import NO_LOCK, CampaignLock

_Write = Callable[[Connection, str], None]
"""Writes a decision through a connection, for the campaign's environment."""


class SqlLedger:
    """A `harness.core.ledger.Ledger` in an SQLite file or on a database server."""

    def __init__(
        self, engine: Engine, lock: CampaignLock = NO_LOCK, now: Callable[[], str] = writes.utc_now
    ) -> None:
        """Nothing is read or written yet.

        Args:
            engine: The database, its tables made.
            lock: Asked before and after every write.
            now: The present in UTC, ISO 8601.
        """
        self._engine = engine
        self._lock = lock
        self._now = now
        self._pending: list[tuple[str, _Write]] | None = None
        """Campaigns and what is to be written to them; None outside of a transaction."""

    @property
    def url(self) -> str:
        """URL of the database, password included, for Optuna's storage beside the ledger."""
        return self._engine.url.render_as_string(hide_password=False)

    @property
    def engine(self) -> Engine:
        """For the rest of the store."""
        return self._engine

    def with_lock(self, lock: CampaignLock) -> SqlLedger:
        """The same ledger for the holder of a campaign's lock; it is closed with this one."""
        return SqlLedger(self._engine, lock, self._now)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"SqlLedger({self._engine.url!r})"

    def begin(
        self,
        campaign: str,
        *,
        environment: str,
        document: Mapping[str, object],
        origins: Mapping[str, str],
        provenance: Mapping[str, Mapping[str, str]],
        cells: Sequence[CellState],
    ) -> None:
        with self.write() as connection:
            writes.begin(
                connection,
                campaign,
                environment=environment,
                document=document,
                origins=origins,
                provenance=provenance,
                cells=cells,
                moment=self._now(),
            )

    def add_record(
        self, record: CampaignRecord, *, environment: str, studies: Mapping[str, str]
    ) -> None:
        """Enter a whole new campaign in one transaction; see `writes.add_record`."""
        with self.write() as connection:
            writes.add_record(connection, record, environment, studies)

    def campaign(self, name: str) -> CampaignState | None:
        with self._read() as connection:
            return queries.campaign(connection, name)

    def campaigns(self) -> tuple[str, ...]:
        with self._read() as connection:
            return queries.campaign_names(connection)

    def latest(self) -> str | None:
        with self._read() as connection:
            return queries.latest(connection)

    def document(self, campaign: str) -> dict[str, Any]:
        with self._read() as connection:
            document = queries.document(connection, campaign)
            if document is None:
                raise _unknown(connection, campaign)
            return document

    def record(
        self, campaign: str, environment: str | None = None, *, brief: bool = False
    ) -> CampaignRecord:
        with self._read() as connection:
            record = queries.record(connection, campaign, environment, brief=brief)
            if record is None:
                raise _unknown(connection, campaign)
            return record

    def set_imports(self, campaign: str, cells: Mapping[str, Sequence[RunRecord]]) -> None:
        """Replace the imported scores of some variants; see `writes.set_imports`.

        Raises:
            UnknownNameError: There is no such campaign.
        """
        with self.write() as connection:
            moment = self._now()
            if writes.touch(connection, campaign, moment) is None:
                raise _unknown(connection, campaign)
            writes.set_imports(connection, campaign=campaign, cells=cells, moment=moment)

    def record_at(self, campaign: str, moment: str) -> CampaignRecord:
        """What was known of a campaign at a moment; see `queries.record_at`.

        Raises:
            UnknownNameError: There is no such campaign.
            UsageError: It had no result yet.
        """
        with self._read() as connection:
            if queries.document(connection, campaign) is None:
                raise _unknown(connection, campaign)
            record = queries.record_at(connection, campaign, moment)
            if record is None:
                raise UsageError(
                    f"campaign `{campaign}` had no result by {moment}",
                    help="name a later moment; all are UTC",
                )
            return record

    def add_results(self, results: Iterable[RunResult], *, environment: str) -> set[str]:
        with self.write() as connection:
            return writes.add_results(connection, environment, results, moment=self._now())

    def results(
        self, environment: str, run_ids: Collection[str] | None = None
    ) -> dict[str, RunResult]:
        if run_ids is not None and not run_ids:
            return {}
        with self._read() as connection:
            return queries.results(connection, environment, run_ids)

    def drop_failures(self, run_ids: Iterable[str], environment: str) -> int:
        with self.write() as connection:
            return writes.drop_failures(connection, environment, run_ids)

    def add_trial(self, campaign: str, cell: str, study: str, trial: TrialRecord) -> None:
        self._decide(campaign, writes.add_trial, cell=cell, study=study, trial=trial)

    def trials(self, study: str, environment: str) -> tuple[TrialRecord, ...]:
        with self._read() as connection:
            return queries.trials(connection, [study], environment).get(study, ())

    def set_plan(self, campaign: str, cell: str, rung: Rung, runs: Sequence[PlannedRun]) -> None:
        self._decide(campaign, writes.set_plan, cell=cell, rung=rung, runs=runs)

    def set_winner(self, campaign: str, cell: str, variant: Variant | None) -> None:
        self._decide(campaign, writes.set_outcome, cell=cell, values={"winner": variant})

    def set_importances(self, campaign: str, cell: str, importances: Mapping[str, float]) -> None:
        values = {"importances": codec.dump(importances)}
        self._decide(campaign, writes.set_outcome, cell=cell, values=values)

    def close_search(self, campaign: str, cell: str, trials: int) -> None:
        self._decide(campaign, writes.set_outcome, cell=cell, values={"closed": trials})

    def fail_search(self, campaign: str, cell: str, reason: str) -> None:
        self._decide(campaign, writes.set_outcome, cell=cell, values={"sampler_error": reason})

    def reopen_search(self, campaign: str, cell: str) -> None:
        self._decide(campaign, writes.reopen_search, cell=cell)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._pending is not None:
            yield  # inside another block: with that one
            return
        self._pending = pending = list[tuple[str, _Write]]()
        try:
            yield
        finally:
            self._pending = None
        one_writer = sqlite_file(self._engine.url) is not None
        for part in [pending] if one_writer else [[decision] for decision in pending]:
            self._commit(part)

    def set_activity(self, campaign: str, activity: Activity | None) -> None:
        with self.write() as connection:
            writes.set_activity(connection, campaign, activity, moment=self._now())

    def activity(self, campaign: str) -> Activity | None:
        with self._read() as connection:
            return queries.activity(connection, campaign)

    def request_stop(self, campaign: str, request: StopRequest | None) -> None:
        with self.write() as connection:
            writes.set_stop_request(connection, campaign, request)

    def stop_request(self, campaign: str) -> StopRequest | None:
        with self._read() as connection:
            return queries.stop_request(connection, campaign)

    def check(self) -> None:
        self._lock.check()

    def exclusive_setup(self) -> AbstractContextManager[object]:
        """While the block runs, no other coordinator of this database makes tables."""
        return self._lock.exclusive_setup()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction of the lock's holder, for the rest of the store."""
        self._lock.check()
        try:
            with write_transaction(self._engine, self._lock.connection) as connection:
                yield connection
        except StorageError:
            # A lost lock or file explains more than what the database says about it.
            self._lock.check()
            raise
        self._lock.check()

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with read_transaction(self._engine) as connection:
            try:
                yield connection
            except codec.DAMAGE as exc:
                raise codec.damage_error(exc) from exc

    def _decide(self, campaign: str, write: Callable[..., None], **arguments: object) -> None:
        """Write a decision of the coordinator, now or with the rest of the transaction."""
        decision = campaign, partial(write, campaign=campaign, **arguments)
        if self._pending is None:
            self._commit([decision])
        else:
            self._pending.append(decision)

    def _commit(self, decisions: Sequence[tuple[str, _Write]]) -> None:
        if not decisions:
            return
        with self.write() as connection:
            environments: dict[str, str] = {}
            for campaign in dict(decisions):
                environment = writes.touch(connection, campaign, self._now())
                if environment is None:
                    raise _unknown(connection, campaign)
                environments[campaign] = environment
            for campaign, write in decisions:
                write(connection, environments[campaign])


def _unknown(connection: Connection, campaign: str) -> UnknownNameError:
    return UnknownNameError("campaign", campaign, queries.campaign_names(connection))
