"""The database itself: whole, of this version, and who writes it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from harness.doctor.finding import Finding, fail, fine, warn
from harness.doctor.patient import Patient
from harness.store import display_url, lock_holder, sqlite_file

__all__ = ["database"]


def database(patient: Patient) -> Iterator[Finding]:
    """Look at the database and the lock."""
    url = patient.ledger.engine.url
    yield fine("database", f"{display_url(url)}, schema version {patient.audit.schema_version()}")
    if sqlite_file(url) is not None:
        yield _whole(patient)
        (mode,) = patient.audit.pragma("journal_mode")
        if mode == "wal":
            yield fine("journal", mode)
        else:
            todo = "the disk has no shared memory; choose another --runs folder"
            yield warn("journal", mode, todo)
    yield _coordinator(patient)
    yield _updated(patient)


def _whole(patient: Patient) -> Finding:
    found = patient.audit.pragma("integrity_check(5)")
    if found == ["ok"]:
        return fine("integrity", "every page and index is whole")
    todo = (
        "restore a backup, or save what is left: "
        "`sqlite3 campaign.db .recover | sqlite3 rescued.db`"
    )
    return fail("integrity", "; ".join(found), todo)


def _coordinator(patient: Patient) -> Finding:
    held, who = lock_holder(patient.ledger, patient.name)
    name = f"process {who['pid']} on {who['host']} since {who['since']}" if who else "nobody"
    if held:
        return fine("coordinator", name)
    if who:
        return fine("coordinator", f"none; {name} ended without a farewell, which does no harm")
    return fine("coordinator", "none")


def _updated(patient: Patient) -> Finding:
    state = patient.ledger.campaign(patient.name)
    updated = state.updated if state is not None else ""
    if updated > datetime.now(UTC).isoformat(timespec="seconds"):
        return warn("last change", updated, "it lies in the future: set the clock")
    return fine("last change", updated)
