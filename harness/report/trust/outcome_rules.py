"""Can the held-out scores be trusted: failures, unfinished learning, ceilings, power."""

from __future__ import annotations

from harness import stats
from harness.analysis import LeaderboardRow, VariantScores
from harness.analysis.variant_scores import scores_array
from harness.core.printable_text import quantity
from harness.core.record import CellRecord
from harness.core.run_result import RunResult
from harness.report.number_format import number, percent, percent_above
from harness.report.outcomes import outcome
from harness.report.trust.rule import (
    Evidence,
    Findings,
    Measured,
    TrustFinding,
    cell_rule,
    fail,
    rule,
    warn,
)

_FAILURE_SHARE = 0.2
_RISE = 0.05
_CEILING = 0.98
_CROWD = 0.5
_DETECTABLE = 0.2
_DIVERGENCE_SHARE = 0.1


@cell_rule(
    "T14",
    "Failed test runs",
    threshold="none; more than 20 % of a variant's fail",
    why="Failed runs have no score and count for nobody: a variant that loses its worst seeds "
    "looks better than it is.",
    good="none in {cells}",
    bad="some in {failing} of {cells}",
)
def _failed_test_runs(_: Evidence, _cell: CellRecord, row: LeaderboardRow) -> Findings:
    variants = [row.default] if row.tuned is None else [row.default, row.tuned]
    if all(variant.pending == len(variant.seeds) for variant in variants):
        return None
    return [_failure(variant) for variant in variants if variant.failed]


def _failure(variant: VariantScores) -> TrustFinding:
    failures, runs = len(variant.failed), len(variant.seeds)
    text = f"{failures} of {quantity(runs, f'{variant.variant} run')} failed"
    return (fail if failures / runs > _FAILURE_SHARE else warn)(text)


@cell_rule(
    "T15",
    "Learning had ended",
    threshold="at most 5 % of the tuned variant's gain in its late evaluations",
    why="Where curves still rise, the verdict is about speed, not about the end. Raise "
    "test.steps to see who wins in the long run.",
    good="flat at the end in {cells}",
    bad="still rising in {failing} of {cells}",
)
def _flat_curves(evidence: Evidence, cell: CellRecord, _row: LeaderboardRow) -> Findings:
    rising = evidence.figures[cell.name].rising
    share = evidence.figures[cell.name].rising_share
    if rising is None or rising.low is None or share is None:
        return None
    if rising.low <= 0 or share <= _RISE:
        return ()
    text = f"tuned gained another {percent_above(share, _RISE)} in the late evaluations"
    return (warn(text),)


@cell_rule(
    "T16",
    "Room above the default",
    threshold=f"default below {percent(_CEILING)} of the way to the reference score, at most "
    "half of the runs at the cell's best score",
    why="Where the default already reaches the top, no tuning can show an improvement.",
    good="room above in {cells}",
    bad="reached in {failing} of {cells}",
)
def _room_above(evidence: Evidence, cell: CellRecord, row: LeaderboardRow) -> Findings:
    if row.default.mean is None or row.tuned is None or row.tuned.mean is None:
        return None
    share = row.normalised_default
    if share is not None and share >= _CEILING:
        text = f"the default is {percent(share)} of the way to the reference score"
        return (warn(text),)
    crowd = evidence.figures[cell.name].at_ceiling
    if crowd is not None and crowd > _CROWD:
        text = f"{percent_above(crowd, _CROWD)} of all runs have the best score of the cell"
        return (warn(text),)
    return ()


@cell_rule(
    "T17",
    "Power where no difference is clear",
    threshold="a difference of 20 % of the scale would have been seen with 80 % power",
    why="No clear difference from a weak test is no evidence that there is none. Seeds that are "
    "added now, because of it, make false verdicts frequent: plan a new campaign with more, or "
    "with a rule that adds them, `test: {seeds: {start: ..., step: ..., max: ...}}`.",
    good="small ones would have been seen in {cells}",
    bad="too small in {failing} of {cells}",
)
def _power(_: Evidence, _cell: CellRecord, row: LeaderboardRow) -> Findings:
    detectable = None if row.difference is None else row.difference.detectable
    if outcome(row) not in {"no clear difference", "undecided"} or detectable is None:
        return None
    scale = _scale(row)
    if scale == 0 or detectable / scale <= _DETECTABLE:
        return ()
    beyond = "" if row.margin is None else " beyond the margin"
    part = percent_above(detectable / scale, _DETECTABLE)
    text = (
        f"only differences of {number(detectable)} or more{beyond} would have been seen with "
        f"80 % power, {part} of the scale; a fifth of it takes "
        f"{_seeds_for(row, _DETECTABLE * scale)}"
    )
    return (warn(text),)


def _seeds_for(row: LeaderboardRow, difference: float) -> str:
    level = None if row.difference is None else row.difference.level
    if row.tuned is None or level is None:
        return "more seeds"
    samples = scores_array(row.tuned), scores_array(row.default)
    seeds = stats.seeds_for_difference(*samples, difference, alpha=level)
    most = f"more than {stats.MOST_SEEDS:,} seeds"
    return most if seeds is None else f"about {quantity(seeds, 'seed')} per variant"


def _scale(row: LeaderboardRow) -> float:
    if row.random is not None and row.reference is not None:
        return abs(row.reference - row.random)
    return abs(row.default.mean or 0.0)


@cell_rule(
    "T18",
    "Divergence",
    threshold="no test run, at most 10 % of the trials",
    why="A configuration that sometimes ends in NaN is not ready for use.",
    good="none in {cells}",
    bad="some in {failing} of {cells}",
)
def _divergence(_: Evidence, cell: CellRecord, _row: LeaderboardRow) -> Findings:
    trials = [trial.result for trial in cell.trials if trial.result is not None]
    # One that is default and tuned is one run.
    tested = (run.result for run in cell.runs if run.rung == "test")
    runs = {result.run_id: result for result in tested if result is not None}
    if not trials and not runs:
        return None
    findings = []
    divergences = sum(_is_diverged(result) for result in runs.values())
    if divergences:
        findings.append(fail(f"{quantity(divergences, 'test run')} diverged"))
    divergences = sum(_is_diverged(result) for result in trials)
    if trials and divergences / len(trials) > _DIVERGENCE_SHARE:
        findings.append(warn(f"{divergences} of {quantity(len(trials), 'trial')} diverged"))
    return findings


def _is_diverged(result: RunResult) -> bool:
    return result.failure is not None and result.failure.kind == "diverged"


@rule(
    "T19",
    "Fixed scores to normalise by",
    threshold="every scenario has a random and a reference score",
    why="Scenarios without them cannot enter the figures over all scenarios.",
)
def _references(evidence: Evidence) -> Measured:
    rows = {row.scenario: row for row in evidence.rows}
    names = [name for name, row in rows.items() if row.random is None or row.reference is None]
    if not rows:
        return Measured(value="no scenario", applies=False)
    findings = tuple(warn(f"{name} has no {_absent(rows[name])} score") for name in names)
    complete = len(rows) - len(names)
    return Measured(value=f"{complete} of {quantity(len(rows), 'scenario')}", findings=findings)


def _absent(row: LeaderboardRow) -> str:
    ends = {"random": row.random, "reference": row.reference}
    return " and no ".join(name for name, score in ends.items() if score is None)
