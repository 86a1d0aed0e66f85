"""Levels of a curriculum: when each was reached, and the marks a learning curve gets for that."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.core.record import CellRecord

__all__ = ["Reached", "level_marks", "reached"]

_COLORS = {"tuned": "@tuned", "default": "@default"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """When the runs of one variant began a level in the test.

    Attributes:
        variant: Name.
        level: Name.
        steps: Environment steps before it, one per run that reached it, rising.
        runs: How many runs there were.
    """

    variant: str
    level: str
    steps: tuple[int, ...]
    runs: int

    @property
    def mean(self) -> float:
        return math.fsum(self.steps) / len(self.steps) if self.steps else math.nan


def reached(cell: CellRecord, variants: Sequence[str]) -> tuple[Reached, ...]:
    """Level by level, the first one left out; nothing where a cell has no curriculum."""
    spec = cell.spec["scenario"]
    # Campaigns of earlier versions know of no curriculum.
    curriculum = spec.get("curriculum")
    if not curriculum:
        return ()
    levels = [*(level["name"] for level in curriculum["levels"][1:]), spec["name"]]
    return tuple(
        _of(cell, variant, level)
        for level in levels
        for variant in variants
        if any(run.rung == "test" and run.variant == variant for run in cell.runs)
    )


def _of(cell: CellRecord, variant: str, level: str) -> Reached:
    results = [
        run.result
        for run in cell.runs
        if run.rung == "test" and run.variant == variant and run.result is not None
    ]
    starts = (start for result in results for start in result.levels if start.level == level)
    return Reached(
        variant=variant,
        level=level,
        steps=tuple(sorted(start.step for start in starts)),
        runs=len(results),
    )


def level_marks(found: Sequence[Reached]) -> dict[str, Any]:
    """Shapes and annotations of a layout: where each level began, on average over the seeds.

    One line stands for all variants where they changed at the same step.
    """
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for level in dict.fromkeys(each.level for each in found):
        there = [each for each in found if each.level == level and each.steps]
        for place, color in _places(there):
            shapes.append(
                {
                    "type": "line",
                    "x0": place,
                    "x1": place,
                    "y0": 0,
                    "y1": 1,
                    "yref": "paper",
                    "layer": "below",
                    "line": {"color": color, "width": 1.5, "dash": "dot"},
                }
            )
            notes.append(
                {
                    "x": place,
                    "y": 0.02,
                    "yref": "paper",
                    "text": html.escape(level, quote=False),
                    "textangle": -90,
                    "xanchor": "right",
                    "yanchor": "bottom",
                    "showarrow": False,
                    "font": {"size": 11, "color": color},
                }
            )
    return {"shapes": shapes, "annotations": notes} if shapes else {}


def _places(there: Sequence[Reached]) -> Iterator[tuple[float, str]]:
    if len({each.steps for each in there}) == 1 or len({each.mean for each in there}) == 1:
        yield there[0].mean, "@muted"
        return
    for each in there:
        yield each.mean, _COLORS.get(each.variant, "@muted")
