"""Can the search be trusted: its size, its promises, its ranges, its failures."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis import (
    LeaderboardRow,
    ranked_trials,
    searched_parameters,
    shipped_trial,
)
from harness.core.record import CellRecord, Status
from harness.report.number_format import count, number, percent, value
from harness.report.outcomes import outcome
from harness.report.trust.rule import Evidence, Finding, Measured, Rule, per_cell

__all__ = ["RULES"]

_TRIALS = 20
_LOST = 0.5
_FORESIGHT = 0.3
_FAILED, _MOST_FAILED = 0.1, 0.5


def _size(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, row: LeaderboardRow) -> Sequence[Finding] | None:
        told = row.trials.complete + row.trials.pruned + row.trials.failed
        if told < row.trials.planned:
            return None
        if row.trials.complete >= _TRIALS:
            return ()
        text = f"{count(row.trials.complete, 'trial')} of {row.trials.planned} ran to the end"
        return (
            Finding(
                status="warn" if row.trials.complete > 1 else "fail", text=text, cell=cell.name
            ),
        )

    return per_cell(
        evidence,
        look,
        f"at least {_TRIALS} complete trials in {{cells}}",
        "fewer in {found} of {cells}",
    )


def _optimism(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, row: LeaderboardRow) -> Sequence[Finding] | None:
        promise = row.optimism
        if promise.claimed is None or promise.held_out is None or promise.default is None:
            return None
        promised = promise.claimed - promise.default
        if row.kept_default or promised <= 0:
            return None
        lost = (promise.claimed - promise.held_out) / promised
        if lost <= _LOST:
            return ()
        text = (
            f"promised {number(promise.claimed)}, held-out seeds gave {number(promise.held_out)}: "
            f"{'more than all' if lost > 1 else percent(lost)} of the promised gain is missing"
        )
        return (Finding(status="warn", text=text, cell=cell.name),)

    return per_cell(
        evidence,
        look,
        "at most half of the promised gain missing in {cells}",
        "more missing in {found} of {cells}",
    )


def _worse(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, row: LeaderboardRow) -> Sequence[Finding] | None:
        if row.difference is None or row.verdict is None:
            return None
        if row.difference.difference >= 0:
            return ()
        status = outcome(row)
        text = f"{number(row.difference.difference)} on held-out seeds, {status}"
        return (Finding(status="fail" if status == "worse" else "warn", text=text, cell=cell.name),)

    return per_cell(evidence, look, "in none of {cells}", "in {found} of {cells}")


def _edges(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, _row: LeaderboardRow) -> Sequence[Finding] | None:
        trial = shipped_trial(cell)
        if trial is None or trial.number == 0:
            return None
        return [
            Finding(
                status="warn",
                text=f"{edge.parameter} = {value(edge.value)} at the {edge.side} end of "
                f"{edge.allowed}",
                cell=cell.name,
            )
            for edge in evidence.edges
            if edge.cell == cell.name and edge.shipped
        ]

    return per_cell(
        evidence, look, "no tuned value at an edge in {cells}", "at an edge in {found} of {cells}"
    )


def _pruner(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, _row: LeaderboardRow) -> Sequence[Finding] | None:
        told = evidence.foresight.get(cell.name)
        if told is None or told.pruner == "none":
            return None
        pruning = [e for e in told.evaluations if e.pruned and e.correlation.value is not None]
        if not pruning:
            return None
        first = pruning[0]
        correlation = first.correlation.value or 0.0
        if correlation >= _FORESIGHT:
            return ()
        text = (
            f"at {percent(first.part)} of training, where pruning began, the rank correlation with "
            f"the final score is {number(correlation)}"
        )
        return (Finding(status="warn", text=text, cell=cell.name),)

    return per_cell(
        evidence, look, "high enough in {cells} with pruning", "low in {found} of {cells}"
    )


def _importances(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, _row: LeaderboardRow) -> Sequence[Finding] | None:
        if not cell.importances:
            return None
        trials, parameters = len(ranked_trials(cell)), len(searched_parameters(cell))
        if trials >= 2 * parameters:
            return ()
        text = f"{count(trials, 'complete trial')} for {count(parameters, 'hyperparameter')}"
        return (Finding(status="warn", text=text, cell=cell.name),)

    return per_cell(evidence, look, "enough trials in {cells}", "too few in {found} of {cells}")


def _failed_trials(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, row: LeaderboardRow) -> Sequence[Finding] | None:
        told = row.trials.complete + row.trials.pruned + row.trials.failed
        if not told:
            return None
        share = row.trials.failed / told
        if share <= _FAILED:
            return ()
        text = f"{row.trials.failed} of {count(told, 'trial')} failed"
        return (
            Finding(status="fail" if share > _MOST_FAILED else "warn", text=text, cell=cell.name),
        )

    return per_cell(evidence, look, "at most 10 % in {cells}", "more in {found} of {cells}")


def _default_tried(evidence: Evidence) -> Measured:
    def look(cell: CellRecord, _row: LeaderboardRow) -> Sequence[Finding] | None:
        first = next((trial for trial in cell.trials if trial.number == 0), None)
        if first is None or first.result is None:
            return None
        if first.result.status is Status.COMPLETE:
            return ()
        text = f"trial 0, the default, ended {first.result.status.value}"
        return (Finding(status="warn", text=text, cell=cell.name),)

    return per_cell(evidence, look, "complete in {cells}", "missing in {found} of {cells}")


RULES = (
    Rule(
        id="T06",
        title="Optimism of the search",
        threshold="at most half of the gain that the best trial promised is missing in the test",
        why="The best of many noisy trials is too good to be true. A large gap means that the "
        "search chased luck: fewer trials with more seeds, or longer trials, would help.",
        measure=_optimism,
    ),
    Rule(
        id="T07",
        title="Tuned below default",
        threshold="in no cell; a verdict of worse fails",
        why="Tuning that ends below the default costs twice: its compute, and the score.",
        measure=_worse,
    ),
    Rule(
        id="T08",
        title="Best values inside their ranges",
        threshold="no tuned value within 5 % of an end of its range",
        why="A value at the edge says that the best one may lie outside. Widen the range; the "
        "algorithm's page has the lines for the matrix.",
        measure=_edges,
    ),
    Rule(
        id="T09",
        title="Foresight of the pruner",
        threshold=f"rank correlation of at least {_FORESIGHT} where pruning begins",
        why="Where early scores say little about final ones, the pruner throws good trials away. "
        "Let it start later, or do without one.",
        measure=_pruner,
    ),
    Rule(
        id="T10",
        title="Enough trials",
        threshold=f"{_TRIALS} complete trials per search",
        why="A sampler learns little from fewer; most of them are its random start.",
        measure=_size,
    ),
    Rule(
        id="T11",
        title="Failed trials",
        threshold="at most 10 % of a search's trials; more than 50 % fail",
        why="Trials that crash or diverge are lost budget and often mark a range that is too wide.",
        measure=_failed_trials,
    ),
    Rule(
        id="T12",
        title="Enough trials for the importances",
        threshold="two complete trials per hyperparameter",
        why="Importances from fewer trials are a rough hint: read the order, not the shares.",
        measure=_importances,
    ),
    Rule(
        id="T13",
        title="Default among the trials",
        threshold="trial 0 is the library's default and ran to the end",
        why="Without it the search cannot see what it has to beat.",
        measure=_default_tried,
    ),
)
