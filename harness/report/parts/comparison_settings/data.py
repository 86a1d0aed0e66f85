"""What else differs between the campaigns: searches, arguments, versions, cells."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.comparison_views import ComparisonView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Differences, a line each, and cells that one campaign has alone."""

    settings: tuple[str, ...]
    alone: tuple[str, ...]


def compute(view: ComparisonView) -> Settings:
    """Always shown: that nothing else differs is an answer too."""
    return Settings(settings=view.comparison.settings, alone=view.comparison.alone)


PART = Part(title="What else differs", page="comparison", order=30, compute=compute)
