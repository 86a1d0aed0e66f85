"""Begin or continue: what the campaign was, what it is asked to be, and whether that may differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.campaign.provenance import environment_key, provenance
from harness.core.identity import differences, digest
from harness.core.ledger import CampaignState, CellState, Ledger
from harness.core.matrix import Cell, Matrix
from harness.errors import CampaignChangedError

__all__ = ["begin", "study_key"]


def study_key(cell: Cell, environment: str) -> str:
    """Key of a cell's trials: they belong to what decides the search and to the versions."""
    return digest([cell.study_digest(), environment])


def begin(ledger: Ledger, matrix: Matrix, *, storage: str, accept_changes: bool) -> str:
    """Enter the campaign in the ledger and return its environment key.

    Args:
        ledger: Open for writing.
        matrix: What is asked now.
        storage: How the provenance names the database, without a password.
        accept_changes: Continue although identity or versions differ.

    Raises:
        CampaignChangedError: Identity or versions differ from before, and that was not accepted.
    """
    environment = environment_key()
    facts = provenance(storage=storage, scenarios=[cell.scenario for cell in matrix.cells])
    before = ledger.campaign(matrix.name)
    if before is not None and not accept_changes:
        changes = _changes(before, matrix, environment, facts)
        if changes:
            raise CampaignChangedError(
                matrix.name,
                changes,
                help=(
                    "begin a new campaign with `--set name=...`, or continue this one with "
                    "--accept-changes: what is affected runs again, the old results stay on record"
                ),
            )
    ledger.begin(
        matrix.name,
        document=matrix.document,
        origins=matrix.origins,
        provenance=facts,
        environment=environment,
        cells=[CellState(cell=cell, study=study_key(cell, environment)) for cell in matrix.cells],
    )
    return environment


def _changes(
    before: CampaignState,
    matrix: Matrix,
    environment: str,
    facts: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    changes = []
    for cell in matrix.cells:
        old = before.identities.get(cell.name)
        if old is not None:
            changes += [f"{cell.name}: {line}" for line in differences(old, cell.identity())]
    if before.environment != environment:
        old_versions = before.provenance.get("versions", {})
        changes += [f"version of {line}" for line in differences(old_versions, facts["versions"])]
    return changes
