"""Can the held-out scores be trusted: failures, unfinished learning, ceilings, power."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis import Arm, LeaderboardRow
from harness.core.record import CellRecord, RunResult
from harness.report.number_format import count, number, percent
from harness.report.outcomes import outcome
from harness.report.trust.rule import Evidence, Finding, Measured, Rule, per_cell

__all__ = ["RULES"]

_FAILED = 0.2
_RISE = 0.05
_CEILING = 0.98
_CROWD = 0.5
_DETECTABLE = 0.2
_DIVERGED = 0.1


def _failures(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, row: LeaderboardRow) -> Sequence[Finding] | None:
        arms = [row.default] if row.tuned is None else [row.default, row.tuned]
        if all(arm.pending == len(arm.seeds) for arm in arms):
            return None
        return [_failed(cell, arm) for arm in arms if arm.failed]

    return per_cell(evidence, look, "none in {cells}", "some in {found} of {cells}")


def _failed(cell: CellRecord, arm: Arm) -> Finding:
    share = len(arm.failed) / len(arm.seeds)
    return Finding(
        status="fail" if share > _FAILED else "warn",
        text=f"{len(arm.failed)} of {count(len(arm.seeds), f'{arm.variant} run')} failed",
        cell=cell.name,
    )


def _rising(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, _row: LeaderboardRow) -> Sequence[Finding] | None:
        rising = evidence.figures[cell.name].rising
        share = evidence.figures[cell.name].rising_share
        if rising is None or rising.low is None or share is None:
            return None
        if rising.low <= 0 or share <= _RISE:
            return ()
        text = f"tuned gained another {percent(share)} in the late evaluations"
        return (Finding(status="warn", text=text, cell=cell.name),)

    return per_cell(
        evidence, look, "flat at the end in {cells}", "still rising in {found} of {cells}"
    )


def _ceiling(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, row: LeaderboardRow) -> Sequence[Finding] | None:
        if row.default.mean is None or row.tuned is None or row.tuned.mean is None:
            return None
        place = row.normalised_default
        if place is not None and place >= _CEILING:
            text = f"the default is {percent(place)} of the way to the reference score"
            return (Finding(status="warn", text=text, cell=cell.name),)
        crowd = evidence.figures[cell.name].at_ceiling
        if crowd is not None and crowd > _CROWD:
            text = f"{percent(crowd)} of all runs have the best score of the cell"
            return (Finding(status="warn", text=text, cell=cell.name),)
        return ()

    return per_cell(evidence, look, "room above in {cells}", "reached in {found} of {cells}")


def _power(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, row: LeaderboardRow) -> Sequence[Finding] | None:
        found = row.difference
        if outcome(row) != "no clear difference" or found is None or found.detectable is None:
            return None
        scale = _scale(row)
        if scale == 0 or found.detectable / scale <= _DETECTABLE:
            return ()
        text = (
            f"only differences of {number(found.detectable)} or more would have been seen with "
            f"80 % power, {percent(found.detectable / scale)} of the scale"
        )
        return (Finding(status="warn", text=text, cell=cell.name),)

    return per_cell(
        evidence,
        look,
        "small ones would have been seen in {cells}",
        "too small in {found} of {cells}",
    )


def _scale(row: LeaderboardRow) -> float:
    if row.random is not None and row.reference is not None:
        return abs(row.reference - row.random)
    return abs(row.default.mean or 0.0)


def _diverged(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, _row: LeaderboardRow) -> Sequence[Finding] | None:
        trials = [trial.result for trial in cell.trials if trial.result is not None]
        runs = [run.result for run in cell.runs if run.rung == "test" and run.result is not None]
        if not trials and not runs:
            return None
        findings = []
        lost = sum(_is_diverged(result) for result in runs)
        if lost:
            text = f"{count(lost, 'test run')} diverged"
            findings.append(Finding(status="fail", text=text, cell=cell.name))
        lost = sum(_is_diverged(result) for result in trials)
        if trials and lost / len(trials) > _DIVERGED:
            text = f"{lost} of {count(len(trials), 'trial')} diverged"
            findings.append(Finding(status="warn", text=text, cell=cell.name))
        return findings

    return per_cell(evidence, look, "none in {cells}", "some in {found} of {cells}")


def _is_diverged(result: RunResult) -> bool:
    return result.failure is not None and result.failure.kind == "diverged"


def _references(evidence: Evidence) -> Measured:
    rows = {row.scenario: row for row in evidence.rows}
    missing = [name for name, row in rows.items() if row.random is None or row.reference is None]
    if not rows:
        return Measured(value="no scenario", applies=False)
    findings = [
        Finding(status="warn", text=f"{name} has no {_absent(rows[name])} score")
        for name in missing
    ]
    known = len(rows) - len(missing)
    return Measured(value=f"{known} of {count(len(rows), 'scenario')}", findings=tuple(findings))


def _absent(row: LeaderboardRow) -> str:
    ends = {"random": row.random, "reference": row.reference}
    return " and no ".join(name for name, score in ends.items() if score is None)


RULES = (
    Rule(
        id="T14",
        title="Failed test runs",
        threshold="none; more than 20 % of an arm fail",
        why="Failed runs have no score and count for nobody: an arm that loses its worst seeds "
        "looks better than it is.",
        measure=_failures,
    ),
    Rule(
        id="T15",
        title="Learning had ended",
        threshold="at most 5 % of the tuned arm's gain in its late evaluations",
        why="Where curves still rise, the verdict is about speed, not about the end. Raise "
        "test.steps to see who wins in the long run.",
        measure=_rising,
    ),
    Rule(
        id="T16",
        title="Room above the default",
        threshold=f"default below {percent(_CEILING)} of the way to the reference score, at most "
        "half of the runs at the cell's best score",
        why="Where the default already reaches the top, no tuning can show an improvement.",
        measure=_ceiling,
    ),
    Rule(
        id="T17",
        title="Power where no difference is clear",
        threshold="a difference of 20 % of the scale would have been seen with 80 % power",
        why="No clear difference from a weak test is no evidence that there is none. Add seeds.",
        measure=_power,
    ),
    Rule(
        id="T18",
        title="Divergence",
        threshold="no test run, at most 10 % of the trials",
        why="A configuration that sometimes ends in NaN is not ready for use.",
        measure=_diverged,
    ),
    Rule(
        id="T19",
        title="Fixed scores to normalise by",
        threshold="every scenario has a random and a reference score",
        why="Scenarios without them cannot enter the figures over all scenarios.",
        measure=_references,
    ),
)
