"""Train a configuration of a finished campaign again, and keep the model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.campaign.matrices import matrix_of
from harness.campaign.records import record
from harness.core import plan
from harness.core.record import CellRecord, RunResult
from harness.core.run import DEFAULT, TUNED, Variant
from harness.errors import UnknownNameError, UsageError
from harness.execution import Order, execute_run

__all__ = ["train"]


def train(
    name: str,
    cell: str,
    *,
    runs: Path,
    storage: str | None = None,
    seed: int | None = None,
    variant: str = TUNED,
    steps: int | None = None,
    out: Path,
) -> RunResult:
    """Train a cell's variant as its test rung did and save the model as ``<out>.zip``.

    Args:
        name: Campaign.
        cell: ``ppo@CartPole-v1``.
        runs: Folder of the campaigns.
        storage: URL of the database, where it is not in `runs` or remembered there.
        seed: Training seed; None takes the first test seed and gives that run's score again.
        variant: ``tuned``, ``default`` or a named variant.
        steps: Environment steps; None takes the test rung's.
        out: Where to save, with or without ``.zip``.

    Raises:
        UnknownNameError: No such campaign, cell or variant.
        UsageError: The cell has no tuned parameters yet.
    """
    campaign = record(name, runs, storage)
    known = {item.name: item for item in campaign.cells}
    if cell not in known:
        raise UnknownNameError("cell", cell, list(known))
    resolved = matrix_of(name, campaign.document)[cell]
    arguments = _arguments(known[cell], Variant(variant))
    first = plan.test_seeds(resolved)[0]
    run = plan.retrain(resolved, arguments, first if seed is None else seed, steps)
    save_to = out if out.suffix == ".zip" else out.with_name(f"{out.name}.zip")
    return execute_run(Order(run=run, save_to=save_to))


def _arguments(cell: CellRecord, variant: Variant) -> Mapping[str, Any]:
    tested = {run.variant: run.arguments for run in cell.runs if run.rung == "test"}
    if variant in tested:
        return tested[variant]
    if variant == TUNED:
        raise UsageError(
            f"`{cell.name}` has no tuned parameters yet",
            help=f"finish the campaign, or train `--variant {DEFAULT}`",
        )
    raise UnknownNameError("variant", variant, list(tested))
