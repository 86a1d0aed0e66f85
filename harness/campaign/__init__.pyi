from harness.campaign.added_seeds import with_seeds as with_seeds
from harness.campaign.campaign_list import (
    CampaignInfo as CampaignInfo,
    campaigns as campaigns,
    matching_campaigns as matching_campaigns,
)
from harness.campaign.campaign_merge import merge_campaigns as merge_campaigns
from harness.campaign.campaign_records import (
    read_if_begun as read_if_begun,
    campaign_names as campaign_names,
    check_has_ledger as check_has_ledger,
    latest as latest,
    names_now as names_now,
    record as record,
    storage_url as storage_url,
    view as view,
)
from harness.campaign.campaign_run import run_campaign as run_campaign
from harness.campaign.cleaning import (
    OldCampaign as OldCampaign,
    clean as clean,
    old_campaigns as old_campaigns,
)
from harness.campaign.coordinator_activity import (
    Coordinator as Coordinator,
    coordinator as coordinator,
    request_stop as request_stop,
)
from harness.campaign.matrices import (
    load as load,
    registry as registry,
    safe_registry as safe_registry,
    list_unverified as list_unverified,
)
from harness.campaign.messages import (
    MessageCommands as MessageCommands,
    Messages as Messages,
)
from harness.campaign.models.episodes import (
    Episode as Episode,
    FilmResult as FilmResult,
    film as film,
    play as play,
)
from harness.campaign.models.trained_models import (
    Agent as Agent,
    agent as agent,
    make_model as make_model,
    train as train,
)
from harness.campaign.options import (
    Outcome as Outcome,
    RunOptions as RunOptions,
    Services as Services,
)
from harness.campaign.plans.budget_fit import (
    BudgetFit as BudgetFit,
    fit_budget as fit_budget,
    fit_to_time as fit_to_time,
    idle_note as idle_note,
)
from harness.campaign.plans.disk_forecast import (
    DiskForecast as DiskForecast,
    forecast_disk as forecast_disk,
    free_bytes as free_bytes,
)
from harness.campaign.plans.plan_schedule import (
    Cut as Cut,
    deadline_cuts as deadline_cuts,
    ending as ending,
)
from harness.campaign.plans.plan_summary import (
    CellPlan as CellPlan,
    Foresight as Foresight,
    RungPlan as RungPlan,
    find_changed_cells as find_changed_cells,
    detectable_difference as detectable_difference,
    foresight as foresight,
    no_foresight as no_foresight,
    summarize as summarize,
)
from harness.campaign.plans.speed_calibration import (
    UNKNOWN_SPEED as UNKNOWN_SPEED,
    MachineSpeed as MachineSpeed,
    calibrate as calibrate,
    machine_speed as machine_speed,
)
from harness.campaign.run_logs import read_log as read_log
from harness.campaign.score_import import import_scores as import_scores
from harness.config import (
    ImplicitBudget as ImplicitBudget,
    implicit_budgets as implicit_budgets,
)
