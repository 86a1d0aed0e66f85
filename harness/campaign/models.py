"""Saved models: the best one of each cell, under a name that does not change."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.core.plan import DEFAULT, TUNED
from harness.core.record import CampaignRecord, RunRecord
from harness.files import verify_checksum, write_with_checksum
from harness.saved_models import STATISTICS

__all__ = ["keep_best_models", "model_path", "saved_model"]

_SUFFIXES = (".zip", STATISTICS)


def model_path(folder: Path, cell: str, variant: str, seed: int) -> Path:
    """Where the model of a test run is saved; its normalisation lies beside it."""
    return folder / cell / f"{variant}-seed{seed}.zip"


def saved_model(folder: Path, cell: str, run: RunRecord) -> Path:
    """Where the model of a test run lies, if it was saved."""
    # A default that won has no trial, and was trained once, under its own name.
    kept = DEFAULT if run.variant == TUNED and run.trial is None else run.variant
    return model_path(folder, cell, kept, run.seed)


def keep_best_models(record: CampaignRecord, folder: Path) -> None:
    """Copy each cell's best tuned test model to ``<folder>/<cell>/best.zip``.

    Raises:
        StorageError: A model is damaged, or the copy cannot be written.
    """
    for cell in record.cells:
        scored = [
            (run.result.score, run)
            for run in cell.runs
            if run.rung == "test"
            and run.variant == TUNED
            and run.result is not None
            and run.result.score is not None
        ]
        if scored:
            _, best = max(scored, key=lambda pair: pair[0])
            _copy(best, folder, cell.name)


def _copy(run: RunRecord, folder: Path, cell: str) -> None:
    model = saved_model(folder, cell, run)
    for suffix in _SUFFIXES:
        source = model.with_suffix(suffix)
        if source.exists():
            verify_checksum(source)
            with write_with_checksum(folder / cell / f"best{suffix}") as beside:
                shutil.copyfile(source, beside)
