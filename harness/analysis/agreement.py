"""Does a better score in the search mean a better one on fresh seeds?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness import stats
from harness.analysis.arms import arm, runs_of
from harness.analysis.pools import estimated
from harness.analysis.rows import LeaderboardRow
from harness.core.record import CampaignRecord, CellRecord
from harness.core.settings import Rung

__all__ = ["Correlated", "SearchAndTest", "correlated", "search_and_test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlated:
    """Spearman's rank correlation with its interval; None where it does not exist.

    Attributes:
        value: -1 .. 1.
        low, high: 95 % interval.
        n: Pairs.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAndTest:
    """Does a better score in the search mean a better one later?

    Attributes:
        cells: Over cells, the search score of what was shipped against its held-out mean, both
            normalised. Scenarios differ in difficulty, which alone makes it high.
        candidates: Within cells, search score against confirm mean of the candidates, both as
            ranks within their cell. Candidates are the best few of a search, so a low value is
            expected: it says how little a single seed tells among good configurations.
        pairs: (cell, search score, held-out mean) as returns, of the first.
    """

    cells: Correlated
    candidates: Correlated
    pairs: tuple[tuple[str, float, float], ...]


def search_and_test(record: CampaignRecord, rows: Sequence[LeaderboardRow]) -> SearchAndTest:
    """Correlation of search scores with fresh seeds, over cells and within them."""
    shipped = {cell.name: _shipped_score(cell) for cell in record.cells}
    pairs, first, second = [], [], []
    for row in rows:
        score, held_out = shipped[row.cell], row.optimism.held_out
        if score is None or held_out is None:
            continue
        pairs.append((row.cell, score, held_out))
        if row.random is not None and row.reference is not None:
            first.append(stats.normalise(score, row.random, row.reference))
            second.append(stats.normalise(held_out, row.random, row.reference))
    within = [pair for cell in record.cells for pair in _candidates(cell)]
    return SearchAndTest(
        cells=correlated(stats.spearman(first, second)),
        candidates=correlated(
            stats.spearman([pair[0] for pair in within], [pair[1] for pair in within])
        ),
        pairs=tuple(pairs),
    )


def correlated(found: stats.Correlation) -> Correlated:
    """As plain data."""
    plain = estimated(stats.Estimate(value=found.value, low=found.low, high=found.high))
    return Correlated(value=plain.value, low=plain.low, high=plain.high, n=found.n)


def _scores(cell: CellRecord) -> dict[int, float]:
    return {
        trial.number: trial.result.score
        for trial in cell.trials
        if trial.result is not None and trial.result.score is not None
    }


def _number(variant: str) -> int:
    return int(variant.removeprefix("trial-")) if variant.startswith("trial-") else 0


def _shipped_score(cell: CellRecord) -> float | None:
    return None if cell.winner is None else _scores(cell).get(_number(cell.winner))


def _candidates(cell: CellRecord) -> Iterator[tuple[float, float]]:
    """Centred ranks (search, confirm) of a cell's candidates, the default left out."""
    scores = _scores(cell)
    names = dict.fromkeys(
        run.variant
        for run in cell.runs
        if run.rung == Rung.CONFIRM.value and run.variant.startswith("trial-")
    )
    found = []
    for name in names:
        mean = arm(name, runs_of(cell, Rung.CONFIRM.value, name)).mean
        score = scores.get(_number(name))
        if mean is not None and score is not None:
            found.append((score, mean))
    if len(found) < 2:
        return
    for score, mean in found:
        yield (
            _centred_rank(score, [pair[0] for pair in found]),
            _centred_rank(mean, [pair[1] for pair in found]),
        )


def _centred_rank(value: float, among: Sequence[float]) -> float:
    below = sum(other < value for other in among)
    above = sum(other > value for other in among)
    return (below - above) / (len(among) - 1)
