"""What sections build from: a record with its leaderboard, and the names of its pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.analysis import LeaderboardRow, leaderboard
from harness.core.identity import canonical
from harness.core.record import CampaignRecord, CellRecord
from harness.report.headline import headline

__all__ = ["SCHEMA", "CampaignView", "CellView", "campaign_view", "cell_views", "results", "slugs"]

SCHEMA = 1
"""Version of ``results.json``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignView:
    """The front page's material.

    Attributes:
        record: The campaign.
        rows: Its leaderboard.
        slugs: Cell name -> file name of its page, without the suffix.
        headline: The answer to "did tuning help?".
    """

    record: CampaignRecord
    rows: tuple[LeaderboardRow, ...]
    slugs: Mapping[str, str]
    headline: str

    def cell(self, name: str) -> CellRecord:
        return next(cell for cell in self.record.cells if cell.name == name)


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


def campaign_view(record: CampaignRecord) -> CampaignView:
    """Everything the front page is built from."""
    rows = leaderboard(record)
    return CampaignView(
        record=record,
        rows=rows,
        slugs=slugs(cell.name for cell in record.cells),
        headline=headline(rows),
    )


def cell_views(view: CampaignView) -> tuple[CellView, ...]:
    """One per cell, in the order of the leaderboard."""
    return tuple(
        CellView(
            campaign=view.record.name,
            cell=view.cell(row.cell),
            row=row,
            peers=tuple(peer for peer in view.rows if peer.scenario == row.scenario),
        )
        for row in view.rows
    )


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


def results(view: CampaignView) -> dict[str, Any]:
    """The leaderboard as JSON: the numbers of the pages, unrounded."""
    return {
        "schema": SCHEMA,
        "campaign": view.record.name,
        "created": view.record.created,
        "updated": view.record.updated,
        "headline": view.headline,
        "cells": [canonical(row, everything=True) for row in view.rows],
        "provenance": canonical(view.record.provenance),
    }
