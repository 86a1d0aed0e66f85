"""Rules: one numbered check of a campaign each, and what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from harness.analysis import EdgeRow, LeaderboardRow, PrunerRegret, TrustFigures
from harness.core.printable_text import quantity
from harness.core.progress.remaining import Remaining
from harness.core.record import CampaignRecord, CellRecord

Status = Literal["pass", "warn", "fail", "not applicable"]
_WORST: tuple[Status, ...] = ("fail", "warn", "pass", "not applicable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What rules look at.

    Attributes:
        record: The campaign.
        rows: The campaign's leaderboard.
        cells: Cell name -> its record.
        figures: Cell name -> figures that nothing else shows.
        foresight: Cell name -> how well early evaluations foretold the final score.
        edges: Best values at the edge of their range.
        remaining: Cell name -> runs still to do, of repeated searches too.
    """

    record: CampaignRecord
    rows: tuple[LeaderboardRow, ...]
    cells: Mapping[str, CellRecord]
    figures: Mapping[str, TrustFigures]
    foresight: Mapping[str, PrunerRegret]
    edges: tuple[EdgeRow, ...]
    remaining: Mapping[str, Remaining]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustFinding:
    """What is wrong, and with which cell; empty for the campaign as a whole."""

    status: Literal["warn", "fail"]
    text: str
    cell: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A check's measurement.

    Attributes:
        value: The measurement in words.
        findings: What is wrong; none means that the check passes.
        applies: Whether there was anything to check.
    """

    value: str
    findings: tuple[TrustFinding, ...] = ()
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
    findings: tuple[TrustFinding, ...]


Findings = Sequence[TrustFinding] | None
"""What is wrong with a cell; None where there is nothing to check yet."""

CellCheck = Callable[[Evidence, CellRecord, LeaderboardRow], Findings]


def rule(
    id: str, title: str, *, threshold: str, why: str
) -> Callable[[Callable[[Evidence], Measured]], Rule]:
    """Make a rule of the function below it; see `Rule` for the arguments."""

    def make_rule(measure: Callable[[Evidence], Measured]) -> Rule:
        return Rule(id=id, title=title, threshold=threshold, why=why, measure=measure)

    return make_rule


def cell_rule(
    id: str, title: str, *, threshold: str, why: str, good: str, bad: str
) -> Callable[[CellCheck], Rule]:
    """Make a rule that looks at every cell.

    Args:
        id, title, threshold, why: See `Rule`.
        good: Value if nothing is wrong; ``{cells}`` are the cells looked at.
        bad: Value if something is; ``{failing}`` are the cells with findings, ``{cells}`` likewise.
    """

    def make_rule(check: CellCheck) -> Rule:
        def measure(evidence: Evidence) -> Measured:
            return _measure_cells(evidence, check, good, bad)

        return Rule(id=id, title=title, threshold=threshold, why=why, measure=measure)

    return make_rule


def _measure_cells(evidence: Evidence, check: CellCheck, good: str, bad: str) -> Measured:
    findings: list[TrustFinding] = []
    cells = failing = 0
    for row in evidence.rows:
        wrong = check(evidence, evidence.cells[row.cell], row)
        if wrong is None:
            continue
        cells += 1
        failing += bool(wrong)
        findings += [replace(finding, cell=row.cell) for finding in wrong]
    if not cells:
        return Measured(value="nothing to check yet", applies=False)
    text = (bad if findings else good).format(cells=quantity(cells, "cell"), failing=failing)
    return Measured(value=text, findings=tuple(findings))


def warn(text: str, cell: str = "") -> TrustFinding:
    """A finding to keep in mind."""
    return TrustFinding(status="warn", text=text, cell=cell)


def fail(text: str, cell: str = "") -> TrustFinding:
    """A finding that makes the verdict doubtful."""
    return TrustFinding(status="fail", text=text, cell=cell)


def worst(statuses: Iterable[Status]) -> Status:
    """The gravest of these; ``pass`` if there are none."""
    present = set(statuses)
    return next((status for status in _WORST if status in present), "pass")
