"""Tuned against default, cell by cell: everything a row of the leaderboard shows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from harness import stats
from harness.analysis.cell_notes import (
    adaptive_seeds_note,
    disagreement_notes,
    notes,
    raised_seeds_note,
    repeats_note,
    unstable_note,
)
from harness.analysis.cell_verdicts import Judgement, judge_cells
from harness.analysis.interim_analyses import Interim, interims
from harness.analysis.leaderboard_rows import (
    CellCost,
    Difference,
    LeaderboardRow,
    Optimism,
    State,
    TrialCounts,
    Word,
)
from harness.analysis.variant_scores import (
    VariantScores,
    confirm_scores,
    none_for_nan,
    scores_array,
    test_scores,
)
from harness.core.costs.search_budget import count_planned_trials
from harness.core.progress.remaining import Remaining, remaining_in
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import DEFAULT, TUNED, Variant
from harness.core.run_result import Status
from harness.core.scenario import Score
from harness.core.settings import Rung


def leaderboard(record: CampaignRecord) -> tuple[LeaderboardRow, ...]:
    """One row per cell: scenarios in the order of the matrix, best tuned mean first in each."""
    looks = interims(record)
    judgements = judge_cells(record, looks)
    work = remaining_in(record, {name: look.final for name, look in looks.items()})
    rows = [
        _row(
            cell,
            judgements[cell.name],
            looks.get(cell.name),
            work[cell.name],
            record.raised_seeds(cell.name),
            len(record.searches(cell)),
        )
        for cell in record.first_searches
    ]
    table: list[LeaderboardRow] = []
    for scenario in dict.fromkeys(row.scenario for row in rows):
        table += rank_rows([row for row in rows if row.scenario == scenario])
    return tuple(table)


def _row(
    cell: CellRecord,
    judgement: Judgement,
    interim: Interim | None,
    work: Remaining,
    raised_from: tuple[int, ...],
    searches: int,
) -> LeaderboardRow:
    settings, scenario = cell.cell, cell.cell.scenario
    tuned = test_scores(cell, TUNED) if cell.winner is not None else None
    default = test_scores(cell, DEFAULT)
    extra_names = [name for name in cell.tested_variants if name not in {DEFAULT, TUNED}]
    variants = tuple(
        test_scores(cell, name) for name in extra_names if cell.runs_of(Rung.TEST, name)
    )
    counts = _counts(cell)
    pending = work.awaited - work.transfer.least
    needs_seeds = interim is not None and not interim.final
    state = _state(cell, tuned, default, pending, counts, needs_seeds=needs_seeds)
    random, reference = _value(scenario.random), _value(scenario.reference)
    all_variants = [default, *variants] if tuned is None else [tuned, default, *variants]
    open_runs = tuned is None or tuned.pending + default.pending > 0 or needs_seeds
    verdict = None if open_runs else judgement.word
    return LeaderboardRow(
        cell=cell.name,
        scenario=scenario.name,
        algorithm=settings.algorithm.name,
        title=settings.algorithm.title,
        state=state,
        rank=None,
        rank_to=None,
        tuned=tuned,
        default=default,
        variants=variants,
        against=settings.test.against,
        margin=settings.test.margin,
        difference=judgement.difference,
        verdict=verdict,
        interim=interim,
        raised_from=raised_from,
        winner=cell.winner,
        optimism=_optimism(cell, tuned, default),
        normalised_tuned=_normalised(tuned, random, reference),
        normalised_default=_normalised(default, random, reference),
        steps=settings.test.steps,
        search_steps=settings.search.steps,
        trials=counts,
        spent=_cell_cost(cell),
        baseline=settings.baseline,
        threshold=scenario.threshold,
        random=random,
        reference=reference,
        pending=work.awaited,
        remaining=work,
        notes=(
            *notes(cell, all_variants, counts, pending),
            *unstable_note(verdict, judgement.difference),
            *raised_seeds_note(raised_from),
            *repeats_note(searches),
            *_notes_of_verdict(cell, verdict, judgement.difference, interim),
        ),
    )


def _notes_of_verdict(
    cell: CellRecord, verdict: Word | None, difference: Difference | None, interim: Interim | None
) -> tuple[str, ...]:
    if interim and cell.winner != DEFAULT:
        return adaptive_seeds_note(interim)
    return disagreement_notes(verdict, difference)


def _counts(cell: CellRecord) -> TrialCounts:
    statuses = [(trial.number, trial.result.status) for trial in cell.trials if trial.result]
    by_status = Counter(status for _, status in statuses)
    return TrialCounts(
        rivals=sum(number > 0 and status is Status.COMPLETE for number, status in statuses),
        complete=by_status[Status.COMPLETE],
        pruned=by_status[Status.PRUNED],
        failed=by_status[Status.FAILED],
        planned=count_planned_trials(cell),
    )


def _state(
    cell: CellRecord,
    tuned: VariantScores | None,
    default: VariantScores,
    pending: int,
    counts: TrialCounts,
    *,
    needs_seeds: bool,
) -> State:
    if pending or tuned is None or needs_seeds:
        return "unfinished"
    if cell.closed is not None and not counts.rivals:
        return "unfinished"
    others = [trial.result for trial in cell.trials if trial.number > 0 and trial.result]
    is_broken = bool(others) and all(result.status is Status.FAILED for result in others)
    return "complete" if tuned.finished and default.finished and not is_broken else "failed"


def _optimism(cell: CellRecord, tuned: VariantScores | None, default: VariantScores) -> Optimism:
    best = next(iter(cell.ranked_trials), None)
    claim = None if best is None else best.score
    tuned_mean = None if tuned is None else tuned.mean
    confirm_mean, shrunk = _winner_means(cell)
    return Optimism(
        claimed=claim,
        best_confirmed=None
        if best is None
        else confirm_scores(cell, Variant.of_trial(best.number)).mean,
        confirmed=confirm_mean,
        shrunk=shrunk,
        held_out=tuned_mean,
        default=default.mean,
        gap=None if claim is None or tuned_mean is None else claim - tuned_mean,
        same_steps=cell.cell.search.steps == cell.cell.test.steps,
    )


def _winner_means(cell: CellRecord) -> tuple[float | None, float | None]:
    """Mean of the winner on the confirm seeds, as it is and drawn towards the other candidates'."""
    variants = dict.fromkeys(run.variant for run in cell.runs if run.rung is Rung.CONFIRM)
    scores = {each: confirm_scores(cell, each) for each in variants}
    if cell.winner is None or cell.winner not in scores:
        return None, None
    winner = scores.pop(cell.winner)
    others = [scores_array(each) for each in scores.values()]
    return winner.mean, none_for_nan(stats.shrunk_mean(scores_array(winner), others))


