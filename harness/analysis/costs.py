"""What a cell's rungs took."""

from __future__ import annotations

import math
from collections.abc import Mapping

from harness.core.record import CellRecord, RunResult
from harness.core.settings import Rung

__all__ = ["cpu_by_rung"]


def cpu_by_rung(cell: CellRecord) -> Mapping[str, float]:
    """CPU seconds of each rung.

    A run with two places, such as a default that is shipped, was trained once and counts for the
    first of them.
    """
    seen: dict[str, tuple[str, RunResult]] = {}
    for trial in cell.trials:
        if trial.result is not None:
            seen.setdefault(trial.run_id, (Rung.SEARCH.value, trial.result))
    for run in cell.runs:
        if run.result is not None:
            seen.setdefault(run.run_id, (run.rung, run.result))
    found: dict[str, list[float]] = {rung.value: [] for rung in Rung}
    for rung, result in seen.values():
        found.setdefault(rung, []).append(result.cost.cpu)
    return {rung: math.fsum(seconds) for rung, seconds in found.items()}
