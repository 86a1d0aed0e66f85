"""Best values at the edge of their range, with the lines that widen it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.analysis import EdgeRow, edge_patch
from harness.report.section import Section
from harness.report.view import AlgorithmView

__all__ = ["SECTION", "Edges", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """The rows, the text for a matrix (may be empty), and the cells' pages."""

    rows: tuple[EdgeRow, ...]
    patch: str
    pages: Mapping[str, str]


def build(view: AlgorithmView) -> Edges | None:
    """Always shown once something was found: that nothing lies at an edge is worth a sentence."""
    if view.drift is None:
        return None
    return Edges(rows=view.edges, patch=edge_patch(view.edges).rstrip(), pages=view.pages)


SECTION = Section(
    id="edges",
    title="At the edge of a range",
    order=20,
    page="algorithm",
    build=build,
    template="edges.html",
)
