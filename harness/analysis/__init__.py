"""The pandas door: record -> score table -> tuned against default -> leaderboard, and exports.

Everything here is a function of a `CampaignRecord`; nothing reads a clock or a file.
"""

from __future__ import annotations

from harness.analysis.across_scores import AcrossCell, AlgorithmAcross, across
from harness.analysis.campaigns.campaign_comparisons import (
    CampaignComparison,
    CellComparison,
    compare_campaigns,
)
from harness.analysis.campaigns.campaign_effect import CampaignEffect, campaign_effect
from harness.analysis.campaigns.campaign_histories import (
    CampaignHistory,
    CellNight,
    CellSeries,
    Night,
    Step,
    campaign_history,
)
from harness.analysis.campaigns.speed_comparisons import SpeedComparison
from harness.analysis.cell_notes import explain_missing_rivals
from harness.analysis.cell_verdicts import FalseVerdicts, expected_false
from harness.analysis.interim_analyses import Interim, interims
from harness.analysis.leaderboard import leaderboard
from harness.analysis.leaderboard_rows import (
    CellCost,
    Difference,
    LeaderboardRow,
    Optimism,
    TrialCounts,
)
from harness.analysis.multi_agent import AgentReturns, MultiAgentResults, multi_agent_results
from harness.analysis.overall_scores import (
    AggregateRow,
    Aggregates,
    ImprovementRow,
    Improvements,
    ProfileCurve,
    aggregates,
    improvement_matrix,
    improvements,
    profiles,
)
from harness.analysis.published_scores import PublishedScore, published_scores
from harness.analysis.reference_comparisons import ReferenceComparison, reference_comparisons
from harness.analysis.robustness import (
    CellRobustness,
    Robustness,
    RunCurve,
    SpreadRatio,
    VariantRobustness,
    robustness,
)
from harness.analysis.sample_efficiency import (
    EfficiencyRow,
    MeanDifference,
    StepsToThreshold,
    VariantEfficiency,
    efficiency,
)
from harness.analysis.score_tables import (
    cost_table,
    curves_table,
    export_csv,
    score_table,
    trial_entries,
    trials_table,
)
from harness.analysis.searches.hyperparameters import (
    AlgorithmDrift,
    BestValue,
    ParameterDrift,
    ParameterRow,
    SearchedParameter,
    best_parameters,
    best_trial,
    drift,
    moved_values,
    parameter_rows,
    searched_parameters,
    tuned_trial,
)
from harness.analysis.searches.optimism import (
    CorrelationEstimate,
    OptimismRow,
    OptimismTable,
    SearchAndTest,
    optimism,
    search_and_test,
)
from harness.analysis.searches.pareto_fronts import (
    ParetoAxis,
    ParetoFront,
    SearchedPoint,
    TestedPoint,
    pareto_front,
)
from harness.analysis.searches.pruner_regret import EvaluationForesight, PrunerRegret, pruner_regret
from harness.analysis.searches.range_edges import EdgeRow, edge_patch, edges
from harness.analysis.searches.search_replicates import (
    RepeatedSearches,
    SearchWinner,
    repeated_searches,
)
from harness.analysis.transfer_scores import AlgorithmTransfer, transfer
from harness.analysis.trust_figures import TrustFigures, cpu_by_rung, trust
from harness.analysis.variance_sources import Decomposition, VarianceSource, variance_sources
from harness.analysis.variant_scores import FailedRun, IntervalEstimate, VariantScores
from harness.analysis.zoo_export import zoo_differences, zoo_files, zoo_yaml
from harness.core.decisions.best_configurations import find_best_trial
