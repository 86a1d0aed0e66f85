"""What a row of the leaderboard holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness import stats
from harness.analysis.interim_analyses import Interim
from harness.analysis.variant_scores import VariantScores
from harness.core.progress.remaining import Remaining
from harness.core.run import DEFAULT
from harness.core.settings import Margin

Word = stats.Verdict | stats.Relevance
"""A verdict: on any difference, or where the matrix names a margin on one that matters."""

State = Literal["complete", "unfinished", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Tuned minus default on held-out seeds; see `stats.Comparison` for the fields.

    Attributes:
        p_adjusted: What the verdict goes by: the larger of the next two. None where seeds were
            added because of what the earlier ones showed, and the next two likewise.
        welch_adjusted: Welch's p-value after Holm's correction over the campaign's tested cells.
        permutation_adjusted: That of the permutation test over all of these cells at once.
        detectable: Smallest true difference that a verdict would find with 80 % power.
        seeds_for_half: Seeds of each variant that would find half of it; None beyond 1,000.
        low, high: Interval that agrees with the verdict, corrected over the cells as it is.
        welch_low, welch_high: Welch's 95 % interval of this cell alone.
        shrunken: The difference drawn towards the other cells', in returns; None with fewer than
            four cells. It is not too large where the largest are picked.
        shrunken_low, shrunken_high: Its interval.
        shrunken_effect: The same in standard deviations.
        unit: Standard deviation over seeds, both variants together.
        worst, best: The difference had failed runs scored anything between the lowest and the
            highest score of the cell; None where none failed.
        finished_word, worst_case_word: The verdict by the runs that ended, and with failed runs as
            the worst of all.
        level: Level of Welch's test that decides on this cell, corrected for the others.
        margin: Smallest difference that matters, in returns; None where the matrix names none.
            Interval, `p_adjusted` and the words are those of the word on it then.
    """

    difference: float
    low: float | None
    high: float | None
    welch_low: float | None
    welch_high: float | None
    shrunken: float | None
    shrunken_low: float | None
    shrunken_high: float | None
    shrunken_effect: float | None
    worst: float | None
    best: float | None
    finished_word: Word
    worst_case_word: Word
    p_value: float | None
    p_adjusted: float | None
    welch_adjusted: float | None
    permutation_p: float | None
    permutation_adjusted: float | None
    mann_whitney_p: float | None
    effect_size: float | None
    unit: float | None
    probability: float | None
    probability_low: float | None
    probability_high: float | None
    detectable: float | None
    seeds_for_half: int | None
    level: float | None
    margin: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimism:
    """What the search promised and what held-out seeds gave, all mean returns.

    Attributes:
        claimed: Best score of the search, one seed.
        best_confirmed: Mean of the search's best trial on the confirm seeds.
        confirmed: Mean of the winner on the confirm seeds.
        shrunk: That mean, drawn towards the other candidates' as far as seeds explain their spread.
        held_out: Mean of the tuned variant in the test.
        default: Mean of the default in the test.
        gap: Claimed minus held-out.
        same_steps: Whether search and test train equally long; if not, the gap mixes both.
    """

    claimed: float | None
    best_confirmed: float | None
    confirmed: float | None
    shrunk: float | None
    held_out: float | None
    default: float | None
    gap: float | None
    same_steps: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialCounts:
    """Trials of the search by how they ended; `planned` in all.

    Attributes:
        rivals: The complete ones, less the default; only they can win.
        complete, pruned, failed: The default among them.
        planned: In all.
    """

    rivals: int
    complete: int
    pruned: int
    failed: int
    planned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCost:
    """What a cell took so far: seconds of CPU and of wall clock, environment steps, runs."""

    cpu: float
    wall: float
    steps: int
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderboardRow:
    """A cell of the leaderboard.

    Attributes:
        cell, scenario, algorithm: Names.
        title: Name of the algorithm in reports.
        state: ``failed`` if a variant has no score at all, or every trial but the default failed.
        rank, rank_to: Places within the scenario that no test excludes; None without a score.
        tuned: None while the confirm rung has not decided.
        default: The library's default.
        variants: Named variants beside the two.
        margin: The smallest difference that matters; None where the matrix names none.
        against: Which of them the matrix holds tuned against; None for none.
        difference: None while either has no score, and where both are the same runs.
        verdict: None while a run of either is still to do.
        interim: What the looks at a growing number of seeds decided; None where it is fixed.
        raised_from: Numbers of held-out seeds whose results had been seen when more were asked for.
        winner: ``default`` or ``trial-<number>``; None while undecided.
        optimism: Claimed, confirmed, held-out, default.
        normalised_tuned, normalised_default: 0 = random policy, 1 = reference; None without them.
        steps, search_steps: Environment steps of one test run and of one trial.
        trials: How the trials ended.
        spent: Cost in all.
        baseline: A number the user already had.
        threshold, random, reference: Fixed scores of the scenario.
        pending: Runs that the row's numbers wait for, at least.
        remaining: Runs still to do, at least and at most; those of a closed search are among them.
        notes: Sentences a reader of the numbers must know.
    """

    cell: str
    scenario: str
    algorithm: str
    title: str
    state: State
    rank: int | None
    rank_to: int | None
    tuned: VariantScores | None
    default: VariantScores
    variants: tuple[VariantScores, ...]
    against: str | None
    margin: Margin | None
    difference: Difference | None
    verdict: Word | None
    interim: Interim | None
    raised_from: tuple[int, ...]
    winner: str | None
    optimism: Optimism
    normalised_tuned: float | None
    normalised_default: float | None
    steps: int
    search_steps: int
    trials: TrialCounts
    spent: CellCost
    baseline: float | None
    threshold: float | None
    random: float | None
    reference: float | None
    pending: int
    remaining: Remaining
    notes: tuple[str, ...]

    @property
    def kept_default(self) -> bool:
        return self.winner == DEFAULT
