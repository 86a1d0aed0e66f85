"""Optimism of the search: what it claimed, what fresh seeds confirmed, what held-out seeds gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness import stats
from harness.analysis.leaderboard_rows import LeaderboardRow
from harness.analysis.variant_scores import IntervalEstimate, confirm_scores, interval_estimate
from harness.core.record import CampaignRecord, CellRecord
from harness.core.settings import Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimismRow:
    """A cell's five numbers, all mean returns; None where one does not exist yet.

    Attributes:
        cell, scenario, algorithm: Names.
        claimed: Best score of the search, one seed.
        confirmed: Mean of the winner on the confirm seeds.
        shrunk: That mean, drawn towards the other candidates' as far as seeds explain their spread.
        held_out: Mean of the tuned variant in the test.
        default: Mean of the default in the test.
        gap: Claimed minus held-out.
        normalised_gap: The same on the scenario's fixed scale; None without references.
        selection: Of the gap, the luck of the best trial: claimed minus its mean on fresh seeds.
        winner_change: Of the gap, minus what the confirm rung won by choosing another one.
        remainder: Of the gap, the winner's confirm mean minus held-out: the luck of that choice.
        same_steps: Whether search and test train equally long; if not, the gap mixes both.
        worse: Whether the tuned mean lies below the default's; None unless both exist and differ
            in what was trained.
    """

    cell: str
    scenario: str
    algorithm: str
    claimed: float | None
    confirmed: float | None
    shrunk: float | None
    held_out: float | None
    default: float | None
    gap: float | None
    normalised_gap: float | None
    selection: float | None
    winner_change: float | None
    remainder: float | None
    same_steps: bool
    worse: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimismTable:
    """The rows and their summary.

    Attributes:
        rows: In the order of the leaderboard.
        mean_gap: Mean normalised gap over cells of equal steps, with its t interval; None for the
            value without such a cell.
        gaps: How many cells that is.
        selection, winner_change, remainder: What the mean gap is the sum of, over those of these
            cells whose best trial was confirmed; None without one.
        worse: Share of cells whose tuned mean is below the default's, with Wilson's interval; only
            cells that shipped a searched configuration and have scores of both count.
        worse_cells, compared: The same as numbers of cells.
        clearly_worse: Cells with the verdict ``worse``.
        kept_default: Cells whose confirm rung shipped the default.
    """

    rows: tuple[OptimismRow, ...]
    mean_gap: IntervalEstimate
    gaps: int
    selection: float | None
    winner_change: float | None
    remainder: float | None
    worse: IntervalEstimate
    worse_cells: int
    compared: int
    clearly_worse: int
    kept_default: int


def optimism(rows: Sequence[LeaderboardRow]) -> OptimismTable:
    """Claimed, confirmed, held-out and default score of every cell, and how often tuning harmed."""
    table = tuple(_row(row) for row in rows)
    gaps = [r.normalised_gap for r in table if r.normalised_gap is not None and r.same_steps]
    is_worse = [r.worse for r in table if r.worse is not None]
    return OptimismTable(
        rows=table,
        mean_gap=interval_estimate(stats.mean_interval(gaps)),
        gaps=len(gaps),
        **_mean_parts(rows, table),
        worse=interval_estimate(stats.proportion(sum(is_worse), len(is_worse))),
        worse_cells=sum(is_worse),
        compared=len(is_worse),
        clearly_worse=sum(row.verdict == "worse" for row in rows),
        kept_default=sum(row.kept_default for row in rows),
    )


_PARTS = ("selection", "winner_change", "remainder")


def _mean_parts(
    rows: Sequence[LeaderboardRow], table: Sequence[OptimismRow]
) -> dict[str, float | None]:
    """Means of the parts of the gap on the normalised scale."""
    parts = [
        [_normalised(getattr(each, name), row) for name in _PARTS]
        for row, each in zip(rows, table, strict=True)
        if each.same_steps
    ]
    complete = [part for part in parts if None not in part]
    return {
        name: sum(part[index] or 0.0 for part in complete) / len(complete) if complete else None
        for index, name in enumerate(_PARTS)
    }


def _row(row: LeaderboardRow) -> OptimismRow:
    estimates = row.optimism
    held_out, default = estimates.held_out, estimates.default
    comparable = held_out is not None and default is not None and not row.kept_default
    return OptimismRow(
        cell=row.cell,
        scenario=row.scenario,
        algorithm=row.algorithm,
        claimed=estimates.claimed,
        confirmed=estimates.confirmed,
        shrunk=estimates.shrunk,
        held_out=held_out,
        default=default,
        gap=estimates.gap,
        normalised_gap=_normalised(estimates.gap, row),
        selection=_minus(estimates.claimed, estimates.best_confirmed),
        winner_change=_minus(estimates.best_confirmed, estimates.confirmed),
        remainder=_minus(estimates.confirmed, held_out),
        same_steps=estimates.same_steps,
        worse=(held_out or 0.0) < (default or 0.0) if comparable else None,
    )


def _minus(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first - second


def _normalised(gap: float | None, row: LeaderboardRow) -> float | None:
    if gap is None or row.random is None or row.reference is None:
        return None
    length = row.reference - row.random
    return gap / length if length else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationEstimate:
    """Spearman's rank correlation with its interval; None where it does not exist.

    Attributes:
        value: -1 .. 1.
        low, high: 95 % interval.
        n: Pairs, or cells where it is an average over cells.
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
        candidates: Within cells, search score against confirm mean of the candidates, averaged over
            cells, which are what it counts. Candidates are the best few of a search, so a low value
            is expected: it says how little a single seed tells among good configurations.
        pairs: (cell, search score, held-out mean) as returns, of the first.
    """

    cells: CorrelationEstimate
    candidates: CorrelationEstimate
    pairs: tuple[tuple[str, float, float], ...]


def search_and_test(record: CampaignRecord, rows: Sequence[LeaderboardRow]) -> SearchAndTest:
    """Correlation of search scores with fresh seeds, over cells and within them."""
    search_scores = {cell.name: _shipped_score(cell) for cell in record.first_searches}
    pairs, first, second = [], [], []
    for row in rows:
        score, held_out = search_scores[row.cell], row.optimism.held_out
        if score is None or held_out is None:
            continue
        pairs.append((row.cell, score, held_out))
        if row.random is not None and row.reference is not None:
            first.append(stats.normalise(score, row.random, row.reference))
            second.append(stats.normalise(held_out, row.random, row.reference))
    return SearchAndTest(
        cells=correlation_estimate(stats.spearman(first, second)),
        candidates=correlation_estimate(
            stats.average_spearman(map(_candidates, record.first_searches))
        ),
        pairs=tuple(pairs),
    )


def correlation_estimate(correlation: stats.Correlation) -> CorrelationEstimate:
    """The correlation with None instead of NaN."""
    interval = interval_estimate(correlation)
    return CorrelationEstimate(
        value=interval.value, low=interval.low, high=interval.high, n=correlation.n
    )


def _scores(cell: CellRecord) -> dict[int, float]:
    return {trial.number: trial.score for trial in cell.trials if trial.score is not None}


def _shipped_score(cell: CellRecord) -> float | None:
    return None if cell.winner is None else _scores(cell).get(cell.winner.trial or 0)


def _candidates(cell: CellRecord) -> tuple[list[float], list[float]]:
    """Search scores and confirm means of a cell's candidates, the default left out."""
    scores = _scores(cell)
    names = dict.fromkeys(
        run.variant
        for run in cell.runs
        if run.rung is Rung.CONFIRM and run.variant.trial is not None
    )
    first, second = [], []
    for name in names:
        mean = confirm_scores(cell, name).mean
        score = scores.get(name.trial or 0)
        if mean is not None and score is not None:
            first.append(score)
            second.append(mean)
    return first, second
