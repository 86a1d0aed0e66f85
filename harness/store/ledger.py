"""The ledger: runs and their results, trials, plans and winners of campaigns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine

from harness.core.record import CampaignRecord, RunResult, TrialRecord
from harness.core.run import PlannedRun, Variant
from harness.errors import StorageError, UnknownNameError
from harness.store import codec, queries, writes
from harness.store.changes import Changes
from harness.store.engine import reading, writing
from harness.store.fence import FREE, Fence
from harness.store.states import CampaignState, CellState
from harness.store.urls import file_of

__all__ = ["Ledger"]


class Ledger:
    """The source of truth of the campaigns in one database.

    Every method is one transaction: done when it returns, undone when it raises. One process at
    a time writes; reading never waits. All methods raise `StorageError` when the database fails.
    `environment` is an opaque key of the versions that change numbers; results of different
    environments are kept apart.
    """

    def __init__(self, engine: Engine, fence: Fence = FREE) -> None:
        self._engine = engine
        self._fence = fence
        embedded = file_of(engine.url) is not None
        self._changes = Changes(self.writing, embedded=embedded)

    @property
    def url(self) -> str:
        """URL of the database, password included, for Optuna's storage beside the ledger."""
        return self._engine.url.render_as_string(hide_password=False)

    @property
    def engine(self) -> Engine:
        """For the rest of the store."""
        return self._engine

    def fenced(self, fence: Fence) -> Ledger:
        """The same ledger behind a fence; it goes with this one."""
        return Ledger(self._engine, fence)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Ledger({self._engine.url!r})"

    def begin(
        self,
        campaign: str,
        *,
        environment: str,
        document: Mapping[str, Any],
        origins: Mapping[str, str],
        provenance: Mapping[str, Mapping[str, str]],
        cells: Sequence[CellState],
    ) -> None:
        """Record that a campaign begins or goes on with these cells, in this environment.

        Cells that the campaign had before and that are missing now stay known to `campaign`, but
        are left out of `record`. The transfer rung is planned anew: its cells may be others now.
        """
        with self.writing() as connection:
            writes.begin(
                connection,
                campaign,
                environment=environment,
                document=document,
                origins=origins,
                provenance=provenance,
                cells=cells,
            )

    def campaign(self, name: str) -> CampaignState | None:
        """What is known of a campaign before it goes on; None if it was never begun."""
        with reading(self._engine) as connection:
            return queries.campaign(connection, name)

    def campaigns(self) -> tuple[str, ...]:
        """Names of all campaigns, sorted."""
        with reading(self._engine) as connection:
            return queries.campaign_names(connection)

    def record_document(self, name: str) -> dict[str, Any]:
        """The resolved matrix a campaign was last run with.

        Raises:
            UnknownNameError: There is no such campaign.
        """
        with reading(self._engine) as connection:
            document = queries.document(connection, name)
            if document is None:
                raise UnknownNameError("campaign", name, queries.campaign_names(connection))
            return document

    def latest(self) -> str | None:
        """The campaign that was changed last; None where there is none."""
        with reading(self._engine) as connection:
            return queries.latest(connection)

    def add_results(self, results: Iterable[RunResult], *, environment: str) -> set[str]:
        """Keep the results of some runs, all or none; they are on disk when this returns.

        Returns:
            The runs whose result was new. The first result of a run in an environment stays.
        """
        with self.writing() as connection:
            return writes.add_results(connection, environment, results)

    def results(
        self, environment: str, run_ids: Collection[str] | None = None
    ) -> dict[str, RunResult]:
        """Run id -> result, of the runs that have one in this environment.

        Args:
            environment: Whose results.
            runs: Look for these only; None for all there are, those of other campaigns included.
        """
        if run_ids is not None and not run_ids:
            return {}
        with reading(self._engine) as connection:
            return queries.results(connection, environment, run_ids)

    def result(self, run_id: str, environment: str) -> RunResult | None:
        """The result of a run, or None while it has none."""
        with reading(self._engine) as connection:
            return queries.result(connection, run_id, environment)

    def drop_failures(self, run_ids: Iterable[str], environment: str) -> int:
        """Forget the failures among these runs, so that they are pending again.

        Returns:
            How many were forgotten. Complete and pruned runs are left alone.
        """
        with self.writing() as connection:
            return writes.drop_failures(connection, environment, run_ids)

    def add_trial(self, campaign: str, cell: str, study: str, trial: TrialRecord) -> None:
        """Keep what a sampler proposed, before the trial is trained.

        The trial belongs to the study and to the campaign's environment. Its result is not
        stored here but joined from the results.

        Raises:
            StorageError: The study has another run under this number.
        """
        self._changes.add(
            campaign,
            partial(writes.add_trial, campaign=campaign, cell=cell, study=study, trial=trial),
        )

    def trials(self, study: str, environment: str) -> tuple[TrialRecord, ...]:
        """The trials of a study by number, with the results they have."""
        with reading(self._engine) as connection:
            return queries.trials(connection, [study], environment).get(study, ())

    def set_plan(self, campaign: str, cell: str, rung: str, planned: Sequence[PlannedRun]) -> None:
        """Replace the plan of a cell's rung."""
        self._changes.add(
            campaign,
            partial(writes.set_plan, campaign=campaign, cell=cell, rung=rung, planned=planned),
        )

    def set_winner(self, campaign: str, cell: str, variant: Variant | None) -> None:
        """Record what the confirm rung chose; None takes the decision back."""
        self._set_outcome(campaign, cell, {"winner": variant})

    def close_search(self, campaign: str, cell: str, told: int) -> None:
        """Record that the search was ended with this many trials, before it had all of them."""
        self._set_outcome(campaign, cell, {"closed": told})

    def reopen_search(self, campaign: str, cell: str) -> None:
        """Take back that a search was closed, and what was chosen from it."""
        self._changes.add(campaign, partial(writes.reopen_search, campaign=campaign, cell=cell))

    def set_importances(self, campaign: str, cell: str, importances: Mapping[str, float]) -> None:
        """Record which share of the score's variance each axis explains."""
        self._set_outcome(campaign, cell, {"importances": codec.dump(importances)})

    def record(
        self, name: str, environment: str | None = None, *, brief: bool = False
    ) -> CampaignRecord:
        """Everything known of a campaign.

        Args:
            name: Campaign name.
            environment: Whose numbers to read; None for the environment it last ran in.
            brief: Only what it takes to say how far the campaign is: no parameters, evaluations
                or costs, scores only in the test rung. Seconds sooner, if it is large.

        Raises:
            UnknownNameError: There is no such campaign.
        """
        with reading(self._engine) as connection:
            found = queries.record(connection, name, environment, brief=brief)
            if found is None:
                raise UnknownNameError("campaign", name, queries.campaign_names(connection))
            return found

    def check(self) -> None:
        """See that this process may still write: its lock and its database are there.

        Raises:
            StorageError: They are not.
        """
        self._fence.check()

    def alone(self) -> AbstractContextManager[object]:
        """No other coordinator of this database makes or changes tables meanwhile."""
        return self._fence.alone()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction behind the fence, for the rest of the store."""
        self._fence.guard()
        try:
            with writing(self._engine, self._fence.connection) as connection:
                yield connection
        except StorageError:
            # A lost lock or file explains more than what the database says about it.
            self._fence.guard()
            raise
        self._fence.guard()

    def together(self) -> AbstractContextManager[None]:
        """Trials, plans and outcomes are written when the block is left, or not at all.

        In one transaction on SQLite, and one each on a server.
        """
        return self._changes.together()

    def _set_outcome(self, campaign: str, cell: str, values: Mapping[str, Any]) -> None:
        self._changes.add(
            campaign, partial(writes.set_outcome, campaign=campaign, cell=cell, values=values)
        )
