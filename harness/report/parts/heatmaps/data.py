"""Scenario by algorithm at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.analysis import LeaderboardRow
from harness.report.campaign_views import CampaignView
from harness.report.outcomes import outcome
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class MapCell:
    """A cell of the maps.

    Attributes:
        scenario, algorithm: Names.
        page: File name of the cell's page.
        outcome: The word it is counted under.
        difference: Tuned minus default in returns; None where there is none.
        probability: Probability that a tuned run beats a default run.
        is_decided: Whether anything is shipped.
        normalised_tuned, normalised_default: 0 = random policy, 1 = reference; None without them.
    """

    scenario: str
    algorithm: str
    page: str
    outcome: str
    difference: float | None
    probability: float | None
    is_decided: bool
    normalised_tuned: float | None
    normalised_default: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heatmaps:
    """Rows, columns (algorithm -> title) and cells of the maps."""

    scenarios: tuple[str, ...]
    algorithms: Mapping[str, str]
    cells: tuple[MapCell, ...]


def compute(view: CampaignView) -> Heatmaps | None:
    """Left out with a single cell, which needs no map."""
    if len(view.rows) < 2:
        return None
    return Heatmaps(
        scenarios=tuple(dict.fromkeys(row.scenario for row in view.rows)),
        algorithms={row.algorithm: row.title for row in view.rows},
        cells=tuple(_cell(row, view.pages[row.cell]) for row in view.rows),
    )


def _cell(row: LeaderboardRow, page: str) -> MapCell:
    difference = row.difference
    return MapCell(
        scenario=row.scenario,
        algorithm=row.algorithm,
        page=page,
        outcome=outcome(row),
        difference=None if difference is None else difference.difference,
        probability=None if difference is None else difference.probability,
        is_decided=row.tuned is not None,
        normalised_tuned=row.normalised_tuned,
        normalised_default=row.normalised_default,
    )


PART = Part(title="Scenario by algorithm", page="campaign", order=25, compute=compute)
