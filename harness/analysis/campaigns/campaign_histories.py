"""Campaigns of one matrix in the order of time: what each cell scored, and where it has stepped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from harness import stats
from harness.analysis.campaigns.campaign_comparisons import cell_changes, version_changes
from harness.analysis.variant_scores import nan_array, none_for_nan, test_scores
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import DEFAULT, TUNED, Variant
from harness.core.settings import Rung

WINDOWS: Final = (1, 3, 7)
"""Nights that are held together against those before: a small change takes several to be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One of the campaigns.

    Attributes:
        campaign: Name.
        created, updated: UTC, ISO 8601.
        changes: Versions that are others than in the campaign before, a line each.
        unfinished: Cells whose test has runs to do; they are held against nothing yet.
    """

    campaign: str
    created: str
    updated: str
    changes: tuple[str, ...]
    unfinished: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellNight:
    """A variant of a cell in one campaign.

    Attributes:
        campaign: Which.
        mean, low, high, sd: Of its scores, with the 95 % interval of the mean; None without one.
        finished, failed: Runs with a score, and without one.
        seconds: Wall seconds that its runs took on average; None where nothing was measured.
        steps_per_second: Median over its runs, likewise.
        is_same: Whether all its runs, and what they scored, are in the campaigns before it too.
        is_new: Whether its scores mean something else than those before: another scenario or test.
    """

    campaign: str
    mean: float | None
    low: float | None
    high: float | None
    sd: float | None
    finished: int
    failed: int
    seconds: float | None
    steps_per_second: float | None
    is_same: bool = False
    is_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSeries:
    """A variant of a cell over all campaigns that have it."""

    cell: str
    variant: str
    nights: tuple[CellNight, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change of a cell's score that chance alone would not have made.

    Attributes:
        campaign, created: The one with which it was seen.
        cell, variant: Which.
        first: The first campaign after it: that one, or one of the nights before that are held
            together with it.
        since: The first campaign that these are held against, all up to the one before them.
        before, after: Mean scores.
        seeds: Scores behind each.
        difference, low, high: After minus before, with the interval of the word.
        p_adjusted: Corrected for the cells of the night and for the nights.
        word: ``improved`` or ``worse``.
    """

    campaign: str
    created: str
    cell: str
    variant: str
    first: str
    since: str
    before: float
    after: float
    seeds: tuple[int, int]
    difference: float
    low: float | None
    high: float | None
    p_adjusted: float
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignHistory:
    """Everything that is said of campaigns over time.

    Attributes:
        nights: The campaigns, the earliest first.
        series: Each cell's variants, in the order of the latest campaign, then of earlier ones.
        steps: The changes found, the latest first.
    """

    nights: tuple[Night, ...]
    series: tuple[CellSeries, ...]
    steps: tuple[Step, ...]

    @property
    def worse(self) -> dict[str, Step]:
        """Cell -> its last step, where that left it worse."""
        last: dict[tuple[str, str], Step] = {}
        for step in reversed(self.steps):
            last[step.cell, step.variant] = step
        return {step.cell: step for step in last.values() if step.word == "worse"}


_Scores = dict[tuple[str, float | None], float | None]
"""(Run, score) -> score, None of a failed run: nights that train the same again say it once."""

_Key = tuple[str, Variant]
"""A cell's name and a variant."""


@dataclass
class _Reference:
    """What the next campaign's runs of a variant are held against: all since its last step.

    Attributes:
        nights: Name of each of these campaigns, and its scores.
        cell: As the latest of them has it.
    """

    nights: list[tuple[str, _Scores]] = field(default_factory=list)
    cell: CellRecord | None = None

    @property
    def scores(self) -> _Scores:
        return _union(self.nights)


def campaign_history(records: Sequence[CampaignRecord]) -> CampaignHistory:
    """Hold each campaign against those before it, cell by cell.

    The level is shared out over the cells of a night and over the nights, so that the chance of any
    false step in thirty nights is held; see `stats.series_share`. What is trained again as it was
    is no new evidence, and counts once.

    Args:
        records: At least one, in any order.
    """
    by_date = sorted(records, key=lambda record: (record.created, record.name))
    references: dict[_Key, _Reference] = {}
    series: dict[_Key, list[CellNight]] = {}
    steps: list[Step] = []
    # Where every night ships the default, tuned is the same runs and would count twice.
    tuned = {c.name for record in by_date for c in record.first_searches if c.winner != DEFAULT}
    for number, record in enumerate(by_date):
        cells = {
            (cell.name, variant): cell
            for cell in record.first_searches
            for variant in ((DEFAULT, TUNED) if cell.name in tuned else (DEFAULT,))
        }
        for key, cell in cells.items():
            night = _night(record, cell, key[1], references.setdefault(key, _Reference()))
            series.setdefault(key, []).append(night)
            if night.is_new:
                references[key] = _Reference()
        steps += _steps(record, cells, references, number)
        for key, cell in cells.items():
            _follow(record, key, cell, references, steps)
    latest = {cell.name: index for index, cell in enumerate(by_date[-1].first_searches)}
    keys = sorted(series, key=lambda key: latest.get(key[0], len(latest)))
    return CampaignHistory(
        nights=tuple(_nights(by_date)),
        series=tuple(
            CellSeries(cell=key[0], variant=key[1], nights=tuple(series[key])) for key in keys
        ),
        steps=tuple(reversed(steps)),
    )


