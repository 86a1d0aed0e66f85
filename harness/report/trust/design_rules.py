"""Is the comparison fair: seeds, their disjointness, equal treatment of both arms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from harness import stats
from harness.analysis import Interim, LeaderboardRow
from harness.core.plan import DEFAULT, TUNED
from harness.core.record import CellRecord, RunRecord, Status
from harness.core.seeds import Purpose, purpose_range
from harness.report.number_format import count, steps
from harness.report.trust.rule import Evidence, Finding, Measured, Rule, per_cell

__all__ = ["RULES"]

_STANDARD = 10
# An on-policy learner ends with its last whole rollout: a little more than it was asked for.
_MORE_STEPS, _OTHER_BUDGET = 0.05, 0.2


def _seeds(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, row: LeaderboardRow) -> Sequence[Finding] | None:
        if row.tuned is None or row.tuned.pending or row.default.pending:
            return None
        fewest = min(row.tuned.finished, row.default.finished)
        if fewest >= _STANDARD or _enough(row.interim, fewest):
            return ()
        text = f"{count(fewest, 'score')} in the smaller arm"
        return (
            Finding(
                status="fail" if fewest < stats.MIN_SEEDS else "warn", text=text, cell=cell.name
            ),
        )

    return per_cell(
        evidence, look, f"at least {_STANDARD} per arm in {{cells}}", "fewer in {found} of {cells}"
    )


def _enough(interim: Interim | None, fewest: int) -> bool:
    """Whether a sequential test found no need of more seeds."""
    return interim is not None and interim.final and fewest >= stats.MIN_SEEDS


def _disjoint(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, _row: LeaderboardRow) -> Sequence[Finding] | None:
        named = {"search": {trial.seed for trial in cell.trials}}
        for run in cell.runs:
            named.setdefault(run.rung, set()).add(run.seed)
        if not any(named.values()):
            return None
        found = []
        shared = evidence.figures[cell.name].shared_seeds
        if shared:
            text = f"{count(len(shared), 'seed')} in more than one rung"
            found.append(Finding(status="fail", text=text, cell=cell.name))
        episodes = purpose_range(Purpose.EVALUATION)
        for rung, seeds in named.items():
            inside = [seed for seed in seeds if seed in episodes]
            if inside:
                text = f"{count(len(inside), 'seed')} of {rung} may be evaluation episodes' seeds"
                found.append(Finding(status="fail", text=text, cell=cell.name))
        return found

    return per_cell(evidence, look, "no seed is shared in {cells}", "shared in {found} of {cells}")


def _equal_arms(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, row: LeaderboardRow) -> Sequence[Finding] | None:
        tuned, default = (_finished(cell, variant) for variant in (TUNED, DEFAULT))
        if row.tuned is None or not tuned or not default:
            return None
        found: list[Finding] = []
        if set(row.tuned.seeds) != set(row.default.seeds):
            text = "other seeds for tuned than for default"
            found.append(Finding(status="fail", text=text, cell=cell.name))
        trained = {run.result.steps for run in (*tuned, *default) if run.result is not None}
        more = max(trained) / max(1, min(trained)) - 1
        if more > _MORE_STEPS:
            text = f"runs of {steps(min(trained))} to {steps(max(trained))} steps"
            status: Literal["warn", "fail"] = "fail" if more > _OTHER_BUDGET else "warn"
            found.append(Finding(status=status, text=text, cell=cell.name))
        points = {len(run.result.evaluations) for run in (*tuned, *default) if run.result}
        if len(points) > 1:
            text = f"{min(points)} to {max(points)} evaluations per run"
            found.append(Finding(status="fail", text=text, cell=cell.name))
        return found

    return per_cell(
        evidence, look, "same seeds, steps and evaluations in {cells}", "not in {found} of {cells}"
    )


def _finished(cell: CellRecord, variant: str) -> list[RunRecord]:
    return [
        run
        for run in cell.runs
        if run.rung == "test"
        and run.variant == variant
        and run.result is not None
        and run.result.status is Status.COMPLETE
    ]


def _budgets(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, row: LeaderboardRow) -> Sequence[Finding] | None:
        if row.search_steps == row.steps:
            return ()
        text = f"trials of {steps(row.search_steps)} steps, test of {steps(row.steps)}"
        return (Finding(status="warn", text=text, cell=cell.name),)

    return per_cell(
        evidence, look, "the same steps in {cells}", "other steps in {found} of {cells}"
    )


def _confirmed(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, _row: LeaderboardRow) -> Sequence[Finding] | None:
        runs = [run for run in cell.runs if run.rung == "confirm" and run.variant == cell.winner]
        if cell.winner is None or not runs:
            return None
        scored = sum(run.result is not None and run.result.score is not None for run in runs)
        if scored >= 3:
            return ()
        text = f"the winner was chosen from {count(scored, 'score')}"
        return (Finding(status="warn", text=text, cell=cell.name),)

    return per_cell(evidence, look, "at least 3 in {cells}", "fewer in {found} of {cells}")


RULES = (
    Rule(
        id="T01",
        title="Enough held-out seeds",
        threshold=f"{_STANDARD} scores per arm, or as many as a sequential test asked for; fewer "
        f"than {stats.MIN_SEEDS} fail",
        why="With few training seeds only huge differences can be told from luck. Raise "
        "test.seeds: only the new runs are trained.",
        measure=_seeds,
    ),
    Rule(
        id="T02",
        title="Disjoint seeds",
        threshold="no seed in two rungs, none among the evaluation episodes'",
        why="A configuration chosen on a seed looks better on that seed. Shared seeds turn the "
        "test into part of the search.",
        measure=_disjoint,
    ),
    Rule(
        id="T03",
        title="Both arms treated alike",
        threshold="tuned and default have the same seeds and evaluations, and steps within 5 %; "
        "more than 20 % fail",
        why="Any difference in treatment would be taken for an effect of tuning. A learner that "
        "collects long rollouts trains up to one rollout more than it was asked for.",
        measure=_equal_arms,
    ),
    Rule(
        id="T04",
        title="Search and test of the same length",
        threshold="equal environment steps",
        why="What is best after a short training need not be best after a long one, and the "
        "optimism then mixes luck with length.",
        measure=_budgets,
    ),
    Rule(
        id="T05",
        title="Winner confirmed on fresh seeds",
        threshold="at least 3 scores behind the choice",
        why="The best of many single-seed trials is mostly the luckiest one. Raise confirm.seeds.",
        measure=_confirmed,
    ),
)
