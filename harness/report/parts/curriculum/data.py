"""The curriculum of a cell: its levels, and when the runs of the test began them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.core.curriculum import Curriculum
from harness.core.record import CellRecord
from harness.core.settings import Rung
from harness.report.campaign_views import CellView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantLevelStart:
    """When the runs of one variant began a level in the test.

    Attributes:
        variant: Name of the variant.
        level: Name of the level.
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
    reached: tuple[VariantLevelStart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurriculumLevels:
    """All levels, and the variants that stand in their columns."""

    variants: tuple[str, ...]
    rows: tuple[LevelRow, ...]


def compute(view: CellView) -> CurriculumLevels | None:
    """Left out where there is no curriculum."""
    scenario = view.cell.cell.scenario
    curriculum = scenario.curriculum
    if curriculum is None:
        return None
    names = ["default", "tuned", *(variant.variant for variant in view.row.variants)]
    starts = level_starts(view.cell, names)
    rows = [
        LevelRow(
            name=level.name,
            arguments=json.dumps(dict(level.arguments)),
            until=_until(curriculum, index),
            reached=tuple(each for each in starts if index and each.level == level.name),
        )
        for index, level in enumerate(curriculum.levels)
    ]
    last = tuple(each for each in starts if each.level == scenario.name)
    rows.append(LevelRow(name=scenario.name, arguments="", until="", reached=last))
    variants = tuple(dict.fromkeys(each.variant for each in starts))
    return CurriculumLevels(variants=variants, rows=tuple(rows))


def level_starts(cell: CellRecord, variants: Sequence[str]) -> tuple[VariantLevelStart, ...]:
    """When each level but the first began, level by level; nothing without a curriculum."""
    scenario = cell.cell.scenario
    if scenario.curriculum is None:
        return ()
    levels = [*(level.name for level in scenario.curriculum.levels[1:]), scenario.name]
    return tuple(
        _level_start(cell, variant, level)
        for level in levels
        for variant in variants
        if cell.runs_of(Rung.TEST, variant)
    )


def _level_start(cell: CellRecord, variant: str, level: str) -> VariantLevelStart:
    runs = cell.runs_of(Rung.TEST, variant)
    results = [run.result for run in runs if run.result is not None]
    starts = (start for result in results for start in result.levels if start.level == level)
    return VariantLevelStart(
        variant=variant,
        level=level,
        steps=tuple(sorted(start.step for start in starts)),
        runs=len(results),
    )


def _until(curriculum: Curriculum, index: int) -> str:
    parts = []
    if curriculum.thresholds:
        if curriculum.episodes:
            window = f"the last {curriculum.episodes} episodes"
        else:
            window = f"the last {curriculum.evaluations} evaluations"
        parts.append(f"mean return of {window} at least {curriculum.thresholds[index]:g}")
    if curriculum.shares:
        share = f"{curriculum.shares[index]:.1%} of the steps"
        parts.append(f"at the latest {share}" if parts else share)
    return ", ".join(parts)


PART = Part(title="Levels of the training", page="cell", order=21, compute=compute)
