"""Can the search be trusted: its size, its optimism, its ranges, its failures."""

from __future__ import annotations

from harness.analysis import LeaderboardRow, TrialCounts, find_best_trial, searched_parameters
from harness.core.printable_text import quantity
from harness.core.record import CellRecord
from harness.core.run_result import Status
from harness.report.number_format import number, percent, percent_above, value
from harness.report.outcomes import outcome
from harness.report.trust.rule import Evidence, Findings, cell_rule, fail, warn

_TRIALS = 20
_MISSING = 0.5
_FORESIGHT = 0.3
_FAILURE_SHARE, _MOST_FAILURES = 0.1, 0.5


@cell_rule(
    "T06",
    "Optimism of the search",
    threshold="at most half of the gain that the best trial promised is missing in the test",
    why="The best of many noisy trials is too good to be true. A large gap means that the "
    "search chased luck: fewer trials with more seeds, or longer trials, would help.",
    good="at most half of the promised gain missing in {cells}",
    bad="more missing in {failing} of {cells}",
)
def _optimism(_: Evidence, _cell: CellRecord, row: LeaderboardRow) -> Findings:
    optimism = row.optimism
    if optimism.claimed is None or optimism.held_out is None or optimism.default is None:
        return None
    gain = optimism.claimed - optimism.default
    if row.kept_default or gain <= 0:
        return None
    shortfall = (optimism.claimed - optimism.held_out) / gain
    if shortfall <= _MISSING:
        return ()
    share = "more than all" if shortfall > 1 else percent_above(shortfall, _MISSING)
    text = (
        f"promised {number(optimism.claimed)}, held-out seeds gave {number(optimism.held_out)}: "
        f"{share} of the promised gain is missing"
    )
    return (warn(text),)


@cell_rule(
    "T07",
    "Tuned below default",
    threshold="in no cell; a verdict of worse fails",
    why="Tuning that ends below the default costs twice: its compute, and the score.",
    good="in none of {cells}",
    bad="in {failing} of {cells}",
)
def _tuned_below_default(_: Evidence, _cell: CellRecord, row: LeaderboardRow) -> Findings:
    if row.difference is None or row.verdict is None:
        return None
    if row.difference.difference >= 0:
        return ()
    status = outcome(row)
    text = f"{number(row.difference.difference)} on held-out seeds, {status}"
    return ((fail if status == "worse" else warn)(text),)


@cell_rule(
    "T08",
    "Best values inside their ranges",
    threshold="no tuned value within 5 % of an end of its range",
    why="A value at the edge says that the best one may lie outside. Widen the range; the "
    "algorithm's page has the lines for the matrix.",
    good="no tuned value at an edge in {cells}",
    bad="at an edge in {failing} of {cells}",
)
def _inside_ranges(evidence: Evidence, cell: CellRecord, _row: LeaderboardRow) -> Findings:
    trial = find_best_trial(cell)
    if trial is None or trial.number == 0:
        return None
    return [
        warn(f"{edge.parameter} = {value(edge.value)} at the {edge.side} end of {edge.allowed}")
        for edge in evidence.edges
        if edge.cell == cell.name and edge.shipped
    ]


@cell_rule(
    "T09",
    "Foresight of the pruner",
    threshold=f"rank correlation of at least {_FORESIGHT} where pruning begins",
    why="Where early scores say little about final ones, the pruner throws good trials away. "
    "Let it start later, or do without one.",
    good="high enough in {cells} with pruning",
    bad="low in {failing} of {cells}",
)
def _pruner_foresight(evidence: Evidence, cell: CellRecord, _row: LeaderboardRow) -> Findings:
    foresight = evidence.foresight.get(cell.name)
    if foresight is None or foresight.pruner == "none":
        return None
    pruning = [e for e in foresight.evaluations if e.pruned and e.correlation.value is not None]
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
    return (warn(text),)


@cell_rule(
    "T10",
    "Enough trials",
    threshold=f"{_TRIALS} complete trials per search",
    why="A sampler learns little from fewer; most of them are its random start.",
    good=f"at least {_TRIALS} complete trials in {{cells}}",
    bad="fewer in {failing} of {cells}",
)
def _enough_trials(_: Evidence, _cell: CellRecord, row: LeaderboardRow) -> Findings:
    if _outcome_count(row.trials) < row.trials.planned:
        return None
    if row.trials.complete >= _TRIALS:
        return ()
    text = f"{quantity(row.trials.complete, 'trial')} of {row.trials.planned} ran to the end"
    return ((warn if row.trials.complete > 1 else fail)(text),)


@cell_rule(
    "T11",
    "Failed trials",
    threshold="at most 10 % of a search's trials; more than 50 % fail",
    why="Trials that crash or diverge are lost budget and often mark a range that is too wide.",
    good="at most 10 % in {cells}",
    bad="more in {failing} of {cells}",
)
def _failed_trials(_: Evidence, _cell: CellRecord, row: LeaderboardRow) -> Findings:
    total = _outcome_count(row.trials)
    if not total:
        return None
    share = row.trials.failed / total
    if share <= _FAILURE_SHARE:
        return ()
    text = f"{row.trials.failed} of {quantity(total, 'trial')} failed"
    return ((fail if share > _MOST_FAILURES else warn)(text),)


@cell_rule(
    "T12",
    "Enough trials for the importances",
    threshold="two complete trials per hyperparameter",
    why="Importances from fewer trials are a rough hint: read the order, not the shares.",
    good="enough trials in {cells}",
    bad="too few in {failing} of {cells}",
)
def _importance_trials(_: Evidence, cell: CellRecord, _row: LeaderboardRow) -> Findings:
    if not cell.importances:
        return None
    trials, parameters = len(cell.ranked_trials), len(searched_parameters(cell))
    if trials >= 2 * parameters:
        return ()
    text = f"{quantity(trials, 'complete trial')} for {quantity(parameters, 'hyperparameter')}"
    return (warn(text),)


@cell_rule(
    "T13",
    "Default among the trials",
    threshold="trial 0 is the library's default and ran to the end",
    why="Without it the search cannot see what it has to beat.",
    good="complete in {cells}",
    bad="missing in {failing} of {cells}",
)
def _default_trial(_: Evidence, cell: CellRecord, _row: LeaderboardRow) -> Findings:
    first = next((trial for trial in cell.trials if trial.number == 0), None)
    if first is None or first.result is None:
        return None
    if first.result.status is Status.COMPLETE:
        return ()
    text = f"trial 0, the default, ended {first.result.status.value}"
    return (warn(text),)


def _outcome_count(trials: TrialCounts) -> int:
    return trials.complete + trials.pruned + trials.failed
