"""Statistics on plain arrays; pure numpy and scipy.

One sample has the shape (n_seeds,), many scenarios (n_seeds, n_scenarios): one score per training
run, for the training seed is the unit of replication, never the episode. NaN means that a run has
no score; it is never 0 and never averaged. Whatever draws random numbers takes a seed.
"""

from __future__ import annotations

from harness.stats.aggregate import (
    Aggregate,
    aggregate,
    iqm,
    mean_score,
    median_score,
    optimality_gap,
)
from harness.stats.association import Correlation, share, spearman
from harness.stats.bootstrap import RESAMPLES, Estimate, bootstrap
from harness.stats.chance import (
    mann_whitney_p,
    probability_interval,
    probability_of_improvement,
)
from harness.stats.compare import (
    Comparison,
    WelchTest,
    hedges_g,
    smallest_detectable_difference,
    welch,
    welch_p,
    welch_test,
)
from harness.stats.efficiency import Reach, area_under_curve, reach, steps_to_threshold
from harness.stats.improvement import ImprovementMatrix, average_improvement, improvement_matrix
from harness.stats.interval import Interval, mean_interval
from harness.stats.joint import joint_permutation_p
from harness.stats.multiplicity import holm
from harness.stats.normalise import normalise
from harness.stats.permutation import permutation_p
from harness.stats.profile import Profile, performance_profile
from harness.stats.pruning import Foresight, foresight
from harness.stats.ranking import rank_ranges
from harness.stats.sequential import Decision, SequentialTest, adastop
from harness.stats.surface import kernel_surface
from harness.stats.transfer import (
    SingleSetting,
    best_single_setting,
    cdf_normalise,
    sensitivity,
    sensitivity_interval,
)
from harness.stats.verdict import ALPHA, MIN_SEEDS, Verdict, verdict

__all__ = [
    "ALPHA",
    "MIN_SEEDS",
    "RESAMPLES",
    "Aggregate",
    "Comparison",
    "Correlation",
    "Decision",
    "Estimate",
    "Foresight",
    "ImprovementMatrix",
    "Interval",
    "Profile",
    "Reach",
    "SequentialTest",
    "SingleSetting",
    "Verdict",
    "WelchTest",
    "adastop",
    "aggregate",
    "area_under_curve",
    "average_improvement",
    "best_single_setting",
    "bootstrap",
    "cdf_normalise",
    "foresight",
    "hedges_g",
    "holm",
    "improvement_matrix",
    "iqm",
    "joint_permutation_p",
    "kernel_surface",
    "mann_whitney_p",
    "mean_interval",
    "mean_score",
    "median_score",
    "normalise",
    "optimality_gap",
    "performance_profile",
    "permutation_p",
    "probability_interval",
    "probability_of_improvement",
    "rank_ranges",
    "reach",
    "sensitivity",
    "sensitivity_interval",
    "share",
    "smallest_detectable_difference",
    "spearman",
    "steps_to_threshold",
    "verdict",
    "welch",
    "welch_p",
    "welch_test",
]
