"""Every number of the report in plain words, with its source."""

from __future__ import annotations

from dataclasses import dataclass

from harness import stats
from harness.analysis.cell_notes import QUICK_SEEDS
from harness.analysis.searches.hyperparameters import EDGE
from harness.report.campaign_views import CampaignView
from harness.report.number_format import percent
from harness.report.page_parts import Part
from harness.report.parts.methods.cell_definitions import Chapter
from harness.report.parts.methods.definitions import CHAPTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Methods:
    """The constants that the numbers depend on.

    Attributes:
        level: Level of the tests.
        min_seeds, quick: Fewer scores give no verdict; fewer are a quick look.
        resamples: Number of bootstrap resamples.
        edge: How near to the end of a range counts as its edge.
    """

    level: str
    min_seeds: int
    quick: int
    resamples: int
    edge: str

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """The text, which is the same in every report."""
        return CHAPTERS


def compute(view: CampaignView) -> Methods:
    """The same in every report, whatever its `view`."""
    del view
    return Methods(
        level=percent(stats.ALPHA),
        min_seeds=stats.MIN_SEEDS,
        quick=QUICK_SEEDS,
        resamples=stats.RESAMPLES,
        edge=percent(EDGE),
    )


PART = Part(title="", page="methods", order=10, compute=compute)
