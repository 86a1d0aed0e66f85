"""Every number of the report in plain words, with its source."""

from __future__ import annotations

from dataclasses import dataclass

from harness import stats
from harness.analysis.notes import QUICK_SEEDS
from harness.analysis.parameters import EDGE
from harness.report.format import percent
from harness.report.section import Section
from harness.report.view import CampaignView

__all__ = ["SECTION", "Methods", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Methods:
    """The constants the text names.

    Attributes:
        level: Level of the tests.
        min_seeds, quick: Fewer scores give no verdict; fewer are a quick look.
        resamples: Of the bootstrap.
        edge: How near to the end of a range counts as its edge.
    """

    level: str
    min_seeds: int
    quick: int
    resamples: int
    edge: str


def build(view: CampaignView) -> Methods:
    """The same in every report, whatever its `view`."""
    del view
    return Methods(
        level=percent(stats.ALPHA),
        min_seeds=stats.MIN_SEEDS,
        quick=QUICK_SEEDS,
        resamples=stats.RESAMPLES,
        edge=percent(EDGE),
    )


SECTION = Section(
    id="methods", title="", order=10, page="methods", build=build, template="methods.html"
)
