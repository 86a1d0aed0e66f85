"""A cell's winner on the algorithm's other scenarios."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import AlgorithmTransfer
from harness.report.campaign_views import CampaignView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferTables:
    """How each algorithm's winners did on its other scenarios."""

    algorithms: tuple[AlgorithmTransfer, ...]


def compute(view: CampaignView) -> TransferTables | None:
    """Left out, with its page, until a run of the transfer rung has finished."""
    algorithms = view.analysis.transfer
    return TransferTables(algorithms=algorithms) if algorithms else None


PART = Part(title="", page="transfer", order=10, compute=compute)
