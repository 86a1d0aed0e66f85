"""The examinations: all checks of a machine, all checks of a campaign, and the repair."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Final

from harness.campaign.campaign_records import required_database
from harness.campaign.matrices import matrix_of, registry
from harness.core.matrix import Cell
from harness.doctor.check_database import check_database, check_files, check_studies
from harness.doctor.check_ledger import check_ledger
from harness.doctor.check_machine import check_disk, check_machine
from harness.doctor.finding import CampaignCheck, Finding, fail, warn
from harness.errors import HarnessError, StorageError, UnknownNameError
from harness.registry import Registry
from harness.store import Audit, SqlLedger, lock_campaign, open_ledger
from harness.tuning.optuna_tables import open_tables

_ROUNDS: Final = 5
"""A repair may lay another one bare; a campaign has few layers."""


def examine_machine(runs: Path, *, workers: int, threads: int = 1) -> list[Finding]:
    """Look at this machine and the disk under `runs`."""
    return [*check_machine(workers=workers, threads=threads), *check_disk(runs)]


def examine_campaign(name: str, runs: Path, storage: str | None = None) -> list[Finding]:
    """Look at a campaign; changes nothing.

    Raises:
        UnknownNameError: There is no such campaign.
    """
    database = required_database(name, runs, storage)
    try:
        return _run_checks(open_ledger(database), name, runs, registry())
    except StorageError as error:
        return [fail("database", error.message, error.help)]


def repair_campaign(name: str, runs: Path, storage: str | None = None) -> list[str]:
    """Drop or rebuild what is broken, so that the next run does it again.

    Returns:
        What was done.

    Raises:
        LockedError: A coordinator runs the campaign.
        StorageError: The database cannot be written, or only a backup can help it.
        UnknownNameError: There is no such campaign.
    """
    database = required_database(name, runs, storage)
    done: list[str] = []
    names = registry()
    for _ in range(_ROUNDS):
        findings = _run_checks(lock_campaign(database, name, create=False), name, runs, names, done)
        if not any(finding.repair for finding in findings):
            break
    return done


def _run_checks(
    source: AbstractContextManager[SqlLedger],
    name: str,
    runs: Path,
    names: Registry,
    done: list[str] | None = None,
) -> list[Finding]:
    """All findings; with `done`, the first repairs are made and described there."""
    with source as ledger, closing(open_tables(ledger.url)) as tables:
        state = ledger.campaign(name)
        if state is None:
            raise UnknownNameError("campaign", name, ledger.campaigns())
        cells, problem = _cells(ledger, name, names)
        campaign = CampaignCheck(
            name=name,
            folder=runs / name,
            ledger=ledger,
            tables=tables,
            audit=Audit(ledger, name, state.environment),
            holds_lock=done is not None,
            cells=cells,
        )
        findings = [*problem]
        for check in (check_database, check_ledger, check_studies, check_files):
            new = list(check(campaign))
            findings += new
            repairs = [finding.repair for finding in new if finding.repair is not None]
            if done is not None and repairs:
                # What comes after is looked at again when this is in order.
                done += [repair() for repair in repairs]
                break
        return findings


def _cells(ledger: SqlLedger, name: str, names: Registry) -> tuple[dict[str, Cell], list[Finding]]:
    try:
        document = ledger.document(name)
        return {cell.name: cell for cell in matrix_of(name, document, names).cells}, []
    except HarnessError as error:
        todo = "install the plug-ins it was run with; runs and studies were not compared"
        return {}, [warn("matrix", f"no longer holds: {error.message}", todo)]
