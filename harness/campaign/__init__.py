"""The only composition root: matrix -> cells -> units -> ledger -> report.

Each name is imported when it is first used, so that `check` and `plan` stay quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.campaign.execute import Outcome, RunOptions, run
    from harness.campaign.matrices import CellPlan, RungPlan, load, registry, summarize
    from harness.campaign.paces import Pace, pace
    from harness.campaign.records import CampaignInfo, campaigns, latest, record
    from harness.campaign.retrain import train

__all__ = [
    "CampaignInfo",
    "CellPlan",
    "Outcome",
    "Pace",
    "RunOptions",
    "RungPlan",
    "campaigns",
    "latest",
    "load",
    "pace",
    "record",
    "registry",
    "run",
    "summarize",
    "train",
]

_MODULES = {
    "execute": ("Outcome", "RunOptions", "run"),
    "matrices": ("CellPlan", "RungPlan", "load", "registry", "summarize"),
    "paces": ("Pace", "pace"),
    "records": ("CampaignInfo", "campaigns", "latest", "record"),
    "retrain": ("train",),
}
_PLACES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
