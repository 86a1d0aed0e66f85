"""All scenarios together: aggregates and profiles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.analysis import AggregateRow, Aggregates, CampaignEffect, ImprovementRow, ProfileCurve
from harness.core.run import DEFAULT, TUNED
from harness.report.campaign_views import CampaignView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """Data of the panel over all scenarios.

    Attributes:
        effect: Tuned minus default over the campaign; None where no cell has both.
        chances: How likely a tuned run beats a default run, all cells first.
        aggregates: Normalised scores over all scenarios, and the cells without fixed scores.
        profiles: Share of runs above each normalised score.
        scored_cells: Cells whose default has a score.
        unequal: Whether the algorithms were tested on different sets of scenarios.
        uneven: Whether tuned and default of some algorithm have scores in different cells.
    """

    effect: CampaignEffect | None
    chances: tuple[ImprovementRow, ...]
    aggregates: Aggregates
    profiles: tuple[ProfileCurve, ...]
    scored_cells: int
    unequal: bool
    uneven: bool


def compute(view: CampaignView) -> Overall:
    """Aggregates and profiles; shown once two cells have scores."""
    rows = view.analysis.aggregates.rows
    scenarios = {
        frozenset(cell.partition("@")[2] for cell in row.cells)
        for row in rows
        if row.algorithm is not None and row.variant == DEFAULT
    }
    return Overall(
        effect=view.analysis.effect,
        chances=view.analysis.improvements,
        aggregates=view.analysis.aggregates,
        profiles=view.analysis.profiles,
        scored_cells=sum(row.default.finished > 0 for row in view.rows),
        unequal=len(scenarios) > 1,
        uneven=_is_uneven(rows),
    )


def has_several_cells(data: Overall) -> bool:
    """Whether there is something to sum up."""
    return data.scored_cells >= 2


def _is_uneven(rows: Iterable[AggregateRow]) -> bool:
    """Half-way through a campaign a default may have scores where nothing is tuned yet."""
    cells: dict[str | None, set[tuple[str, ...]]] = {}
    for row in rows:
        if row.variant in {DEFAULT, TUNED}:
            cells.setdefault(row.algorithm, set()).add(row.cells)
    return any(len(variants) > 1 for variants in cells.values())


PART = Part(
    title="Over all scenarios",
    page="campaign",
    order=15,
    compute=compute,
    is_shown=has_several_cells,
)
