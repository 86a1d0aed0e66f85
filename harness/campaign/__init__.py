"""The only composition root: matrix -> cells -> units -> ledger -> report."""

from harness.campaign.load import CellPlan, RungPlan, load, registry, summarize
from harness.campaign.records import CampaignInfo, campaigns, latest, record
from harness.campaign.retrain import train
from harness.campaign.run import Outcome, RunOptions, run

__all__ = [
    "CampaignInfo",
    "CellPlan",
    "Outcome",
    "RunOptions",
    "RungPlan",
    "campaigns",
    "latest",
    "load",
    "record",
    "registry",
    "run",
    "summarize",
    "train",
]
