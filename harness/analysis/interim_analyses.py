"""Interim analyses: which cells are decided by the held-out seeds they have, and which need more.

The cells of a campaign whose matrix gives them the same rule are one family. Every look waits for
all of its cells and takes a fixed number of seeds of each, so that a decision follows from the
matrix and the scores alone. It is computed anew from the first look every time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from harness import stats
from harness.core.decisions.joint_decisions import families
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import DEFAULT, TUNED
from harness.core.settings import Adaptive, Rung

Pairs = Sequence[tuple[float | None, float | None]]
"""Scores of tuned and default, seed by seed, as far as both have ended; None = failed."""


_Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interim:
    """Where a cell stands after the looks taken so far.

    Attributes:
        decision: ``undecided`` until a difference was found or the last look was taken.
        worst_case: The same by ranks among which failed runs are the worst.
        seeds: Held-out seeds per variant the cell is to have by now.
        most: Seeds it could have.
        look: Looks this cell took part in.
        looks: Looks planned.
        final: Whether no more seeds will come.
        statistic: Standardised difference at its last look; None before the first.
        boundary: What its size had to exceed there.
        alpha: Level of the cell's family.
    """

    decision: stats.Decision
    worst_case: stats.Decision
    seeds: int
    most: int
    look: int
    looks: int
    final: bool
    statistic: float | None
    boundary: float | None
    alpha: float

    @property
    def has_finding(self) -> bool:
        return self.decision in {"improved", "worse"}


def judge(
    rule: Adaptive, cells: Sequence[Pairs | None], *, share: float = 1.0, seed: int = 0
) -> list[Interim]:
    """Take every look that the scores permit.

    A cell leaves the family when a difference is found. A cell leaves, too, when no run of one of
    its variants has a score: more seeds would cost much and say the same.

    Args:
        rule: The rule that the cells of the family share.
        cells: Scores of each cell; empty while it is not known what it ships, None where that is
            the default: tuned and default are the same runs, and there is nothing to test.
        share: The share of the level that the family has.
    """
    ends = rule.ends
    alpha = stats.ALPHA * share
    # The look that decided a cell; scores of later looks do not count.
    last_look = {index: len(ends) for index, pairs in enumerate(cells) if pairs is not None}
    look, test = 0, None
    open_cells = set(last_look)
    while open_cells and all(len(cells[index] or ()) >= ends[look] for index in open_cells):
        look += 1
        scores = _scores(
            cells, {p: ends[min(last_look[p], look) - 1] for p in last_look}, ends[look - 1]
        )
        test = stats.adastop(scores[0], scores[1], rule.groups, alpha=alpha, seed=seed)
        without_scores = {p for p in open_cells if np.isnan(scores[:, :, p]).all(axis=1).any()}
        leavers = (open_cells - set(test.open)) | without_scores
        last_look |= dict.fromkeys(leavers, look)
        open_cells -= leavers
    return [
        _interim(rule, index, last_look.get(index), look, test, alpha, is_open=index in open_cells)
        for index in range(len(cells))
    ]


def _interim(
    rule: Adaptive,
    index: int,
    last_look: int | None,
    look: int,
    test: stats.SequentialTest | None,
    alpha: float,
    *,
    is_open: bool,
) -> Interim:
    look_count = 0 if last_look is None or test is None else min(last_look, look)
    due = min(look + 1 if is_open else look_count, len(rule.ends))
    word: stats.Decision = "undecided" if is_open else "no clear difference"
    if test is not None and test.decisions[index] in {"improved", "worse"}:
        word = test.decisions[index]
    return Interim(
        decision=word,
        worst_case=word,
        seeds=rule.ends[max(due, 1) - 1],
        most=rule.max,
        look=look_count,
        looks=len(rule.ends),
        final=not is_open,
        statistic=test.statistics[index] if test is not None and look_count else None,
        boundary=test.boundaries[index] if test is not None and look_count else None,
        alpha=alpha,
    )


def _scores(cells: Sequence[Pairs | None], seeds: Mapping[int, int], rows: int) -> _Scores:
    """Scores of tuned and default, shape (2, rows, n_cells); NaN beyond the seeds that count."""
    scores: _Scores = np.full((2, rows, len(cells)), math.nan)
    for index, count in seeds.items():
        for row, pair in enumerate((cells[index] or ())[:count]):
            scores[:, row, index] = [math.nan if score is None else score for score in pair]
    return scores


def interims(record: CampaignRecord) -> dict[str, Interim]:
    """The cells with a rule, by name."""
    cells = {cell.name: cell for cell in record.first_searches}
    by_name: dict[str, Interim] = {}
    rules = {name: cell.cell.test.adaptive for name, cell in cells.items()}
    for rule, names in families(rules).items():
        if rule is None:
            continue
        pairs = [_pairs(cells[name]) for name in names]
        decide = partial(judge, rule, share=len(names) / len(cells), seed=cells[names[0]].cell.seed)
        looks = decide(pairs)
        if any(_has_failures(each) for each in pairs):
            worst_cases = decide([_worst_ranks(each) for each in pairs])
            looks = [
                replace(look, worst_case=worst.decision) if _has_failures(each) else look
                for look, worst, each in zip(looks, worst_cases, pairs, strict=True)
            ]
        by_name |= dict(zip(names, looks, strict=True))
    return by_name


def _has_failures(pairs: Pairs | None) -> bool:
    return any(score is None for pair in pairs or () for score in pair)


def _worst_ranks(pairs: Pairs | None) -> Pairs | None:
    """The scores of a cell with failures as ranks, failed runs below all others."""
    if pairs is None or not _has_failures(pairs):
        return pairs
    scores = np.array([[-math.inf if s is None else s for s in pair] for pair in pairs])
    ranks = stats.midranks(scores).reshape(scores.shape)
    return [(float(tuned), float(default)) for tuned, default in ranks]


def _pairs(cell: CellRecord) -> Pairs | None:
    if cell.winner == DEFAULT:
        return None
    pairs: list[tuple[float | None, float | None]] = []
    if cell.winner is None:
        return pairs
    runs = (cell.runs_of(Rung.TEST, variant) for variant in (TUNED, DEFAULT))
    for tuned, default in zip(*runs, strict=False):
        if tuned.result is None or default.result is None:
            break
        pairs.append((tuned.score, default.score))
    return pairs
