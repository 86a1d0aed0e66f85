"""The resolved matrix, with the origin of every value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.report.section import Section
from harness.report.view import CampaignView

__all__ = ["SECTION", "Setting", "build", "settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value of the resolved matrix and where it was written; empty for a built-in default."""

    path: str
    text: str
    origin: str


def build(view: CampaignView) -> tuple[Setting, ...] | None:
    """Left out of records without a matrix."""
    return tuple(settings(view.record.document, view.record.origins)) or None


def settings(document: Mapping[str, Any], origins: Mapping[str, str]) -> Iterator[Setting]:
    """Leaves of a document as dotted paths with the origin of the nearest written ancestor."""
    for path, text in _leaves(document, ()):
        places = (".".join(path[:length]) for length in range(len(path), 0, -1))
        origin = next((origins[place] for place in places if place in origins), "")
        yield Setting(path=".".join(path), text=text, origin=origin)


def _leaves(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, Mapping) and node:
        for key, item in node.items():
            yield from _leaves(item, (*path, str(key)))
    elif isinstance(node, str):
        yield path, node
    else:
        yield path, json.dumps(node, ensure_ascii=False)


SECTION = Section(
    id="matrix",
    title="Resolved matrix",
    order=30,
    page="provenance",
    build=build,
    template="matrix.html",
)
