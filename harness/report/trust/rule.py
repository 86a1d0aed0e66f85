"""Rule: one numbered check of a campaign, and what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.analysis import EdgeRow, LeaderboardRow, PrunerRegret, TrustFigures
from harness.core.record import CampaignRecord, CellRecord

__all__ = ["Check", "Evidence", "Finding", "Measured", "Rule", "Status", "per_cell", "worst"]

Status = Literal["pass", "warn", "fail", "not applicable"]
_WORST: tuple[Status, ...] = ("fail", "warn", "pass", "not applicable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What rules look at.

    Attributes:
        record: The campaign.
        rows: Its leaderboard.
        cells: Cell name -> its record.
        figures: Cell name -> figures that nothing else shows.
        foresight: Cell name -> what its early evaluations told.
        edges: Best values at the edge of their range.
    """

    record: CampaignRecord
    rows: tuple[LeaderboardRow, ...]
    cells: Mapping[str, CellRecord]
    figures: Mapping[str, TrustFigures]
    foresight: Mapping[str, PrunerRegret]
    edges: tuple[EdgeRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong, and with which cell; empty for the campaign as a whole."""

    status: Literal["warn", "fail"]
    text: str
    cell: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A check's measurement.

    Attributes:
        value: What was found, in words.
        findings: What is wrong; none means that the check passes.
        applies: Whether there was anything to check.
    """

    value: str
    findings: tuple[Finding, ...] = ()
    applies: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A check, described.

    Attributes:
        id: ``T01``; never given to another check.
        title: A few words.
        threshold: When it passes, in words.
        why: What a breach means for the numbers, and what helps.
        measure: Does it.
    """

    id: str
    title: str
    threshold: str
    why: str
    measure: Callable[[Evidence], Measured]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A rule applied to a campaign."""

    id: str
    title: str
    status: Status
    value: str
    threshold: str
    why: str
    findings: tuple[Finding, ...]


def per_cell(
    evidence: Evidence,
    look: Callable[[CellRecord, LeaderboardRow], Sequence[Finding] | None],
    good: str,
    bad: str,
) -> Measured:
    """Look at every cell.

    Args:
        evidence: The campaign.
        look: Cell -> what is wrong with it; None where there is nothing to check yet.
        good: Value if nothing is wrong; ``{cells}`` are the cells looked at.
        bad: Value if something is; ``{found}`` are the cells with findings, ``{cells}`` likewise.
    """
    findings: list[Finding] = []
    cells = found = 0
    for row in evidence.rows:
        here = look(evidence.cells[row.cell], row)
        if here is None:
            continue
        cells += 1
        found += bool(here)
        findings += here
    if not cells:
        return Measured(value="nothing to check yet", applies=False)
    text = (bad if findings else good).format(cells=_cells(cells), found=found)
    return Measured(value=text, findings=tuple(findings))


def worst(statuses: Iterable[Status]) -> Status:
    """The gravest of these; ``pass`` if there are none."""
    found = set(statuses)
    return next((status for status in _WORST if status in found), "pass")


def _cells(amount: int) -> str:
    return f"{amount:,} cell{'' if amount == 1 else 's'}"
