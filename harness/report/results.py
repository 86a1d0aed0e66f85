"""``results.json``: the numbers of the pages, unrounded."""

from __future__ import annotations

from typing import Any

from harness.analysis import LeaderboardRow
from harness.core.identity import canonical
from harness.report.headline import outcome
from harness.report.view import CampaignView, Computed

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
        "overall": _overall(view.computed),
        "optimism": _plain(view.computed.optimism),
        "search_and_test": _plain(view.computed.search_and_test),
        "efficiency": _plain(list(view.computed.efficiency.values())),
        "foresight": _plain(list(view.computed.foresight.values())),
        "hyperparameters": _plain(view.computed.drift),
        "edges": _plain(view.computed.edges),
        "transfer": _plain(view.computed.transfer),
        "checks": _plain(view.checks),
        "provenance": canonical(view.record.provenance),
    }


def _plain(value: Any) -> Any:
    return canonical(value, everything=True)


def _overall(computed: Computed) -> dict[str, Any]:
    return {
        "aggregates": _plain(computed.aggregates),
        "profiles": _plain(computed.profiles),
        "tuned_over_default": _plain(computed.improvements),
        "algorithms": _plain([computed.tuned_matrix, computed.default_matrix]),
    }


def _cell(row: LeaderboardRow) -> dict[str, Any]:
    data: dict[str, Any] = canonical(row, everything=True)
    return data | {"outcome": outcome(row)}
