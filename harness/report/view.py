"""What sections build from: a record with its leaderboard, and the names of its pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.analysis import LeaderboardRow, leaderboard
from harness.core.record import CampaignRecord, CellRecord
from harness.report.headline import headline
from harness.report.trust import Check, Evidence, trust_checks

__all__ = [
    "AlgorithmView",
    "CampaignView",
    "CellView",
    "algorithm_views",
    "campaign_view",
    "cell_views",
    "slugs",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignView:
    """The front page's material.

    Attributes:
        record: The campaign.
        rows: Its leaderboard.
        cells: Cell name -> its record.
        pages: Cell name -> its page.
        headline: The answer to "did tuning help?".
        checks: What could make the verdicts wrong, check by check.
    """

    record: CampaignRecord
    rows: tuple[LeaderboardRow, ...]
    cells: Mapping[str, CellRecord]
    pages: Mapping[str, str]
    headline: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellView:
    """A cell page's material.

    Attributes:
        campaign: Name of the campaign.
        cell: The cell's record.
        row: Its row of the leaderboard.
        peers: Rows of the same scenario, its own included, best first.
    """

    campaign: str
    cell: CellRecord
    row: LeaderboardRow
    peers: tuple[LeaderboardRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmView:
    """Material of an algorithm's page.

    Attributes:
        algorithm, title: Its name in the matrix and in reports.
        page: Its page.
        cells: Records of its cells, in the order of the leaderboard.
        rows: Their rows.
        pages: Cell name -> its page.
    """

    algorithm: str
    title: str
    page: str
    cells: tuple[CellRecord, ...]
    rows: tuple[LeaderboardRow, ...]
    pages: Mapping[str, str]


def campaign_view(record: CampaignRecord) -> CampaignView:
    """Everything the front page is built from."""
    rows = leaderboard(record)
    names = slugs(cell.name for cell in record.cells)
    cells = {cell.name: cell for cell in record.cells}
    return CampaignView(
        record=record,
        rows=rows,
        cells=cells,
        pages={cell: f"cells/{slug}" for cell, slug in names.items()},
        headline=headline(rows),
        checks=trust_checks(Evidence(record=record, rows=rows, cells=cells)),
    )


def cell_views(view: CampaignView) -> tuple[CellView, ...]:
    """One per cell, in the order of the leaderboard."""
    return tuple(
        CellView(
            campaign=view.record.name,
            cell=view.cells[row.cell],
            row=row,
            peers=tuple(peer for peer in view.rows if peer.scenario == row.scenario),
        )
        for row in view.rows
    )


def algorithm_views(view: CampaignView) -> tuple[AlgorithmView, ...]:
    """One per algorithm, in the order in which the leaderboard meets them."""
    found = []
    # A page may not take the place of the overview beside it.
    names = slugs(["index", *dict.fromkeys(row.algorithm for row in view.rows)])
    for algorithm in dict.fromkeys(row.algorithm for row in view.rows):
        rows = tuple(row for row in view.rows if row.algorithm == algorithm)
        found.append(
            AlgorithmView(
                algorithm=algorithm,
                title=rows[0].title,
                page=f"algorithms/{names[algorithm]}",
                cells=tuple(view.cells[row.cell] for row in rows),
                rows=rows,
                pages=view.pages,
            )
        )
    return tuple(found)


def slugs(names: Iterable[str]) -> dict[str, str]:
    """File names for cells: letters, digits, dots and dashes, distinct even without case."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:80] or "cell"
        slug, number = stem, 1
        while slug.casefold() in taken:
            number += 1
            slug = f"{stem}-{number}"
        taken.add(slug.casefold())
        found[name] = slug
    return found
