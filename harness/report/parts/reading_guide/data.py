"""How to read the numbers, next to them."""

from __future__ import annotations

from dataclasses import dataclass

from harness import stats
from harness.report.campaign_views import CampaignView
from harness.report.number_format import percent
from harness.report.page_parts import Part

__all__ = ["PART", "Reading", "compute"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The constants the text names."""

    level: str
    min_seeds: int


def compute(view: CampaignView) -> Reading:
    """The same on every front page, whatever its `view`."""
    del view
    return Reading(level=percent(stats.ALPHA), min_seeds=stats.MIN_SEEDS)


PART = Part(
    title="How to read this",
    page="campaign",
    order=55,
    compute=compute,
)
