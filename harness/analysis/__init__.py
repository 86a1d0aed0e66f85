"""The pandas door: record -> score table -> tuned against default -> leaderboard, and exports.

Everything here is a function of a `CampaignRecord`; nothing reads a clock or a file.
"""

from __future__ import annotations

from harness.analysis.arms import Arm, FailedRun
from harness.analysis.costs import cpu_by_rung
from harness.analysis.export import export_csv
from harness.analysis.leaderboard import leaderboard
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
from harness.analysis.rows import Difference, LeaderboardRow, Optimism, Spent, TrialCounts
from harness.analysis.tables import cost_table, curves_table, score_table, trials_table
from harness.analysis.zoo import zoo_files, zoo_yaml

__all__ = [
    "Arm",
    "Difference",
    "FailedRun",
    "LeaderboardRow",
    "Optimism",
    "ParameterRow",
    "SearchedParameter",
    "Spent",
    "TrialCounts",
    "best_parameters",
    "best_trial",
    "cost_table",
    "cpu_by_rung",
    "curves_table",
    "export_csv",
    "leaderboard",
    "parameter_rows",
    "ranked_trials",
    "score_table",
    "searched_parameters",
    "shipped_trial",
    "trials_table",
    "zoo_files",
    "zoo_yaml",
]
