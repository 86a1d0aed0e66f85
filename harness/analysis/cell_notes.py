"""Sentences that qualify the numbers of a cell: what is missing, small or undecided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from harness import stats
from harness.analysis.interim_analyses import Interim
from harness.analysis.leaderboard_rows import Difference, TrialCounts, Word
from harness.analysis.variant_scores import VariantScores
from harness.core.costs.search_budget import (
    count_allowed_trials,
    find_stopping_rule,
    typical_trials,
)
from harness.core.printable_text import quantity
from harness.core.record import CellRecord
from harness.core.run import DEFAULT

GROWTH = "`test: {seeds: {start: ..., step: ..., max: ...}}`"
"""The setting that adds seeds without more false verdicts."""

QUICK_SEEDS = 10
"""With fewer held-out seeds than this a test is a quick look."""


def notes(
    cell: CellRecord, variants: Sequence[VariantScores], trials: TrialCounts, pending: int
) -> tuple[str, ...]:
    """Sentences about a cell, the most important first.

    Args:
        trials: How the trials of the search ended.
    """
    return tuple(_sentences(cell, variants, trials, pending))


def disagreement_notes(word: Word | None, difference: Difference | None) -> tuple[str, ...]:
    """A sentence where one of the two tests alone would have given a verdict."""
    if word != "no clear difference" or difference is None:
        return ()
    welch, permutation = difference.welch_adjusted, difference.permutation_adjusted
    if welch is None or permutation is None:
        return ()
    if (welch < stats.ALPHA) == (permutation < stats.ALPHA):
        return ()
    only, other = "Welch's test", "the permutation test over all cells"
    if permutation < welch:
        only, other = other[:1].upper() + other[1:], only
    would = "improved" if difference.difference > 0 else "worse"
    ends = [stats.p_text(p) for p in sorted([welch, permutation])]
    sentence = (
        f"{only} alone would call this {would} ({ends[0]}), {other} would not "
        f"({ends[1]}, both corrected over all cells); a verdict takes both. In a campaign "
        f"whose seeds grow by a rule, {GROWTH}, more of them can settle it."
    )
    return (sentence,)


def unstable_note(word: Word | None, difference: Difference | None) -> tuple[str, ...]:
    """A sentence where the verdict depends on what failed runs are taken for."""
    if word is None or word not in {"unstable", "undecided"} or difference is None:
        return ()
    if difference.finished_word == difference.worst_case_word:
        return ()
    finished, worst = _QUOTE[difference.finished_word], _QUOTE[difference.worst_case_word]
    sentence = (
        f"{word.capitalize()}: by the runs that ended {finished}, with failed runs as the worst of "
        f"all {worst}; a verdict takes both."
    )
    return (sentence,)


_QUOTE: Final[Mapping[Word, str]] = {
    "improved": "tuning improved the cell",
    "better": "tuning made the cell better by more than the margin",
    "equivalent": "the difference is within the margin",
    "undecided": "it is undecided whether the difference matters",
    "worse": "tuning made the cell worse",
    "no clear difference": "there is no clear difference",
    "too few seeds": "there are too few seeds",
}


def repeats_note(searches: int) -> tuple[str, ...]:
    """That other searches of the cell shipped configurations of their own."""
    if searches == 1:
        return ()
    return (f"The first of {searches} searches; the front page has a table of what they found.",)


def raised_seeds_note(raised_from: Sequence[int]) -> tuple[str, ...]:
    """A sentence where seeds were added after a look at results, without a correction for it."""
    if not raised_from:
        return ()
    before = " and ".join(map(str, raised_from))
    sentence = (
        f"Seeds were raised after the results of {before} had been seen: whoever adds seeds until "
        "a difference appears finds one where there is none in 9 to 13 % of cases, not 5 %. The "
        f"verdict does not know of it; {GROWTH} plans such looks and pays for them."
    )
    return (sentence,)


def adaptive_seeds_note(interim: Interim) -> tuple[str, ...]:
    """A sentence about the number of seeds of a cell to which looks may add seeds."""
    if not interim.final:
        waits = "the first look waits" if not interim.look else "undecided so far; the next waits"
        sentence = (
            f"Held-out seeds are added until it is decided, {interim.most} at most: {waits} until "
            f"all cells with this rule have {interim.seeds}."
        )
    elif interim.has_finding:
        sentence = (
            f"Decided at {interim.seeds} of at most {interim.most} held-out seeds, at look "
            f"{interim.look} of {interim.looks}."
        )
    elif interim.look < interim.looks:
        sentence = f"Given up after {interim.seeds} held-out seeds: all runs of a variant failed."
    else:
        sentence = f"Not decided by all {interim.most} held-out seeds, after {interim.looks} looks."
    aside = (
        " The looks are paid for in the verdict and the interval of the difference; other intervals"
        " and p-values are not corrected for them."
    )
    return (sentence + (aside if interim.looks > 1 and interim.look else ""),)


def _end_of_search(cell: CellRecord) -> Iterator[str]:
    """A sentence about a search that ended before it had all its trials."""
    if cell.closed is not None:
        total = typical_trials(cell.cell)
        about = "" if cell.cell.search.budget is None else "about "
        yield (
            f"Partial: time ran out and the search was closed after {cell.closed} of "
            f"{about}{total} trials; how many fit depends on the machine's speed. "
            "Running the campaign again goes on where it was."
        )
    if cell.sampler_error is not None:
        some = quantity(cell.ended_trial_count, "trial")
        yield (
            f"The sampler failed after {some}: {cell.sampler_error}. "
            "Running the campaign again asks it once more."
        )
    if cell.winner is None:
        return
    if (count := count_allowed_trials(cell.cell, cell.trials)) < len(cell.trials):
        yield (
            f"By its `until` or `budget` of now the search would have ended after {count} of its "
            f"{len(cell.trials)} trials: it was longer when the others were suggested, and none "
            "is taken back."
        )
    elif why := find_stopping_rule(cell.cell, cell.trials):
        most = cell.cell.search.trials
        yield f"The search ended after {len(cell.trials)} of at most {most} trials: {why}."


def _sentences(
    cell: CellRecord, variants: Sequence[VariantScores], trials: TrialCounts, pending: int
) -> Iterator[str]:
    yield from _end_of_search(cell)
    if pending:
        # What follows the confirm rung is planned only once it has decided.
        least = "at least " if cell.winner is None else ""
        still = f"{least}{quantity(pending, 'run')} still to do"
        yield f"Unfinished: {still}; the numbers may still move."
    # While runs are to do, a rival may still end; where the default has won, none did.
    alone = cell.winner == DEFAULT or (not pending and cell.closed is None)
    if not trials.rivals and alone:
        yield f"The default had no rival: {explain_missing_rivals(trials)}."
    elif cell.winner == DEFAULT:
        yield ("The default won the confirm rung and is kept: tuned and default are the same runs.")
    for variant in variants:
        if variant.failed:
            share = f"{len(variant.failed)} of {quantity(len(variant.seeds), 'run')}"
            others = "; mean and interval are over the others" if variant.finished else ""
            yield f"{variant.variant}: {share} failed{others}."
    search, test = cell.cell.search.steps, cell.cell.test.steps
    if search != test:
        yield f"The search trained {search:,} steps, the test {test:,}."
    seeds = max((len(variant.seeds) for variant in variants), default=0)
    if 0 < seeds < QUICK_SEEDS and cell.cell.test.adaptive is None:
        yield f"Quick: {quantity(seeds, 'held-out seed')} per variant, 10 are the standard."
    if trials.complete < 10 and not pending and trials.rivals:
        yield f"Small search: {quantity(trials.complete, 'trial')} ran to the end."


def explain_missing_rivals(trials: TrialCounts) -> str:
    """Why nothing could beat the default, where no other trial ran to the end."""
    if trials.planned == 1:
        return "the search had no other trial"
    if trials.complete + trials.pruned + trials.failed <= 1:
        return "time ran out before another trial ended"
    return "no other trial ran to the end" if trials.failed else "every other trial was pruned"
