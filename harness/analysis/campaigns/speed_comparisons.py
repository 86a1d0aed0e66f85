"""How fast campaigns trained, against one another: environment steps a second, and CPU time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness import stats
from harness.analysis.variant_scores import Array, none_for_nan
from harness.core.record import CellRecord
from harness.core.run import Variant
from harness.core.run_result import Cost
from harness.core.settings import Rung

_NOISE: Final = 0.1
"""Share by which the same program differs from night to night on the same machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedComparison:
    """A variant of a cell in two campaigns, in environment steps a second of learning.

    Attributes:
        campaign, cell, variant: The later campaign, and which cell and variant.
        before, after: Geometric means over the test runs; None where nothing was measured.
        change, low, high: Share that it is faster (slower below 0), with the interval of the test.
        cpu_before, cpu_after: CPU seconds of a run on average.
        word: ``slower`` or ``faster`` where the corrected test finds more than a tenth, ``as fast``
            where not; None where nothing was measured.
    """

    campaign: str
    cell: str
    variant: str
    before: float | None
    after: float | None
    change: float | None
    low: float | None
    high: float | None
    cpu_before: float | None
    cpu_after: float | None
    word: str | None


def compare_speeds(
    cases: Sequence[tuple[str, CellRecord, CellRecord, Variant]],
) -> tuple[SpeedComparison, ...]:
    """Speeds of cells in two campaigns, judged jointly on a logarithmic scale.

    Args:
        cases: Name of the later campaign, the cell in the earlier one and in the later one, and
            which variant to compare.
    """
    both = [(_costs(old, variant), _costs(new, variant)) for _, old, new, variant in cases]
    logs = [(_logs(before), _logs(after)) for before, after in both]
    verdicts = stats.judge_jointly([(after, before) for before, after in logs])
    return tuple(
        _comparison(name, old.name, variant, costs, pair, verdict)
        for (name, old, _, variant), costs, pair, verdict in zip(
            cases, both, logs, verdicts, strict=True
        )
    )


def _costs(cell: CellRecord, variant: Variant) -> list[Cost]:
    results = (run.result for run in cell.runs_of(Rung.TEST, variant))
    return [result.cost for result in results if result is not None and result.failure is None]


def _logs(costs: Sequence[Cost]) -> Array:
    return np.array([math.log(c.steps_per_second) for c in costs if c.steps_per_second > 0])


def _comparison(
    campaign: str,
    cell: str,
    variant: Variant,
    costs: tuple[list[Cost], list[Cost]],
    logs: tuple[Array, Array],
    verdict: stats.JointVerdict,
) -> SpeedComparison:
    before, after = (math.exp(part.mean()) if len(part) else None for part in logs)
    change = None if before is None or after is None else after / before - 1
    word = None if change is None else "as fast"
    if change is not None and abs(change) > _NOISE and verdict.word in {"improved", "worse"}:
        word = "faster" if verdict.word == "improved" else "slower"
    low, high = (none_for_nan(math.expm1(end)) for end in (verdict.low, verdict.high))
    cpu_before, cpu_after = (
        float(np.mean([cost.cpu for cost in part])) if part else None for part in costs
    )
    return SpeedComparison(
        campaign=campaign,
        cell=cell,
        variant=variant,
        before=before,
        after=after,
        change=change,
        low=low,
        high=high,
        cpu_before=cpu_before,
        cpu_after=cpu_after,
        word=word,
    )
