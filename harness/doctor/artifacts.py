"""Files beside the database: the kept matrix and the saved models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from harness.doctor.finding import Finding, fail, fine, warn
from harness.doctor.patient import Patient
from harness.errors import StorageError
from harness.files import verify_checksum

__all__ = ["artifacts"]


def artifacts(patient: Patient) -> Iterator[Finding]:
    """Compare the files of the campaign's folder with what was written."""
    if not patient.folder.is_dir():
        yield fine("files", f"no {patient.folder} on this machine")
        return
    yield _matrix(patient)
    yield _models(patient)


def _matrix(patient: Patient) -> Finding:
    path = patient.folder / "matrix.json"
    kept: Any = None
    with suppress(OSError, ValueError):
        kept = json.loads(path.read_bytes())
    if kept == patient.ledger.document(patient.name):
        return fine("matrix.json", "as in the ledger")
    todo = "the ledger's is used; the next run writes the file again"
    return warn("matrix.json", f"{path} is not the ledger's", todo)


def _models(patient: Patient) -> Finding:
    seals = sorted((patient.folder / "models").rglob("*.sha256"))
    damaged = []
    for seal in seals:
        try:
            verify_checksum(seal.with_suffix(""))
        except StorageError:
            damaged.append(seal.with_suffix(""))
    if not damaged:
        return fine("models", f"{len(seals)} files, all whole")
    names = ", ".join(str(path) for path in damaged[:3])
    todo = "restore them, or delete each with its .sha256 and make it again by `harness train`"
    return fail("models", f"{len(damaged)} damaged: {names}", todo)
