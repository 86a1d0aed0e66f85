"""How to read the numbers, next to them."""

from __future__ import annotations

from dataclasses import dataclass

from harness import stats
from harness.core.printable_text import quantity
from harness.report.campaign_views import CampaignView
from harness.report.number_format import percent
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The constants the text names."""

    level: str
    min_seeds: int
    unseen: str


def compute(view: CampaignView) -> Reading:
    """The rules, and what as few and as many seeds as there are cannot tell."""
    numbers = sorted({len(row.default.seeds) for row in view.rows if row.default.seeds})
    return Reading(
        level=percent(stats.ALPHA),
        min_seeds=stats.MIN_SEEDS,
        unseen=" and with ".join(
            f"{quantity(seeds, 'seed')} ({percent(stats.unseen_share(seeds))} of the runs)"
            for seeds in dict.fromkeys(numbers[:1] + numbers[-1:])
        ),
    )


PART = Part(title="How to read this", page="campaign", order=55, compute=compute)
