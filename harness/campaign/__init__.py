"""The only composition root: matrix -> cells -> runs -> ledger -> report.

Each name is imported when it is first used, so that `check` and `plan` stay quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import lazily

if TYPE_CHECKING:
    from harness.campaign.added_seeds import with_seeds
    from harness.campaign.campaign_merge import merge_campaigns
    from harness.campaign.campaign_records import (
        CampaignInfo,
        begun_campaign,
        campaigns,
        latest,
        record,
        record_at,
        storage_url,
    )
    from harness.campaign.campaign_run import run_campaign
    from harness.campaign.cleaning import OldCampaign, clean, old_campaigns
    from harness.campaign.coordinator_activity import Coordinator, coordinator, request_stop
    from harness.campaign.matrices import (
        ImplicitBudget,
        implicit_budgets,
        load,
        registry,
        safe_registry,
        unverified,
    )
    from harness.campaign.messages import MessageCommands, Messages
    from harness.campaign.models.episodes import Episode, Filmed, film, play
    from harness.campaign.models.recordings import films
    from harness.campaign.models.trained_models import Agent, agent, make_model, train
    from harness.campaign.options import Outcome, RunOptions, Services
    from harness.campaign.plans.budget_fit import BudgetFit, fit_budget, sized_by_time
    from harness.campaign.plans.disk_forecast import DiskForecast, forecast_disk, free_bytes
    from harness.campaign.plans.plan_schedule import Cut, deadline_cuts, ending
    from harness.campaign.plans.plan_summary import (
        CellPlan,
        RungPlan,
        changed_cells,
        detectable_difference,
        foresight,
        summarize,
    )
    from harness.campaign.plans.speed_calibration import (
        UNKNOWN_SPEED,
        MachineSpeed,
        calibrate,
        machine_speed,
    )
    from harness.campaign.run_logs import read_log
    from harness.campaign.score_import import import_scores

__all__ = [
    "UNKNOWN_SPEED",
    "Agent",
    "BudgetFit",
    "CampaignInfo",
    "CellPlan",
    "Coordinator",
    "Cut",
    "DiskForecast",
    "Episode",
    "Filmed",
    "ImplicitBudget",
    "MachineSpeed",
    "MessageCommands",
    "Messages",
    "OldCampaign",
    "Outcome",
    "RunOptions",
    "RungPlan",
    "Services",
    "agent",
    "begun_campaign",
    "calibrate",
    "campaigns",
    "changed_cells",
    "clean",
    "coordinator",
    "deadline_cuts",
    "detectable_difference",
    "ending",
    "film",
    "films",
    "fit_budget",
    "forecast_disk",
    "foresight",
    "free_bytes",
    "implicit_budgets",
    "import_scores",
    "latest",
    "load",
    "machine_speed",
    "make_model",
    "merge_campaigns",
    "old_campaigns",
    "play",
    "read_log",
    "record",
    "record_at",
    "registry",
    "request_stop",
    "run_campaign",
    "safe_registry",
    "sized_by_time",
    "storage_url",
    "summarize",
    "train",
    "unverified",
    "with_seeds",
]

__getattr__ = lazily(
    __name__,
    {
        "added_seeds": ("with_seeds",),
        "plans.budget_fit": (
            "BudgetFit",
            "fit_budget",
            "sized_by_time",
        ),
        "campaign_merge": ("merge_campaigns",),
        "campaign_records": (
            "CampaignInfo",
            "begun_campaign",
            "campaigns",
            "latest",
            "record",
            "record_at",
            "storage_url",
        ),
        "campaign_run": ("run_campaign",),
        "cleaning": (
            "OldCampaign",
            "clean",
            "old_campaigns",
        ),
        "coordinator_activity": (
            "Coordinator",
            "coordinator",
            "request_stop",
        ),
        "plans.disk_forecast": (
            "DiskForecast",
            "forecast_disk",
            "free_bytes",
        ),
        "models.episodes": (
            "Episode",
            "Filmed",
            "film",
            "play",
        ),
        "matrices": (
            "ImplicitBudget",
            "implicit_budgets",
            "load",
            "registry",
            "safe_registry",
            "unverified",
        ),
        "messages": (
            "MessageCommands",
            "Messages",
        ),
        "options": (
            "Outcome",
            "RunOptions",
            "Services",
        ),
        "score_import": ("import_scores",),
        "plans.speed_calibration": (
            "UNKNOWN_SPEED",
            "MachineSpeed",
            "calibrate",
            "machine_speed",
        ),
        "plans.plan_schedule": (
            "Cut",
            "deadline_cuts",
            "ending",
        ),
        "plans.plan_summary": (
            "CellPlan",
            "RungPlan",
            "changed_cells",
            "detectable_difference",
            "foresight",
            "summarize",
        ),
        "models.recordings": ("films",),
        "run_logs": ("read_log",),
        "models.trained_models": (
            "Agent",
            "agent",
            "make_model",
            "train",
        ),
    },
)
