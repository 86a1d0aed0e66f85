"""One configuration for all scenarios of an algorithm, against the winner of each."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import AlgorithmAcross
from harness.report.campaign_views import CampaignView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Across:
    """The one configuration of each algorithm that was asked for one."""

    algorithms: tuple[AlgorithmAcross, ...]


def compute(view: CampaignView) -> Across | None:
    """Left out until such a configuration was trained on a held-out seed."""
    algorithms = view.analysis.across
    return Across(algorithms=algorithms) if algorithms else None


PART = Part(title="One configuration for all scenarios", page="transfer", order=20, compute=compute)
