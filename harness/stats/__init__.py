"""Statistics on plain arrays; pure numpy and scipy.

One sample has the shape (n_seeds,), many scenarios (n_seeds, n_scenarios): one score per training
run, for the training seed is the unit of replication, never the episode. NaN means that a run has
no score; it is never 0 and never averaged. Whatever draws random numbers takes a seed.
"""

from __future__ import annotations

from harness.stats.aggregates import (
    Aggregate,
    Profile,
    aggregate,
    iqm,
    mean_score,
    median_score,
    normalise,
    optimality_gap,
    performance_profile,
    shrunk_mean,
)
from harness.stats.bootstrap import RESAMPLES, bootstrap, bootstrap_means, run_mean
from harness.stats.detectable_differences import (
    MOST_SEEDS,
    seeds_for_difference,
    smallest_detectable_difference,
)
from harness.stats.failed_runs import difference_bounds, worst_ranks
from harness.stats.hyperparameter_sensitivity import (
    SingleConfiguration,
    best_single_configuration,
    cdf_normalise,
    held_out_sensitivity,
    kernel_surface,
    sensitivity,
)
from harness.stats.improvement_matrix import (
    ImprovementMatrix,
    average_improvement,
    improvement_matrix,
)
from harness.stats.intervals import (
    Estimate,
    Interval,
    finite,
    interval_caveat,
    mean_interval,
    midranks,
    proportion,
    unseen_share,
)
from harness.stats.learning_curves import (
    TimeToThreshold,
    area_under_curve,
    steps_to_threshold,
    time_to_threshold,
)
from harness.stats.margins import MarginVerdict, Relevance, judge_margins
from harness.stats.multiplicity import (
    benjamini_hochberg,
    holm,
    holm_levels,
    series_share,
    shrunken_effects,
)
from harness.stats.permutation_tests import (
    JointPermutationTest,
    joint_permutation_test,
    permutation_p,
)
from harness.stats.random_effects import RandomEffects, random_effects
from harness.stats.rank_correlation import (
    Correlation,
    IntermediateCorrelation,
    average_spearman,
    intermediate_correlations,
    spearman,
)
from harness.stats.run_reliability import (
    TAIL,
    central_deviations,
    common_tails,
    expected_shortfall,
    fewest_seeds_for_range,
    interquartile_range,
    largest_drawdowns,
    pairwise_distances,
    shortfall_interval,
    unrest,
)
from harness.stats.search_effects import SearchEffect, search_effect
from harness.stats.sequential_tests import Decision, SequentialTest, adastop
from harness.stats.two_samples import (
    Comparison,
    WelchTest,
    compare,
    hedges_g,
    hedges_variance,
    mann_whitney_p,
    probability_interval,
    probability_of_improvement,
    welch_interval,
    welch_p,
    welch_test,
)
from harness.stats.variance_components import (
    MeanSquare,
    RunComponents,
    VarianceComponent,
    between_groups,
    run_components,
)
from harness.stats.verdicts import (
    ALPHA,
    MIN_SEEDS,
    Correction,
    JointVerdict,
    Verdict,
    agreed_word,
    judge_jointly,
    one_sample_intervals,
    p_text,
    rank_ranges,
)

__all__ = [
    "ALPHA", "MIN_SEEDS", "MOST_SEEDS", "RESAMPLES", "TAIL", "Aggregate", "Comparison",
    "Correction", "Correlation", "Decision", "Estimate", "ImprovementMatrix",
    "IntermediateCorrelation", "Interval", "JointPermutationTest", "JointVerdict", "MarginVerdict",
    "MeanSquare", "Profile", "RandomEffects", "Relevance", "RunComponents", "SearchEffect",
    "SequentialTest", "SingleConfiguration", "TimeToThreshold", "VarianceComponent", "Verdict",
    "WelchTest", "adastop", "aggregate", "agreed_word", "area_under_curve", "average_improvement",
    "average_spearman", "benjamini_hochberg", "best_single_configuration", "between_groups",
    "bootstrap", "bootstrap_means", "cdf_normalise", "central_deviations", "common_tails",
    "compare", "difference_bounds", "expected_shortfall", "fewest_seeds_for_range", "finite",
    "hedges_g", "hedges_variance", "held_out_sensitivity", "holm", "holm_levels",
    "improvement_matrix", "intermediate_correlations", "interquartile_range", "interval_caveat",
    "iqm", "joint_permutation_test", "judge_jointly", "judge_margins", "kernel_surface",
    "largest_drawdowns", "mann_whitney_p", "mean_interval", "mean_score", "median_score",
    "midranks", "normalise", "one_sample_intervals", "optimality_gap", "p_text",
    "pairwise_distances", "performance_profile", "permutation_p", "probability_interval",
    "probability_of_improvement", "proportion", "random_effects", "rank_ranges", "run_components",
    "run_mean", "search_effect", "seeds_for_difference", "sensitivity", "series_share",
    "shortfall_interval", "shrunk_mean", "shrunken_effects", "smallest_detectable_difference",
    "spearman", "steps_to_threshold", "time_to_threshold", "unrest", "unseen_share",
    "welch_interval", "welch_p", "welch_test", "worst_ranks",
]  # fmt: skip
