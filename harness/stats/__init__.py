"""Statistics on plain arrays; pure numpy and scipy.

Scores have shape (n_seeds,), one per training run: the training seed is the unit of replication,
never the episode. NaN means that a run has no score; it is never 0 and never averaged.
"""

from __future__ import annotations

from harness.stats.compare import (
    Comparison,
    hedges_g,
    permutation_p,
    probability_of_improvement,
    smallest_detectable_difference,
    welch,
)
from harness.stats.interval import Interval, mean_interval
from harness.stats.multiplicity import holm
from harness.stats.normalise import normalise
from harness.stats.surface import kernel_surface
from harness.stats.verdict import ALPHA, MIN_SEEDS, Verdict, verdict

__all__ = [
    "ALPHA",
    "MIN_SEEDS",
    "Comparison",
    "Interval",
    "Verdict",
    "hedges_g",
    "holm",
    "kernel_surface",
    "mean_interval",
    "normalise",
    "permutation_p",
    "probability_of_improvement",
    "smallest_detectable_difference",
    "verdict",
    "welch",
]
