"""Campaigns against one another, cell by cell: two nights, two machines, two versions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from harness import stats
from harness.analysis.campaigns.speed_comparisons import SpeedComparison, compare_speeds
from harness.analysis.variant_scores import VariantScores, none_for_nan, scores_array, test_scores
from harness.core.identity import differences
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import DEFAULT, TUNED, Variant
from harness.core.settings import Rung

_PROTOCOL: Final = ("scenario", "test")
"""What gives a score its meaning: the environment, and how long and how it is tested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellComparison:
    """A variant of a cell in two campaigns, in returns.

    Attributes:
        campaign: The later one; the first of the comparison is what it is held against.
        cell, variant: Which.
        before, after: Mean scores; None without any.
        seeds: Scores behind each.
        difference, low, high: After minus before, with the interval of the word.
        p_adjusted: Corrected over all comparisons made here.
        word: The word of a verdict; ``same runs`` where both trained the same, None where a side
            has no score.
    """

    campaign: str
    cell: str
    variant: str
    before: float | None
    after: float | None
    seeds: tuple[int, int]
    difference: float | None
    low: float | None
    high: float | None
    p_adjusted: float | None
    word: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignComparison:
    """What was compared, and what differs in how it came about.

    Attributes:
        campaigns: Names; all others are held against the first.
        incomparable: What makes scores of a cell mean something else; nothing is compared then.
        settings: What else differs: searches, arguments, versions.
        alone: Cells that the first or another one lacks, in words.
        cells: The comparisons, in the order of the first one's cells.
        speeds: How fast they trained, likewise.
    """

    campaigns: tuple[str, ...]
    incomparable: tuple[str, ...]
    settings: tuple[str, ...]
    alone: tuple[str, ...]
    cells: tuple[CellComparison, ...]
    speeds: tuple[SpeedComparison, ...]

    @property
    def worse(self) -> tuple[str, ...]:
        """Cells of which a variant is worse than before."""
        return tuple(dict.fromkeys(each.cell for each in self.cells if each.word == "worse"))

    @property
    def slower(self) -> tuple[str, ...]:
        """Cells of which a variant trains slower than before."""
        return tuple(dict.fromkeys(each.cell for each in self.speeds if each.word == "slower"))


def compare_campaigns(records: Sequence[CampaignRecord]) -> CampaignComparison:
    """Tuned and default of every cell that a campaign shares with the first, judged jointly.

    Args:
        records: At least two; the first is what the others are held against.
    """
    first, *others = records
    pairs = list(chain.from_iterable(_pair_cells(first, other) for other in others))
    incomparable = tuple(
        f"{other.name}, {old.name}: {line}"
        for other, old, new in pairs
        for line in cell_changes(old, new, protocol=True)
    )
    settings = dict.fromkeys(
        f"{other.name}, {old.name}: {line}"
        for other, old, new in pairs
        for line in cell_changes(old, new, protocol=False)
    )
    versions = (
        f"{other.name}: version of {line}"
        for other in others
        for line in version_changes(first, other)
    )
    return CampaignComparison(
        campaigns=tuple(record.name for record in records),
        incomparable=incomparable,
        settings=(*versions, *settings),
        alone=tuple(line for other in others for line in _alone(first, other)),
        cells=() if incomparable else _judge(pairs),
        speeds=()
        if incomparable
        else compare_speeds(
            [
                (other.name, old, new, variant)
                for other, old, new in pairs
                for variant in _variants(old, new)
            ]
        ),
    )


def version_changes(old: CampaignRecord, new: CampaignRecord) -> Iterator[str]:
    """What of the versions differs, a line each."""
    before, now = (dict(record.provenance.get("versions", {})) for record in (old, new))
    yield from differences(before, now)


_SharedCell = tuple[CampaignRecord, CellRecord, CellRecord]


def _pair_cells(first: CampaignRecord, other: CampaignRecord) -> Iterator[_SharedCell]:
    cells = {cell.name: cell for cell in other.first_searches}
    for cell in first.first_searches:
        if cell.name in cells:
            yield other, cell, cells[cell.name]


def _alone(first: CampaignRecord, other: CampaignRecord) -> Iterator[str]:
    for one, two in ((first, other), (other, first)):
        names = {cell.name for cell in two.first_searches}
        for cell in one.first_searches:
            if cell.name not in names:
                yield f"{cell.name} is in {one.name} alone"


def cell_changes(old: CellRecord, new: CellRecord, *, protocol: bool) -> Iterator[str]:
    """What differs between two cells of one name; versions of simulators are no protocol."""
    sides = []
    for record in (old, new):
        identity = record.cell.identity()
        versions = {"versions": identity["scenario"].pop("versions", {})}
        part = {key: value for key, value in identity.items() if (key in _PROTOCOL) == protocol}
        sides.append(part if protocol else part | versions)
    yield from differences(sides[0], sides[1])


def _judge(pairs: Sequence[_SharedCell]) -> tuple[CellComparison, ...]:
    both = [
        (other.name, old.name, variant, test_scores(old, variant), test_scores(new, variant),
         _run_ids(old, variant) == _run_ids(new, variant))
        for other, old, new in pairs
        for variant in _variants(old, new)
    ]  # fmt: skip
    verdicts = stats.judge_jointly(
        [(scores_array(after), scores_array(before)) for _, _, _, before, after, _ in both],
        is_tested=[not same for *_, same in both],
        failures=[(len(after.failed), len(before.failed)) for _, _, _, before, after, _ in both],
    )
    return tuple(
        _comparison(campaign, cell, variant, before, after, verdict, same=same)
        for (campaign, cell, variant, before, after, same), verdict in zip(
            both, verdicts, strict=True
        )
    )


def _variants(old: CellRecord, new: CellRecord) -> tuple[Variant, ...]:
    """Both; where both campaigns ship the default, tuned is the same runs and counts once."""
    return (DEFAULT,) if old.winner == new.winner == DEFAULT else (DEFAULT, TUNED)


def _run_ids(cell: CellRecord, variant: str) -> set[str]:
    return {run.run_id for run in cell.runs if run.rung is Rung.TEST and run.variant == variant}


def _comparison(
    campaign: str,
    cell: str,
    variant: str,
    before: VariantScores,
    after: VariantScores,
    verdict: stats.JointVerdict,
    *,
    same: bool,
) -> CellComparison:
    difference = math.nan
    if before.mean is not None and after.mean is not None:
        difference = after.mean - before.mean
    word = "same runs" if same else verdict.word
    return CellComparison(
        campaign=campaign,
        cell=cell,
        variant=variant,
        before=before.mean,
        after=after.mean,
        seeds=(before.finished, after.finished),
        difference=none_for_nan(difference),
        low=None if same else none_for_nan(verdict.low),
        high=None if same else none_for_nan(verdict.high),
        p_adjusted=none_for_nan(verdict.p_adjusted),
        word=None if math.isnan(difference) else word,
    )
