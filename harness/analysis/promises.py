"""What the search promised and what held-out seeds gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness import stats
from harness.analysis.pools import Estimated, estimated
from harness.analysis.rows import LeaderboardRow

__all__ = ["OptimismRow", "OptimismTable", "optimism"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimismRow:
    """A cell's four numbers, all mean returns; None where one does not exist yet.

    Attributes:
        cell, scenario, algorithm: Names.
        claimed: Best score of the search, one seed.
        confirmed: Mean of the winner on the confirm seeds.
        held_out: Mean of the tuned variant in the test.
        default: Mean of the default in the test.
        gap: Claimed minus held-out.
        normalised_gap: The same on the scenario's fixed scale; None without references.
        same_steps: Whether search and test train equally long; if not, the gap mixes both.
        worse: Whether the tuned mean lies below the default's; None unless both exist and differ
            in what was trained.
    """

    cell: str
    scenario: str
    algorithm: str
    claimed: float | None
    confirmed: float | None
    held_out: float | None
    default: float | None
    gap: float | None
    normalised_gap: float | None
    same_steps: bool
    worse: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimismTable:
    """The rows and what they come to.

    Attributes:
        rows: In the order of the leaderboard.
        mean_gap: Mean normalised gap over cells of equal steps, with its t interval; None for the
            value without such a cell.
        gaps: How many cells that is.
        worse: Share of cells whose tuned mean is below the default's, with Wilson's interval; only
            cells that shipped a searched configuration and have scores of both count.
        worse_cells, compared: The same as numbers of cells.
        clearly_worse: Cells with the verdict ``worse``.
        kept_default: Cells whose confirm rung shipped the default.
    """

    rows: tuple[OptimismRow, ...]
    mean_gap: Estimated
    gaps: int
    worse: Estimated
    worse_cells: int
    compared: int
    clearly_worse: int
    kept_default: int


def optimism(rows: Sequence[LeaderboardRow]) -> OptimismTable:
    """Claimed, confirmed, held-out and default of every cell, and the rate of harm.

    Args:
        rows: The leaderboard.
    """
    table = tuple(_row(row) for row in rows)
    gaps = [r.normalised_gap for r in table if r.normalised_gap is not None and r.same_steps]
    interval = stats.mean_interval(gaps)
    mean = stats.Estimate(value=interval.mean, low=interval.low, high=interval.high)
    judged = [r.worse for r in table if r.worse is not None]
    return OptimismTable(
        rows=table,
        mean_gap=estimated(mean),
        gaps=len(gaps),
        worse=estimated(stats.proportion(sum(judged), len(judged))),
        worse_cells=sum(judged),
        compared=len(judged),
        clearly_worse=sum(row.verdict == "worse" for row in rows),
        kept_default=sum(row.kept_default for row in rows),
    )


def _row(row: LeaderboardRow) -> OptimismRow:
    given = row.optimism
    held_out, default = given.held_out, given.default
    known = held_out is not None and default is not None and not row.kept_default
    return OptimismRow(
        cell=row.cell,
        scenario=row.scenario,
        algorithm=row.algorithm,
        claimed=given.claimed,
        confirmed=given.confirmed,
        held_out=held_out,
        default=default,
        gap=given.gap,
        normalised_gap=_normalised(given.gap, row),
        same_steps=given.same_steps,
        worse=(held_out or 0.0) < (default or 0.0) if known else None,
    )


def _normalised(gap: float | None, row: LeaderboardRow) -> float | None:
    if gap is None or row.random is None or row.reference is None:
        return None
    length = row.reference - row.random
    return gap / length if length else None
