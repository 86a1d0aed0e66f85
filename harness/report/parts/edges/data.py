"""Best values at the edge of their range, with the lines that widen it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.analysis import EdgeRow, edge_patch
from harness.report.campaign_views import AlgorithmView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """The rows, the text for a matrix (may be empty), and the cells' pages."""

    rows: tuple[EdgeRow, ...]
    patch: str
    pages: Mapping[str, str]


def compute(view: AlgorithmView) -> Edges | None:
    """Always shown once something was found: that nothing lies at an edge is worth a sentence."""
    if view.drift is None:
        return None
    return Edges(rows=view.edges, patch=edge_patch(view.edges).rstrip(), pages=view.pages)


PART = Part(title="At the edge of a range", page="algorithm", order=20, compute=compute)
