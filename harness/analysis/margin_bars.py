"""What a margin is in a cell: the default's scores, raised and lowered by it."""

from __future__ import annotations

import numpy as np

from harness.analysis.variant_scores import Array
from harness.core.settings import Margin


def margin_bars(
    default: Array, margin: Margin, ends: tuple[float, float] | None
) -> tuple[Array, Array]:
    """The default's scores, raised and lowered by the smallest difference that matters.

    A margin that is a share is a share of the distance from a random policy to the reference, which
    are fixed with the scenario. A scenario without them takes a share of the default's own mean:
    each score is multiplied then, so that the test knows that the mean is an estimate.

    Args:
        default: Scores of the default, or of what stands in its place, shape (n_seeds,).
        margin: The smallest difference that matters.
        ends: Returns of a random policy and of the reference; None without them.
    """
    if not margin.is_share or ends is not None:
        length = 1.0 if ends is None or not margin.is_share else abs(ends[1] - ends[0])
        return default + margin.amount * length, default - margin.amount * length
    scores = default[~np.isnan(default)]
    change = margin.amount * (1.0 if not len(scores) or scores.mean() >= 0 else -1.0)
    return default * (1 + change), default * (1 - change)
