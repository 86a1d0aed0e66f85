"""What a campaign asks of its ledger: the table of runs and results that is the source of truth.

`harness.store` keeps one in a database or in memory; `harness.testing.ledger_contract` has the
tests that every implementation must pass.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from harness.core.matrix import Cell
from harness.core.record import CampaignRecord, TrialRecord
from harness.core.run import PlannedRun, Variant
from harness.core.run_result import RunResult
from harness.core.settings import Rung


class StopRequest(StrEnum):
    """How somebody wants a running campaign to end."""

    DRAIN = "drain"
    """Finish the runs in progress, begin no other."""
    STOP = "stop"
    """End the runs in progress too; they are pending again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveRun:
    """A run that was handed to a worker and has not ended.

    Attributes:
        cell, rung, variant, index: Which it is.
        started: UTC, ISO 8601.
    """

    cell: str
    rung: Rung
    variant: str
    index: int
    started: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What the coordinator of a campaign does.

    Attributes:
        workers: How many runs are executed at once.
        running: Runs in progress, in the order of their start.
        work_left: Cell name -> seconds of one worker that are left, as far as was measured.
        updated: When it said so: UTC, ISO 8601; set by the ledger.
    """

    workers: int
    running: tuple[ActiveRun, ...] = ()
    work_left: Mapping[str, float] = field(default_factory=dict)
    updated: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellState:
    """A cell as a campaign begins with it.

    Attributes:
        cell: Its settings.
        study: Key of the search the cell's trials belong to.
    """

    cell: Cell
    study: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignState:
    """A campaign as the ledger has it, before it goes on.

    Attributes:
        name: Campaign name.
        created, updated: UTC, ISO 8601.
        environment: Key of the versions it last ran with.
        identities: Cell name -> identity, for every cell it ever had.
        provenance: Of the last execution: section -> name -> text.
    """

    name: str
    created: str
    updated: str
    environment: str
    identities: Mapping[str, Mapping[str, Any]]
    provenance: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Ledger(Protocol):
    """Runs and their results, trials, plans and winners of any number of campaigns.

    Every method is one transaction: done when it returns, undone when it raises. One process at
    a time writes a campaign; reading never waits. All methods raise `StorageError` when the
    storage fails, and those that change a campaign raise `UnknownNameError` for one that was never
    begun. `environment` is an opaque key of the versions that change numbers; results of different
    environments are kept apart.
    """

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
        """Record that a campaign begins or goes on with these cells, in this environment.

        Cells that the campaign had before and that are missing now stay known to `campaign`, but
        are left out of `record`. The transfer rung is planned anew: its cells may be others now.
        """

    def campaign(self, name: str) -> CampaignState | None:
        """What is known of a campaign before it goes on; None if it was never begun."""

    def campaigns(self) -> tuple[str, ...]:
        """Names of all campaigns, sorted."""

    def latest(self) -> str | None:
        """Name of the campaign that was changed last; None where there is none."""

    def document(self, campaign: str) -> dict[str, Any]:
        """The resolved matrix a campaign was last run with.

        Raises:
            UnknownNameError: There is no such campaign.
        """

    def record(
        self, campaign: str, environment: str | None = None, *, brief: bool = False
    ) -> CampaignRecord:
        """Everything known of a campaign.

        Args:
            environment: Which numbers to read; None for the environment it last ran in.
            brief: Only what it takes to say how far the campaign is: no evaluations or costs,
                parameters only of what is shipped, scores only in the test rung. Seconds sooner,
                if it is large.

        Raises:
            UnknownNameError: There is no such campaign.
        """

    def add_results(self, results: Iterable[RunResult], *, environment: str) -> set[str]:
        """Keep the results of some runs, all or none; they are safe when this returns.

        Returns:
            The runs whose result was new. The first result of a run in an environment stays.
        """

    def results(
        self, environment: str, run_ids: Collection[str] | None = None
    ) -> dict[str, RunResult]:
        """Run id -> result, of the runs that have one in this environment.

        Args:
            environment: Key of the versions.
            run_ids: Look for these only; None for all, those of other campaigns included.
        """

    def drop_failures(self, run_ids: Iterable[str], environment: str) -> int:
        """Forget the failures among these runs, so that they are pending again.

        Returns:
            How many were forgotten. Complete and pruned runs stay.
        """

    def add_trial(self, campaign: str, cell: str, study: str, trial: TrialRecord) -> None:
        """Keep what a sampler suggested, before the trial is trained.

        The trial belongs to the study and to the campaign's environment. Its result is not
        stored here but joined from the results.

        Raises:
            StorageError: The study has another run under this number.
        """

    def trials(self, study: str, environment: str) -> tuple[TrialRecord, ...]:
        """The trials of a study by number, with the results they have."""

    def set_plan(self, campaign: str, cell: str, rung: Rung, runs: Sequence[PlannedRun]) -> None:
        """Replace the plan of a cell's rung."""

    def set_winner(self, campaign: str, cell: str, variant: Variant | None) -> None:
        """Record what the confirm rung chose; None takes the decision back."""

    def set_importances(self, campaign: str, cell: str, importances: Mapping[str, float]) -> None:
        """Record which share of the score's variance each parameter explains."""

    def close_search(self, campaign: str, cell: str, trials: int) -> None:
        """Record that the search was ended with this many trials, before it had all of them."""

    def fail_search(self, campaign: str, cell: str, reason: str) -> None:
        """Record why the sampler of a search suggests no more."""

    def reopen_search(self, campaign: str, cell: str) -> None:
        """Take back that a search was closed or has failed, and what was chosen from it."""

    def transaction(self) -> AbstractContextManager[None]:
        """Trials, plans and outcomes are written when the block ends, or not at all if it raises.

        In one transaction where nobody else can write meanwhile. On a server each is one of its
        own: two campaigns that share trials and write them in different orders would wait for
        each other. Reading inside the block does not show what is yet to be written.
        """

    def check(self) -> None:
        """See that this process may still write: its lock and its database are there.

        Raises:
            StorageError: They are not.
        """

    def set_activity(self, campaign: str, activity: Activity | None) -> None:
        """Say what the coordinator of a campaign does; None when it ends.

        No change of the campaign: what is known of its runs stays as recent as it was.
        """

    def activity(self, campaign: str) -> Activity | None:
        """What its coordinator last said; None where it has ended, or never began."""

    def request_stop(self, campaign: str, request: StopRequest | None) -> None:
        """Ask the coordinator to stop, from any process; None takes it back."""

    def stop_request(self, campaign: str) -> StopRequest | None:
        """What was last asked and not taken back."""
