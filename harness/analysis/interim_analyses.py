"""Interim analyses: which cells are decided by the held-out seeds they have, and which need more.

The cells of a campaign whose matrix gives them the same rule are one family. Every look waits for
all of its cells and takes a fixed number of seeds of each, so that a decision follows from the
matrix and the scores alone. It is replayed from the first look whenever it is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness import stats
from harness.analysis.variant_scores import runs_of
from harness.core.plan import DEFAULT, TUNED
from harness.core.record import CampaignRecord, CellRecord
from harness.core.settings import Adaptive, Rung

__all__ = ["Interim", "Pairs", "families", "interims", "judge"]


Pairs = Sequence[tuple[float | None, float | None]]
"""Scores of tuned and default, seed by seed, as far as both have ended; None = failed."""


_Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interim:
    """What the looks so far say of a cell.

    Attributes:
        decision: ``undecided`` until a difference was found or the last look was taken.
        seeds: Held-out seeds per variant the cell is to have by now.
        most: Seeds it could have.
        look: Looks this cell took part in.
        looks: Looks planned.
        final: Whether no more seeds will come.
        statistic: Standardised difference at its last look; None before the first.
        alpha: Level of the cell's family.
    """

    decision: stats.Decision
    seeds: int
    most: int
    look: int
    looks: int
    final: bool
    statistic: float | None
    alpha: float

    @property
    def found(self) -> bool:
        return self.decision in {"improved", "worse"}


def families(rules: Mapping[str, Adaptive | None]) -> dict[Adaptive | None, tuple[str, ...]]:
    """Cells by rule, in the order of the matrix; None is the family of fixed numbers of seeds.

    Each family has the share of the level that it has of the cells, so that the chance of any
    false verdict in the campaign stays below the level.
    """
    found: dict[Adaptive | None, tuple[str, ...]] = {}
    for cell, rule in rules.items():
        found[rule] = (*found.get(rule, ()), cell)
    return found


def judge(
    rule: Adaptive, cells: Sequence[Pairs | None], *, share: float = 1.0, seed: int = 0
) -> list[Interim]:
    """Take every look that the scores permit.

    A cell leaves when a difference is found. One with a variant of which no run has a score leaves
    too: more seeds would cost much and say the same.

    Args:
        rule: Of the family.
        cells: Scores of each cell; empty while it is not known what it ships, None where that is
            the default: tuned and default are the same runs, and there is nothing to test.
        share: Of the level.
        seed: The campaign's.
    """
    ends = rule.ends
    alpha = stats.ALPHA * share
    left = {place: len(ends) for place, pairs in enumerate(cells) if pairs is not None}
    # The look at which a cell left; what came after it does not count.
    last = dict(left)
    look, found = 0, None
    waiting = set(left)
    while waiting and all(len(cells[place] or ()) >= ends[look] for place in waiting):
        look += 1
        scores = _scores(cells, {p: ends[min(last[p], look) - 1] for p in left}, ends[look - 1])
        found = stats.adastop(scores[0], scores[1], rule.groups, alpha=alpha, seed=seed)
        hopeless = {p for p in waiting if np.isnan(scores[:, :, p]).all(axis=1).any()}
        gone = (waiting - set(found.open)) | hopeless
        last |= dict.fromkeys(gone, look)
        waiting -= gone
    return [
        _interim(rule, place, last.get(place), look, found, alpha, waiting=place in waiting)
        for place in range(len(cells))
    ]


def _interim(
    rule: Adaptive,
    place: int,
    last: int | None,
    look: int,
    found: stats.SequentialTest | None,
    alpha: float,
    *,
    waiting: bool,
) -> Interim:
    taken = 0 if last is None or found is None else min(last, look)
    due = min(look + 1 if waiting else taken, len(rule.ends))
    word: stats.Decision = "undecided" if waiting else "no clear difference"
    if found is not None and found.decisions[place] in {"improved", "worse"}:
        word = found.decisions[place]
    return Interim(
        decision=word,
        seeds=rule.ends[max(due, 1) - 1],
        most=rule.max,
        look=taken,
        looks=len(rule.ends),
        final=not waiting,
        statistic=found.statistics[place] if found is not None and taken else None,
        alpha=alpha,
    )


def _scores(cells: Sequence[Pairs | None], seeds: Mapping[int, int], rows: int) -> _Scores:
    """Scores of tuned and default, shape (2, rows, n_cells); NaN beyond the seeds that count."""
    scores: _Scores = np.full((2, rows, len(cells)), math.nan)
    for place, count in seeds.items():
        for row, pair in enumerate((cells[place] or ())[:count]):
            scores[:, row, place] = [math.nan if score is None else score for score in pair]
    return scores


def interims(record: CampaignRecord) -> dict[str, Interim]:
    """The cells with a rule, by name."""
    cells = {cell.name: cell for cell in record.cells}
    found: dict[str, Interim] = {}
    rules = {name: cell.cell.test.adaptive for name, cell in cells.items()}
    for rule, names in families(rules).items():
        if rule is None:
            continue
        judged = judge(
            rule,
            [_pairs(cells[name]) for name in names],
            share=len(names) / len(cells),
            seed=cells[names[0]].cell.seed,
        )
        found |= dict(zip(names, judged, strict=True))
    return found


def _pairs(cell: CellRecord) -> Pairs | None:
    if cell.winner == DEFAULT:
        return None
    pairs: list[tuple[float | None, float | None]] = []
    if cell.winner is None:
        return pairs
    runs = (runs_of(cell, Rung.TEST.value, variant) for variant in (TUNED, DEFAULT))
    for tuned, default in zip(*runs, strict=False):
        if tuned.result is None or default.result is None:
            break
        pairs.append((tuned.result.score, default.result.score))
    return pairs
