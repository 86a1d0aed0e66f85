"""Optuna's tables: a projection of the ledger, never more and never something else."""

from __future__ import annotations

from collections.abc import Iterator

from harness.doctor.finding import Finding, fail, fine, warn
from harness.doctor.patient import Patient
from harness.store import lock_holder
from harness.tuning.projection import Projection, disagreement

__all__ = ["studies"]


def studies(patient: Patient) -> Iterator[Finding]:
    """Compare every cell's study with the told trials of the ledger."""
    wrong = list(_differences(patient))
    yield from wrong or [fine("studies", "agree with the ledger; no trial is left running")]


def _differences(patient: Patient) -> Iterator[Finding]:
    tables = patient.tables
    running = not patient.locked and lock_holder(patient.ledger, patient.name)[0]
    for name, cell in patient.cells.items():
        told = patient.told(name)[: cell.search.trials]
        found = disagreement(tables, patient.name, cell, told)
        if not found:
            continue
        if running:
            # The coordinator is between the ledger and the study.
            yield warn("studies", f"{name}: {found}", "look again when the campaign has ended")
            continue

        def rebuild(name: str = name) -> str:
            Projection(tables, patient.name, patient.cells[name]).rebuild(patient.told(name))
            return f"{name}: wrote the study again from the ledger"

        yield fail("studies", f"{name}: {found}", repair=rebuild)
