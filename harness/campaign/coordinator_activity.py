"""What a coordinator tells others through the ledger, and what they ask of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from harness.campaign.campaign_records import (
    check_has_ledger,
    names_now,
    open_campaign,
    own_database,
)
from harness.campaign.options import Clock
from harness.core.events import CampaignStarted, Event, RunFinished, RunStarted
from harness.core.ledger import ActiveRun, Activity, Ledger, StopRequest
from harness.core.progress.campaign_progress import CampaignProgress, add_event, estimate_work
from harness.errors import StorageError, UnknownNameError, UsageError
from harness.store import file_lock, lock_holder

_INTERVAL: Final = 1.0
"""Seconds between two looks at what is asked, and between two writes."""

_HEARTBEAT: Final = 30.0
"""Seconds after which even what is not new is written again."""


class CoordinatorActivity:
    """Says what a campaign's coordinator does, and hears stop requests.

    The ledger says it to `harness status`, a file to whoever watches over the process, and a
    report to everybody else.
    """

    def __init__(
        self,
        ledger: Ledger,
        campaign: str,
        clock: Clock,
        *,
        heartbeat: Path | None = None,
        report: Callable[[], None] = lambda: None,
        report_every: float | None = None,
    ) -> None:
        """Nothing is written yet.

        Args:
            clock: Of the intervals.
            heartbeat: File whose time of change says that the coordinator works; None for none.
            report: Writes the report as far as the campaign is.
            report_every: Seconds between two reports; None for none.
        """
        self._ledger = ledger
        self._campaign = campaign
        self._clock = clock
        self._heartbeat = heartbeat
        self._report = report
        self._report_every = report_every
        self._reported = clock()
        self._progress = CampaignProgress()
        self._running: dict[tuple[str, str, str, int], ActiveRun] = {}
        self._is_new = False
        self._written = self._looked = -float("inf")

    def hear(self, event: Event) -> None:
        """An event of the campaign; the first forgets what was asked of an earlier coordinator."""
        self._progress = add_event(self._progress, event)
        self._is_new = True
        match event:
            case CampaignStarted():
                self._ledger.request_stop(self._campaign, None)
                self._write()
            case RunStarted(planned=planned_run):
                self._running[planned_run.key] = ActiveRun(
                    cell=planned_run.cell,
                    rung=planned_run.rung,
                    variant=planned_run.variant,
                    index=planned_run.index,
                    started=datetime.now(UTC).isoformat(timespec="seconds"),
                )
            case RunFinished(planned=planned_run):
                self._running.pop(planned_run.key, None)

    def look(self) -> StopRequest | None:
        """Write what is new, from time to time; returns the request to stop, if there is one."""
        now = self._clock()
        if now < self._looked + _INTERVAL:
            return None
        self._looked = now
        if self._heartbeat is not None:
            # Where the disk is full, the next result says so.
            with suppress(OSError):
                self._heartbeat.touch()
        if self._report_every is not None and now >= self._reported + self._report_every:
            self._report()
            self._reported = self._clock()
        if self._is_new or now >= self._written + _HEARTBEAT:
            self._write()
        return self._ledger.stop_request(self._campaign)

    def end(self) -> None:
        """Leave no sign of a coordinator that works, and no request to stop."""
        if self._heartbeat is not None:
            # Where the disk is gone, the error that says so is already on its way.
            with suppress(OSError):
                self._heartbeat.unlink()
        self._ledger.set_activity(self._campaign, None)
        self._ledger.request_stop(self._campaign, None)

    def _write(self) -> None:
        self._is_new, self._written = False, self._clock()
        activity = Activity(
            workers=self._progress.workers,
            running=tuple(self._running.values()),
            work_left=estimate_work(self._progress),
        )
        self._ledger.set_activity(self._campaign, activity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinator:
    """The process that runs a campaign, or that ran it last and did not say that it ended.

    Attributes:
        host, pid, since: Where, which, and when it took the campaign: UTC, ISO 8601.
        alive: Whether it still holds the campaign's lock.
        activity: What it last said that it does; None where it has not said anything yet.
    """

    host: str
    pid: int
    since: str
    alive: bool
    activity: Activity | None

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"


def coordinator(name: str, runs: Path, storage: str | None = None) -> Coordinator | None:
    """Who runs a campaign; None where nobody does and the last one said that it ended.

    Nobody runs what is published, or was known at a moment.

    Raises:
        UnknownNameError: There is no campaign of that name.
        StorageError: Its database cannot be reached or read.
    """
    if not names_now(name):
        return None
    try:
        with open_campaign(name, runs, storage) as ledger:
            alive, holder = lock_holder(ledger, name)
            return _coordinator(alive, holder, ledger.activity(name))
    except (UnknownNameError, StorageError):
        # One that has the lock is about to make what is missing here.
        alive, holder = file_lock(own_database(name, runs), name).holder()
        if not alive or storage is not None:
            raise
        return _coordinator(alive, holder, None)


def _coordinator(
    alive: bool, holder: Mapping[str, Any] | None, activity: Activity | None
) -> Coordinator | None:
    if holder is None:
        return None
    since = str(holder["since"])
    # What a killed one left does not tell what the next one does.
    is_own = activity is not None and _moment(activity.updated) >= _moment(since)
    return Coordinator(
        host=str(holder["host"]),
        pid=int(holder["pid"]),
        since=since,
        alive=alive,
        activity=activity if is_own or not alive else None,
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def request_stop(
    name: str, request: StopRequest, runs: Path, storage: str | None = None
) -> Coordinator:
    """Ask the coordinator of a campaign to stop; returns whom.

    Raises:
        UsageError: Nobody runs it, or nobody listens yet.
        UnknownNameError: There is no campaign of that name.
        StorageError: Its database cannot be reached or written.
    """
    check_has_ledger(name)
    process = coordinator(name, runs, storage)
    if process is None or not process.alive:
        raise UsageError(
            f"nobody runs campaign `{name}`",
            help=f"`harness status {name}` says how far it is",
        )
    if process.activity is None:
        raise UsageError(
            f"nothing of campaign `{name}` runs: {process} is getting ready, or writes the report",
            help="if it goes on, ask again in some seconds",
        )
    with open_campaign(name, runs, storage) as ledger:
        ledger.request_stop(name, request)
    return process
