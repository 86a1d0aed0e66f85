"""The campaign's database, Optuna's studies in it and the files beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from harness.core.matrix import Cell
from harness.core.record import TrialRecord, trials_of_search
from harness.doctor.finding import CampaignCheck, Finding, fail, fine, warn
from harness.errors import StorageError
from harness.files import find_leftovers, remove_leftover, verify_checksum
from harness.input_limits import parse_json, read_file
from harness.store import display_url, lock_holder, sqlite_file
from harness.tuning.projection import Projection, disagreement


def check_database(check: CampaignCheck) -> Iterator[Finding]:
    """Look at the database and the lock."""
    url = check.ledger.engine.url
    yield fine("database", f"{display_url(url)}, schema version {check.audit.schema_version()}")
    if sqlite_file(url) is not None:
        yield _integrity(check)
        (mode,) = check.audit.pragma("journal_mode")
        if mode == "wal":
            yield fine("journal", mode)
        else:
            todo = "the disk has no shared memory; choose another --runs folder"
            yield warn("journal", mode, todo)
    yield _coordinator(check)
    yield _last_change(check)


def _integrity(check: CampaignCheck) -> Finding:
    answers = check.audit.pragma("integrity_check(5)")
    if answers == ["ok"]:
        return fine("integrity", "every page and index is whole")
    todo = (
        "restore a backup, or save what is left: "
        "`sqlite3 campaign.db .recover | sqlite3 rescued.db`"
    )
    return fail("integrity", "; ".join(answers), todo)


def _coordinator(check: CampaignCheck) -> Finding:
    is_held, who = lock_holder(check.ledger, check.name)
    name = f"process {who['pid']} on {who['host']} since {who['since']}" if who else "nobody"
    if is_held:
        return fine("coordinator", name)
    if who:
        return fine("coordinator", f"none; {name} ended without a farewell, which does no harm")
    return fine("coordinator", "none")


def _last_change(check: CampaignCheck) -> Finding:
    state = check.ledger.campaign(check.name)
    last_change = state.updated if state is not None else ""
    if last_change > datetime.now(UTC).isoformat(timespec="seconds"):
        return warn("last change", last_change, "it lies in the future: set the clock")
    return fine("last change", last_change)


def check_studies(check: CampaignCheck) -> Iterator[Finding]:
    """Compare every cell's study with the finished trials of the ledger."""
    wrong = list(_differences(check))
    yield from wrong or [fine("studies", "agree with the ledger; no trial is left running")]


def _differences(check: CampaignCheck) -> Iterator[Finding]:
    tables = check.tables
    running = not check.holds_lock and lock_holder(check.ledger, check.name)[0]
    for name, cell in check.cells.items():
        trials = trials_of_search(cell, check.leading_trials(name))
        difference = disagreement(tables, check.name, cell, trials)
        if not difference:
            continue
        if running:
            # The coordinator is between the ledger and the study.
            yield warn("studies", f"{name}: {difference}", "look again when the campaign has ended")
            continue

        def rebuild(
            name: str = name, cell: Cell = cell, trials: Sequence[TrialRecord] = trials
        ) -> str:
            Projection(tables, check.name, cell).rebuild(trials)
            return f"{name}: wrote the study again from the ledger"

        yield fail("studies", f"{name}: {difference}", repair=rebuild)


def check_files(check: CampaignCheck) -> Iterator[Finding]:
    """Compare the files of the campaign's folder with what was written."""
    if not check.folder.is_dir():
        yield fine("files", f"no {check.folder} on this machine")
        return
    yield _matrix(check)
    yield _models(check)
    yield from _leftovers(check)


def _leftovers(check: CampaignCheck) -> Iterator[Finding]:
    """Look for files that a killed command had begun; one that writes now holds its own."""
    locks = find_leftovers(check.folder)
    if locks:

        def drop() -> str:
            names = [lock.stem for lock in locks if remove_leftover(lock)]
            return f"removed what killed commands had begun: {', '.join(names)}"

        text = f"{len(locks)} begun by commands that were killed"
        todo = "it does no harm; `harness doctor CAMPAIGN --repair` removes it"
        yield replace(warn("leftovers", text, todo), repair=drop)


def _matrix(check: CampaignCheck) -> Finding:
    path = check.folder / "matrix.json"
    document: Any = None
    with suppress(OSError, ValueError):
        document = parse_json(read_file(path))
    if document == check.ledger.document(check.name):
        return fine("matrix.json", "as in the ledger")
    todo = "the ledger's is used; the next run writes the file again"
    return warn("matrix.json", f"{path} is not the ledger's", todo)


def _models(check: CampaignCheck) -> Finding:
    seals = sorted((check.folder / "models").rglob("*.sha256"))
    bad_models = []
    for seal in seals:
        try:
            verify_checksum(seal.with_suffix(""))
        except StorageError:
            bad_models.append(seal.with_suffix(""))
    if not bad_models:
        return fine("models", f"{len(seals)} files, all whole")
    names = ", ".join(str(path) for path in bad_models[:3])
    todo = "restore them, or delete each with its .sha256 and make it again by `harness train`"
    return fail("models", f"{len(bad_models)} damaged: {names}", todo)
