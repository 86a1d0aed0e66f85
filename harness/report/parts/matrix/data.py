"""The resolved matrix, with the origin of every value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.core.costs.budget_split import ORIGIN
from harness.report.campaign_views import CampaignView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """One value of the resolved matrix and where it was written; empty for a built-in default."""

    path: str
    text: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedMatrix:
    """Every value of the resolved matrix."""

    rows: tuple[SettingRow, ...]


def compute(view: CampaignView) -> ResolvedMatrix | None:
    """Left out of records without a matrix."""
    rows = (*setting_rows(view.record.document, view.record.origins), *_derived_settings(view))
    return ResolvedMatrix(rows=rows) if rows else None


def setting_rows(document: Mapping[str, Any], origins: Mapping[str, str]) -> Iterator[SettingRow]:
    """Leaves of a document as dotted paths with the origin of the nearest written ancestor."""
    for path, text in _leaves(document, ()):
        ancestors = (".".join(path[:length]) for length in range(len(path), 0, -1))
        origin = next((origins[name] for name in ancestors if name in origins), "")
        yield SettingRow(path=".".join(path), text=text, origin=origin)


def _derived_settings(view: CampaignView) -> Iterator[SettingRow]:
    """What follows from a budget, as the cells have it; no document says it."""
    specs = [cell.spec for cell in view.record.cells]
    for path, origin in view.record.origins.items():
        if origin == ORIGIN:
            texts = dict.fromkeys(json.dumps(_value_at(spec, path)) for spec in specs)
            yield SettingRow(path=path, text=" or ".join(texts), origin=origin)


def _value_at(spec: Any, path: str) -> object:
    for part in path.split("."):
        spec = spec.get(part, spec.get("options", {}).get(part))
    return spec


def _leaves(node: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, Mapping) and node:
        for key, item in node.items():
            yield from _leaves(item, (*path, str(key)))
    elif isinstance(node, str):
        yield path, node
    else:
        yield path, json.dumps(node, ensure_ascii=False)


PART = Part(title="Resolved matrix", page="provenance", order=30, compute=compute)
