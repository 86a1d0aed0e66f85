"""The only composition root: matrix -> cells -> runs -> ledger -> report.

Each name is imported when it is first used, so that `check` and `plan` stay quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import lazily

if TYPE_CHECKING:
    from harness.campaign.agents import Agent, agent, make_model
    from harness.campaign.execute import run
    from harness.campaign.films import Filmed, film
    from harness.campaign.matrices import ImplicitBudget, implicit_budgets, load, registry
    from harness.campaign.options import Outcome, RunOptions
    from harness.campaign.paces import Pace, pace
    from harness.campaign.playing import Episode, play
    from harness.campaign.recordings import films
    from harness.campaign.records import CampaignInfo, campaigns, latest, record
    from harness.campaign.retrain import train
    from harness.campaign.summary import CellPlan, RungPlan, summarize

__all__ = [
    "Agent",
    "CampaignInfo",
    "CellPlan",
    "Episode",
    "Filmed",
    "ImplicitBudget",
    "Outcome",
    "Pace",
    "RunOptions",
    "RungPlan",
    "agent",
    "campaigns",
    "film",
    "films",
    "implicit_budgets",
    "latest",
    "load",
    "make_model",
    "pace",
    "play",
    "record",
    "registry",
    "run",
    "summarize",
    "train",
]

__getattr__ = lazily(
    __name__,
    {
        "agents": ("Agent", "agent", "make_model"),
        "films": ("Filmed", "film"),
        "playing": ("Episode", "play"),
        "recordings": ("films",),
        "execute": ("run",),
        "matrices": ("ImplicitBudget", "load", "registry", "implicit_budgets"),
        "options": ("Outcome", "RunOptions"),
        "paces": ("Pace", "pace"),
        "records": ("CampaignInfo", "campaigns", "latest", "record"),
        "retrain": ("train",),
        "summary": ("CellPlan", "RungPlan", "summarize"),
    },
)