def _cell_cost(cell: CellRecord) -> CellCost:
    return CellCost(
        cpu=math.fsum(result.cost.cpu for result in cell.results),
        wall=math.fsum(result.cost.wall for result in cell.results),
        steps=sum(result.steps for result in cell.results),
        runs=len(cell.results),
    )


def _value(score: Score | None) -> float | None:
    return None if score is None else score.value


def _normalised(
    sample: VariantScores | None, random: float | None, reference: float | None
) -> float | None:
    if sample is None or sample.mean is None or random is None or reference is None:
        return None
    return none_for_nan(stats.normalise(sample.mean, random, reference))


def rank_rows(rows: Sequence[LeaderboardRow]) -> list[LeaderboardRow]:
    """Sort by tuned mean; a place is excluded only by a test that separates two rows."""
    means = [(row.tuned.mean, row) for row in rows if row.tuned and row.tuned.mean is not None]
    best_first = [row for _, row in sorted(means, key=lambda pair: (-pair[0], pair[1].cell))]
    tuned = [row.tuned for row in best_first if row.tuned is not None]
    ranges = stats.rank_ranges(
        [scores_array(variant) for variant in tuned], [len(variant.failed) for variant in tuned]
    )
    with_ranks = [
        replace(row, rank=first, rank_to=last)
        for row, (first, last) in zip(best_first, ranges, strict=True)
    ]
    return with_ranks + [row for row in rows if row.tuned is None or row.tuned.mean is None]
