"""Is the comparison fair: seeds, their disjointness, equal treatment of both variants."""

from __future__ import annotations

from harness import stats
from harness.analysis import Interim, LeaderboardRow
from harness.core.costs.training_steps import EQUAL
from harness.core.printable_text import quantity
from harness.core.record import CellRecord
from harness.core.run_result import RunResult, Status
from harness.core.seeds import Purpose, purpose_range
from harness.core.settings import Rung
from harness.report.number_format import percent, steps
from harness.report.trust.rule import Evidence, Findings, TrustFinding, cell_rule, fail, warn

_STANDARD = 10


@cell_rule(
    "T01",
    "Enough held-out seeds",
    threshold=f"{_STANDARD} scores per variant, or as many as a sequential test asked for; fewer "
    f"than {stats.MIN_SEEDS} fail",
    why="With few training seeds only huge differences can be told from luck. Raise "
    "test.seeds: only the new runs are trained.",
    good=f"at least {_STANDARD} per variant in {{cells}}",
    bad="fewer in {failing} of {cells}",
)
def _enough_seeds(_: Evidence, _cell: CellRecord, row: LeaderboardRow) -> Findings:
    if row.tuned is None or row.tuned.pending or row.default.pending:
        return None
    fewest = min(row.tuned.finished, row.default.finished)
    if fewest >= _STANDARD or _enough(row.interim, fewest):
        return ()
    text = f"{quantity(fewest, 'score')} in the variant with fewer"
    return ((fail if fewest < stats.MIN_SEEDS else warn)(text),)


def _enough(interim: Interim | None, fewest: int) -> bool:
    """Whether a sequential test found no need of more seeds."""
    return interim is not None and interim.final and fewest >= stats.MIN_SEEDS


@cell_rule(
    "T02",
    "Disjoint seeds",
    threshold="no seed in two rungs, none among the evaluation episodes'",
    why="A configuration chosen on a seed looks better on that seed. Shared seeds turn the "
    "test into part of the search.",
    good="no seed is shared in {cells}",
    bad="shared in {failing} of {cells}",
)
def _disjoint_seeds(evidence: Evidence, cell: CellRecord, _row: LeaderboardRow) -> Findings:
    by_rung = {"search": {trial.seed for trial in cell.trials}}
    for run in cell.runs:
        by_rung.setdefault(run.seed_rung, set()).add(run.seed)
    if not any(by_rung.values()):
        return None
    findings = []
    repeats = evidence.figures[cell.name].shared_seeds
    if repeats:
        findings.append(fail(f"{quantity(len(repeats), 'seed')} in more than one rung"))
    episodes = purpose_range(Purpose.EVALUATION)
    for rung, seeds in by_rung.items():
        inside = [seed for seed in seeds if seed in episodes]
        if inside:
            text = f"{quantity(len(inside), 'seed')} of {rung} may be evaluation episodes' seeds"
            findings.append(fail(text))
    return findings


@cell_rule(
    "T03",
    "All variants treated alike",
    threshold="tuned and default have the same seeds, all variants of a rung the same evaluations, "
    f"and steps within {percent(EQUAL)}",
    why="Any difference in treatment would be taken for an effect of tuning. A learner that "
    "collects long rollouts trains up to one rollout more than it was asked for.",
    good="same seeds, steps and evaluations in {cells}",
    bad="not in {failing} of {cells}",
)
def _equal_treatment(_: Evidence, cell: CellRecord, row: LeaderboardRow) -> Findings:
    by_rung = _complete(cell)
    if row.tuned is None or not any(by_rung.values()):
        return None
    findings: list[TrustFinding] = []
    if set(row.tuned.seeds) != set(row.default.seeds):
        findings.append(fail("other seeds for tuned than for default"))
    for rung, results in by_rung.items():
        lengths = {result.steps for result in results}
        if lengths and max(lengths) / max(1, min(lengths)) - 1 > EQUAL:
            text = f"{rung}: runs of {steps(min(lengths))} to {steps(max(lengths))} steps"
            findings.append(fail(text))
        points = {len(result.evaluations) for result in results}
        if len(points) > 1:
            findings.append(fail(f"{rung}: {min(points)} to {max(points)} evaluations per run"))
    return findings


def _complete(cell: CellRecord) -> dict[Rung, list[RunResult]]:
    """Results of the complete runs of each rung in which variants are compared."""
    results: dict[Rung, list[RunResult | None]] = {
        Rung.SEARCH: [trial.result for trial in cell.trials]
    }
    for rung in (Rung.CONFIRM, Rung.TEST):
        # Members of an ensemble share out its steps, and are told of where it is named.
        ensembles = {each.name for each in cell.cell.ensembles}
        runs = [each for each in cell.runs if each.rung is rung and each.variant not in ensembles]
        results[rung] = [run.result for run in runs]
    return {
        rung: [each for each in some if each is not None and each.status is Status.COMPLETE]
        for rung, some in results.items()
    }


@cell_rule(
    "T04",
    "Search and test of the same length",
    threshold="equal environment steps",
    why="What is best after a short training need not be best after a long one, and the "
    "optimism then mixes luck with length.",
    good="the same steps in {cells}",
    bad="other steps in {failing} of {cells}",
)
def _equal_length(_: Evidence, _cell: CellRecord, row: LeaderboardRow) -> Findings:
    if row.search_steps == row.steps:
        return ()
    text = f"trials of {steps(row.search_steps)} steps, test of {steps(row.steps)}"
    return (warn(text),)


@cell_rule(
    "T05",
    "Winner confirmed on fresh seeds",
    threshold="at least 3 scores behind the choice",
    why="The best of many single-seed trials is mostly the luckiest one. Raise confirm.seeds.",
    good="at least 3 in {cells}",
    bad="fewer in {failing} of {cells}",
)
def _confirmed_winner(_: Evidence, cell: CellRecord, _row: LeaderboardRow) -> Findings:
    runs = () if cell.winner is None else cell.runs_of(Rung.CONFIRM, cell.winner)
    if not runs:
        return None
    score_count = sum(run.score is not None for run in runs)
    if score_count >= 3:
        return ()
    text = f"the winner was chosen from {quantity(score_count, 'score')}"
    return (warn(text),)