def _follow(
    record: CampaignRecord,
    key: _Key,
    cell: CellRecord,
    references: dict[_Key, _Reference],
    steps: Sequence[Step],
) -> None:
    """Add a night's scores to the reference of the next nights; after a step it starts anew."""
    if not _is_tested(cell, key[1]):
        return
    reference = references[key]
    for step in steps:
        if (step.campaign, step.cell, step.variant) == (record.name, *key):
            names = [name for name, _ in reference.nights]
            begin = names.index(step.first) if step.first in names else len(names)
            reference.nights = reference.nights[begin:]
    reference.nights.append((record.name, _scores(cell, key[1])))
    reference.cell = cell


def _nights(records: Sequence[CampaignRecord]) -> Iterator[Night]:
    for number, record in enumerate(records):
        yield Night(
            campaign=record.name,
            created=record.created,
            updated=record.updated,
            changes=tuple(version_changes(records[number - 1], record)) if number else (),
            unfinished=tuple(
                cell.name
                for cell in record.first_searches
                if not (_is_tested(cell, DEFAULT) and _is_tested(cell, TUNED))
            ),
        )


def _is_tested(cell: CellRecord, variant: Variant) -> bool:
    runs = cell.runs_of(Rung.TEST, variant)
    return bool(runs) and all(run.result is not None for run in runs)


def _scores(cell: CellRecord, variant: Variant) -> _Scores:
    results = (run.result for run in cell.runs_of(Rung.TEST, variant))
    return {(result.run_id, result.score): result.score for result in results if result is not None}


def _night(
    record: CampaignRecord, cell: CellRecord, variant: Variant, reference: _Reference
) -> CellNight:
    summary, scores = test_scores(cell, variant), _scores(cell, variant)
    costs = [run.result.cost for run in cell.runs_of(Rung.TEST, variant) if run.result]
    seconds = [cost.wall for cost in costs if cost.wall]
    speeds = [cost.steps_per_second for cost in costs if cost.steps_per_second]
    before = reference.cell
    return CellNight(
        campaign=record.name,
        mean=summary.mean,
        low=summary.low,
        high=summary.high,
        sd=summary.sd,
        finished=summary.finished,
        failed=len(summary.failed),
        seconds=float(np.mean(seconds)) if seconds else None,
        steps_per_second=float(np.median(speeds)) if speeds else None,
        is_same=bool(scores) and scores.keys() <= reference.scores.keys(),
        is_new=before is not None and any(cell_changes(before, cell, protocol=True)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """The latest nights of a variant against those before."""

    key: _Key
    first: str
    since: str
    before: list[float | None]
    after: list[float | None]


def _steps(
    record: CampaignRecord,
    cells: Mapping[_Key, CellRecord],
    references: Mapping[_Key, _Reference],
    number: int,
) -> list[Step]:
    """The steps of one campaign, the `number`-th that is held against something."""
    cases = [
        case
        for key, cell in cells.items()
        if _is_tested(cell, key[1])
        for case in _cases(key, (record.name, _scores(cell, key[1])), references[key].nights)
    ]
    if not cases:
        return []
    verdicts = stats.judge_jointly(
        [(nan_array(case.after), nan_array(case.before)) for case in cases],
        share=stats.series_share(number),
        failures=[(case.after.count(None), case.before.count(None)) for case in cases],
    )
    steps: dict[_Key, Step] = {}
    for case, verdict in zip(cases, verdicts, strict=True):
        if verdict.word in {"improved", "worse"}:
            steps.setdefault(case.key, _step(record, case, verdict))
    return list(steps.values())


def _cases(
    key: _Key, tonight: tuple[str, _Scores], nights: Sequence[tuple[str, _Scores]]
) -> Iterator[_Case]:
    """Comparisons of the latest nights with those before, of the fewest nights first.

    Runs that earlier nights have too are no new evidence, and count among these alone.
    """
    every = [*nights, tonight]
    for length in WINDOWS:
        earlier, recent = every[:-length], every[-length:]
        before = _union(earlier)
        after = [score for run, score in _union(recent).items() if run not in before]
        if before and after and not tonight[1].keys() <= _union(nights).keys():
            yield _Case(
                key=key,
                first=recent[0][0],
                since=earlier[0][0],
                before=list(before.values()),
                after=after,
            )


def _union(nights: Sequence[tuple[str, _Scores]]) -> _Scores:
    return {run: score for _, scores in nights for run, score in scores.items()}


def _step(record: CampaignRecord, case: _Case, verdict: stats.JointVerdict) -> Step:
    before, after = (float(np.nanmean(nan_array(scores))) for scores in (case.before, case.after))
    seeds = [len(scores) - scores.count(None) for scores in (case.before, case.after)]
    return Step(
        campaign=record.name,
        created=record.created,
        cell=case.key[0],
        variant=case.key[1],
        first=case.first,
        since=case.since,
        before=before,
        after=after,
        seeds=(seeds[0], seeds[1]),
        difference=after - before,
        low=none_for_nan(verdict.low),
        high=none_for_nan(verdict.high),
        p_adjusted=verdict.p_adjusted,
        word=verdict.word,
    )
