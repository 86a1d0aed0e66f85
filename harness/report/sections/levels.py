"""The curriculum of a cell: its levels, and when the runs of the test began them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.report.figures.levels import Reached, reached
from harness.report.section import Section
from harness.report.view import CellView

__all__ = ["SECTION", "LevelRow", "Levels", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRow:
    """One level.

    Attributes:
        name: Its name.
        arguments: What it changes, as JSON; empty for the scenario itself.
        until: When it is left; empty for the scenario itself.
        reached: When each variant began it; empty for the first one.
    """

    name: str
    arguments: str
    until: str
    reached: tuple[Reached, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """All levels, and the variants that stand in their columns."""

    variants: tuple[str, ...]
    rows: tuple[LevelRow, ...]


def build(view: CellView) -> Levels | None:
    """Left out where there is no curriculum."""
    scenario = view.cell.spec["scenario"]
    curriculum = scenario.get("curriculum")
    if not curriculum:
        return None
    names = ["default", "tuned", *(arm.variant for arm in view.row.variants)]
    found = reached(view.cell, names)
    rows = [
        LevelRow(
            name=level["name"],
            arguments=json.dumps(level["arguments"]),
            until=_until(curriculum, place),
            reached=tuple(each for each in found if place and each.level == level["name"]),
        )
        for place, level in enumerate(curriculum["levels"])
    ]
    last = tuple(each for each in found if each.level == scenario["name"])
    rows.append(LevelRow(name=scenario["name"], arguments="", until="", reached=last))
    return Levels(variants=tuple(dict.fromkeys(each.variant for each in found)), rows=tuple(rows))


def _until(curriculum: Mapping[str, Any], place: int) -> str:
    parts = []
    if curriculum["thresholds"]:
        kind = "episodes" if curriculum["episodes"] else "evaluations"
        over = f"the last {curriculum[kind]} {kind}"
        parts.append(f"mean return of {over} at least {curriculum['thresholds'][place]:g}")
    if curriculum["shares"]:
        share = f"{curriculum['shares'][place]:.1%} of the steps"
        parts.append(f"at the latest {share}" if parts else share)
    return ", ".join(parts)


SECTION = Section(
    id="levels",
    title="Levels of the training",
    order=21,
    page="cell",
    build=build,
    template="levels.html",
)
