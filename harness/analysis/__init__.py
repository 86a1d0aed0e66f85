"""The pandas door: record -> score table -> tuned against default -> leaderboard, and exports.

Everything here is a function of a `CampaignRecord`; nothing reads a clock or a file.
"""

from __future__ import annotations

from harness.analysis.agreement import Correlated, SearchAndTest, search_and_test
from harness.analysis.arms import Arm, FailedRun
from harness.analysis.company import Company, Part, company
from harness.analysis.costs import cpu_by_rung
from harness.analysis.drift import AlgorithmDrift, BestValue, ParameterDrift, drift
from harness.analysis.edges import EdgeRow, edge_patch, edges
from harness.analysis.efficiency import (
    Contrast,
    EfficiencyArm,
    EfficiencyRow,
    Steps,
    efficiency,
)
from harness.analysis.export import export_csv
from harness.analysis.foresight import EvaluationForesight, PrunerRegret, pruner_regret
from harness.analysis.improvement import (
    ImprovementRow,
    Improvements,
    improvement_matrix,
    improvements,
)
from harness.analysis.interim import Interim, interims
from harness.analysis.leaderboard import leaderboard
from harness.analysis.overall import (
    AggregateRow,
    Aggregates,
    ProfileCurve,
    aggregates,
    profiles,
)
from harness.analysis.parameters import (
    ParameterRow,
    SearchedParameter,
    best_parameters,
    best_trial,
    parameter_rows,
    ranked_trials,
    searched_parameters,
    shipped_trial,
)
from harness.analysis.pools import Estimated
from harness.analysis.promises import OptimismRow, OptimismTable, optimism
from harness.analysis.published import PublishedScore, published_scores
from harness.analysis.rows import Difference, LeaderboardRow, Optimism, Spent, TrialCounts
from harness.analysis.tables import cost_table, curves_table, score_table, trials_table
from harness.analysis.transfer import AlgorithmTransfer, transfer
from harness.analysis.trust import TrustFigures, trust
from harness.analysis.zoo import zoo_files, zoo_yaml

__all__ = [
    "AggregateRow",
    "Aggregates",
    "AlgorithmDrift",
    "AlgorithmTransfer",
    "Arm",
    "BestValue",
    "Company",
    "Contrast",
    "Correlated",
    "Difference",
    "EdgeRow",
    "EfficiencyArm",
    "EfficiencyRow",
    "Estimated",
    "EvaluationForesight",
    "FailedRun",
    "ImprovementRow",
    "Improvements",
    "Interim",
    "LeaderboardRow",
    "Optimism",
    "OptimismRow",
    "OptimismTable",
    "ParameterDrift",
    "ParameterRow",
    "Part",
    "ProfileCurve",
    "PrunerRegret",
    "PublishedScore",
    "SearchAndTest",
    "SearchedParameter",
    "Spent",
    "Steps",
    "TrialCounts",
    "TrustFigures",
    "aggregates",
    "best_parameters",
    "best_trial",
    "company",
    "cost_table",
    "cpu_by_rung",
    "curves_table",
    "drift",
    "edge_patch",
    "edges",
    "efficiency",
    "export_csv",
    "improvement_matrix",
    "improvements",
    "interims",
    "leaderboard",
    "optimism",
    "parameter_rows",
    "profiles",
    "pruner_regret",
    "published_scores",
    "ranked_trials",
    "score_table",
    "search_and_test",
    "searched_parameters",
    "shipped_trial",
    "transfer",
    "trials_table",
    "trust",
    "zoo_files",
    "zoo_yaml",
]
