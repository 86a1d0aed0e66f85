"""How to read the numbers, next to them."""

from __future__ import annotations

from dataclasses import dataclass

from harness import stats
from harness.report.format import percent
from harness.report.section import Section
from harness.report.view import CampaignView

__all__ = ["SECTION", "Reading", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The constants the text names."""

    level: str
    min_seeds: int


def build(view: CampaignView) -> Reading:
    """The same on every front page, whatever its `view`."""
    del view
    return Reading(level=percent(stats.ALPHA), min_seeds=stats.MIN_SEEDS)


SECTION = Section(
    id="reading",
    title="How to read this",
    order=55,
    page="campaign",
    build=build,
    template="reading.html",
)
