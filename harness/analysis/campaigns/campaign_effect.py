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
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import DEFAULT, TUNED


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignEffect:
    """Tuned minus default on the normalised scale, where 1 is the reference's advantage.

    Attributes:
        mean: Of the cells' means; a cell that ships its default counts with exactly 0.
        iqm: IQM of tuned minus IQM of default, over all runs.
        caveat: What these and the next intervals cannot know; may be empty.
        cells, kept: Cells that count; those of them that ship their default.
        typical: Mean of the true effects in a hierarchical model of the cells with a configuration
            of their own; None with fewer than three.
        spread: Standard deviation of the true effects between these cells.
        modelled: How many these are.
    """

    mean: IntervalEstimate
    iqm: IntervalEstimate
    caveat: str
    cells: int
    kept: int
    typical: IntervalEstimate
    spread: IntervalEstimate
    modelled: int


def campaign_effect(record: CampaignRecord) -> CampaignEffect | None:
    """The effect over all cells with scores of both on the normalised scale; None without any."""
    cells = [cell for cell in record.first_searches if references(cell) and _has_both(cell)]
    if not cells:
        return None
    return effect_over_cells(
        [
            None if cell.winner == DEFAULT else held_out_scores(cell, TUNED, normalised=True)
            for cell in cells
        ],
        [held_out_scores(cell, DEFAULT, normalised=True) for cell in cells],
    )


def effect_over_cells(
    tuned: Sequence[Sequence[float] | None],
    defaults: Sequence[Sequence[float]],
    *,
    resamples: int = stats.RESAMPLES,
) -> CampaignEffect:
    """The effect over cells.

    Intervals take the cells as given: seeds are resampled within each cell and variant.

    Args:
        tuned: Normalised scores of each cell by seed, NaN = missing; None where the default was
            shipped, so that both are the same runs.
        resamples: Of the bootstrap.
    """
    own = [(index, scores) for index, scores in enumerate(tuned) if scores is not None]
    scores = pad_columns([*defaults, *(scores for _, scores in own)])
    # A cell that ships its default has the same runs on both sides of the difference.
    columns, weights = list(range(len(defaults))), np.zeros(scores.shape[1])
    for column, (index, _) in enumerate(own, start=len(defaults)):
        columns[index] = column
        weights[[column, index]] = np.array([1, -1]) / len(defaults)
    typical = _model([(scores, defaults[index]) for index, scores in own])
    return CampaignEffect(
        mean=interval_estimate(stats.bootstrap_means(scores, weights, resamples=resamples)),
        iqm=interval_estimate(stats.bootstrap(scores, _iqm_change(columns), resamples=resamples)),
        caveat=stats.interval_caveat(scores[:, weights != 0]),
        cells=len(defaults),
        kept=len(defaults) - len(own),
        typical=interval_estimate(typical.mean),
        spread=interval_estimate(typical.spread),
        modelled=typical.effects,
    )


def _has_both(cell: CellRecord) -> bool:
    both = (held_out_scores(cell, variant) for variant in (TUNED, DEFAULT))
    return cell.winner is not None and all(not np.isnan(scores).all() for scores in both if scores)


def _iqm_change(columns: Sequence[int]) -> Callable[[Array], Array]:
    """IQM of the tuned columns less that of the default's, which come first."""
    return lambda scores: stats.iqm(scores[..., columns]) - stats.iqm(scores[..., : len(columns)])


def _model(pairs: Sequence[tuple[Sequence[float], Sequence[float]]]) -> stats.RandomEffects:
    tests = [stats.welch_test(*pair) for pair in pairs]
    return stats.random_effects(
        [float(test.difference) for test in tests], [float(test.error) ** 2 for test in tests]
    )
