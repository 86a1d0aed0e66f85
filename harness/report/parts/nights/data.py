"""The campaigns themselves: when each was begun, and what changed with it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import Night
from harness.report.history_views import HistoryView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Nights:
    """The campaigns, the latest first."""

    nights: tuple[Night, ...]


def compute(view: HistoryView) -> Nights:
    """Always shown."""
    return Nights(nights=tuple(reversed(view.history.nights)))


PART = Part(title="Campaigns", page="history", order=30, compute=compute)
