"""``results.json``: the data of every part of the report, unrounded."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from harness.core.identity import canonical
from harness.report.campaign_views import CampaignView
from harness.report.published_reports import SCHEMA
from harness.report.site_pages import FilledPage


def results(view: CampaignView, pages: Iterable[FilledPage]) -> dict[str, Any]:
    """Each part's data under its id; those of a cell's or algorithm's page by its name."""
    parts: dict[str, Any] = {}
    for content in pages:
        for part in content.parts:
            data = canonical(part.data, everything=True)
            if content.page.subject:
                parts.setdefault(part.id, {})[content.page.subject] = data
            else:
                parts[part.id] = data
    return {
        "schema": SCHEMA,
        "campaign": view.record.name,
        "created": view.record.created,
        "updated": view.record.updated,
        "headline": view.headline,
        "parts": parts,
    }


def results_text(data: dict[str, Any]) -> str:
    """`results` as JSON with a line for each part: quick to write, and easy to compare."""

    def compact(value: object) -> str:
        return json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False)

    fields = [f"{compact(name)}: {compact(data[name])}" for name in data if name != "parts"]
    parts = [f" {compact(name)}: {compact(part)}" for name, part in sorted(data["parts"].items())]
    return ",\n".join(["{" + fields[0], *fields[1:], '"parts": {\n' + ",\n".join(parts) + "\n}}\n"])
