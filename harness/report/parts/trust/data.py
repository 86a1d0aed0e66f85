"""Every numbered check, whether it passes or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from harness.report.campaign_views import CampaignView
from harness.report.page_parts import Part
from harness.report.trust import Check, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """The checks, and how many ended in each way.

    Attributes:
        checks: In the order of their ids.
        counts: (status, checks) pairs, statuses without checks left out.
        pages: Cell name -> its page.
        command: Runs the report as a gate.
    """

    checks: tuple[Check, ...]
    counts: tuple[tuple[str, int], ...]
    pages: Mapping[str, str]
    command: str


def compute(view: CampaignView) -> Trust:
    """The campaign's checks."""
    counts = Counter(check.status for check in view.checks)
    order: tuple[Status, ...] = ("fail", "warn", "pass", "not applicable")
    return Trust(
        checks=view.checks,
        counts=tuple((status, counts[status]) for status in order if counts[status]),
        pages=view.pages,
        command="harness report --fail-on fail,T01,T02",
    )


PART = Part(title="", page="trust", order=10, compute=compute)
