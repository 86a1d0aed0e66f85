"""``results.json``: the numbers of the pages, unrounded."""

from __future__ import annotations

from typing import Any

from harness.analysis import LeaderboardRow
from harness.core.identity import canonical
from harness.report.headline import outcome
from harness.report.view import CampaignView

__all__ = ["SCHEMA", "results"]

SCHEMA = 2
"""Version of ``results.json``."""


def results(view: CampaignView) -> dict[str, Any]:
    """The leaderboard and what is computed from it as JSON data."""
    return {
        "schema": SCHEMA,
        "campaign": view.record.name,
        "created": view.record.created,
        "updated": view.record.updated,
        "headline": view.headline,
        "cells": [_cell(row) for row in view.rows],
        "checks": [canonical(check, everything=True) for check in view.checks],
        "provenance": canonical(view.record.provenance),
    }


def _cell(row: LeaderboardRow) -> dict[str, Any]:
    data: dict[str, Any] = canonical(row, everything=True)
    return data | {"outcome": outcome(row)}
