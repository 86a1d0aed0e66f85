"""Held-out scores of many cells side by side: the arrays that the statistics take."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness import stats
from harness.analysis.arms import known, runs_of
from harness.core.plan import DEFAULT, TUNED
from harness.core.record import CampaignRecord, CellRecord
from harness.core.settings import Rung

__all__ = [
    "Estimated",
    "Pool",
    "algorithms",
    "counted",
    "estimated",
    "held_out_scores",
    "pools",
    "references",
    "stacked",
]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated:
    """A figure with its 95 % interval; None where it does not exist."""

    value: float | None
    low: float | None
    high: float | None


def estimated(found: stats.Estimate) -> Estimated:
    """As plain data."""
    return Estimated(value=known(found.value), low=known(found.low), high=known(found.high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Test scores of one variant over cells.

    Attributes:
        algorithm, title: None where the cells of all algorithms stand together.
        variant: What was trained.
        cells: Names, one per column.
        scores: Shape (n_seeds, n_cells); NaN = missing.
    """

    algorithm: str | None
    title: str
    variant: str
    cells: tuple[str, ...]
    scores: Array


def algorithms(record: CampaignRecord) -> dict[str, str]:
    """Name -> title, in the order of the matrix."""
    return {
        cell.spec["algorithm"]["name"]: cell.spec["algorithm"]["title"] for cell in record.cells
    }


def references(cell: CellRecord) -> tuple[float, float] | None:
    """Returns that mean 0 and 1 on the normalised scale; None if the scenario has not both."""
    scenario = cell.spec["scenario"]
    ends = scenario["random"], scenario["reference"]
    if ends[0] is None or ends[1] is None:
        return None
    random, reference = float(ends[0]["value"]), float(ends[1]["value"])
    return None if math.isnan(stats.normalise(0.0, random, reference)) else (random, reference)


def pools(record: CampaignRecord, *, normalised: bool = True) -> tuple[Pool, ...]:
    """Every algorithm's variants over its cells, and first the cells of all algorithms together.

    Args:
        record: The campaign.
        normalised: Whether 0 is a random policy and 1 the reference; cells without these fixed
            scores are left out then. Else raw returns.
    """
    cells = [cell for cell in record.cells if not normalised or references(cell)]
    found = [_pool(cells, variant, None, "all", normalised) for variant in (DEFAULT, TUNED)]
    for name, title in algorithms(record).items():
        own = [cell for cell in cells if cell.spec["algorithm"]["name"] == name]
        found += [_pool(own, variant, name, title, normalised) for variant in _variants(own)]
    return tuple(pool for pool in found if not np.isnan(pool.scores).all())


def _variants(cells: Iterable[CellRecord]) -> tuple[str, ...]:
    named = (name for cell in cells for name in cell.spec["test"]["variants"])
    return tuple(dict.fromkeys((DEFAULT, TUNED, *named)))


def _pool(
    cells: Sequence[CellRecord], variant: str, algorithm: str | None, title: str, normalised: bool
) -> Pool:
    return Pool(
        algorithm=algorithm,
        title=title,
        variant=variant,
        cells=tuple(cell.name for cell in cells),
        scores=stacked([held_out_scores(cell, variant, normalised=normalised) for cell in cells]),
    )


def held_out_scores(cell: CellRecord, variant: str, *, normalised: bool = False) -> list[float]:
    """Scores of a variant on the held-out seeds, NaN where a run failed or is still to do."""
    ends = references(cell) if normalised else None
    found = []
    for run in runs_of(cell, Rung.TEST.value, variant):
        score = None if run.result is None else run.result.score
        value = math.nan if score is None else score
        found.append(value if ends is None else stats.normalise(value, *ends))
    return found


def stacked(lists: Sequence[Sequence[float]]) -> Array:
    """Columns of unequal length side by side, filled up with NaN: shape (longest, n_lists)."""
    filled = np.full((max(map(len, lists), default=0), len(lists)), np.nan)
    for column, values in enumerate(lists):
        filled[: len(values), column] = values
    return filled


def counted(pool: Pool) -> tuple[str, ...]:
    """Names of the cells with a score."""
    columns = zip(pool.cells, pool.scores.T, strict=True)
    return tuple(name for name, scores in columns if not np.isnan(scores).all())
