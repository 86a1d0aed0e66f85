"""What tuning brought over the whole campaign: one number, and how it differs between cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from harness import stats
from harness.analysis.variant_scores import (
    Array,
    IntervalEstimate,
    held_out_scores,
    interval_estimate,
    pad_columns,
    references,
)
from harness.core.plan import DEFAULT, TUNED
from harness.core.record import CampaignRecord, CellRecord

__all__ = ["CampaignEffect", "campaign_effect"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignEffect:
    """Tuned minus default on the normalised scale, where 1 is the reference's advantage.

    Attributes:
        mean: Of the cells' means; a cell that ships its default counts with exactly 0.
        iqm: IQM of tuned minus IQM of default, over all runs.
        cells, kept: Cells that count; those of them that ship their default.
        typical: Mean of the true effects in a hierarchical model of the cells with a configuration
            of their own; None with fewer than three.
        spread: Standard deviation of the true effects between these cells.
        modelled: How many these are.
    """

    mean: IntervalEstimate
    iqm: IntervalEstimate
    cells: int
    kept: int
    typical: IntervalEstimate
    spread: IntervalEstimate
    modelled: int


def campaign_effect(record: CampaignRecord) -> CampaignEffect | None:
    """The effect over all cells with scores of both on the normalised scale; None without any.

    Intervals take the cells as given: seeds are resampled within each cell and variant.
    """
    cells = [cell for cell in record.first_searches if references(cell) and _has_both(cell)]
    if not cells:
        return None
    defaults = [held_out_scores(cell, DEFAULT, normalised=True) for cell in cells]
    own = [index for index, cell in enumerate(cells) if cell.winner != DEFAULT]
    tuned = [held_out_scores(cells[index], TUNED, normalised=True) for index in own]
    scores = pad_columns([*defaults, *tuned])
    # A cell that ships its default has the same runs on both sides of the difference.
    columns = list(range(len(cells)))
    for place, index in enumerate(own):
        columns[index] = len(cells) + place
    typical = _model([(tuned[k], defaults[index]) for k, index in enumerate(own)])
    return CampaignEffect(
        mean=interval_estimate(stats.bootstrap(scores, _change(stats.mean_score, columns))),
        iqm=interval_estimate(stats.bootstrap(scores, _change(stats.iqm, columns))),
        cells=len(cells),
        kept=len(cells) - len(own),
        typical=interval_estimate(typical.mean),
        spread=interval_estimate(typical.spread),
        modelled=typical.effects,
    )


def _has_both(cell: CellRecord) -> bool:
    both = (held_out_scores(cell, variant) for variant in (TUNED, DEFAULT))
    return cell.winner is not None and all(not np.isnan(scores).all() for scores in both if scores)


def _change(
    statistic: Callable[[Array], Array], columns: Sequence[int]
) -> Callable[[Array], Array]:
    """The statistic of the tuned columns less that of the default's, which come first."""
    return lambda scores: statistic(scores[..., columns]) - statistic(scores[..., : len(columns)])


def _model(pairs: Sequence[tuple[list[float], list[float]]]) -> stats.RandomEffects:
    tests = [stats.welch_test(*pair) for pair in pairs]
    return stats.random_effects(
        [float(test.difference) for test in tests], [float(test.error) ** 2 for test in tests]
    )
