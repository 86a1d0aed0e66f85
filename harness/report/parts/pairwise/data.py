"""Who beats whom, algorithm by algorithm."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import Improvements
from harness.report.campaign_views import CampaignView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairwise:
    """Each algorithm against each, tuned and as the library has it."""

    tuned: Improvements
    default: Improvements


def compute(view: CampaignView) -> Pairwise:
    """Shown where two algorithms have scores on the same scenario."""
    return Pairwise(tuned=view.analysis.tuned_matrix, default=view.analysis.default_matrix)


def has_pairs(matrix: Improvements) -> bool:
    """Whether an algorithm can be compared with another one."""
    return any(
        chance.value
        for i, row in enumerate(matrix.chances)
        for j, chance in enumerate(row)
        if i != j
    )


PART = Part(
    title="Which algorithm wins?",
    page="campaign",
    order=27,
    compute=compute,
    is_shown=lambda data: has_pairs(data.tuned) or has_pairs(data.default),
)
