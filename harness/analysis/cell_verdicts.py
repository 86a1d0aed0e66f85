"""The verdict on every cell, tuned against default, and the numbers that go with it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from harness import stats
from harness.analysis.interim_analyses import Interim
from harness.analysis.leaderboard_rows import Difference, LeaderboardRow, Word
from harness.analysis.margin_bars import margin_bars
from harness.analysis.variant_scores import (
    Array,
    VariantScores,
    none_for_nan,
    references,
    scores_array,
    test_scores,
)
from harness.core.decisions.joint_decisions import families
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import DEFAULT, TUNED


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is said of a cell once its runs have ended.

    Attributes:
        word: None while either variant has no score.
        difference: None likewise, and where both are the same runs.
    """

    word: Word | None
    difference: Difference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseVerdicts:
    """How many of a campaign's verdicts chance alone is expected to have made.

    Attributes:
        tested: Cells in which tuned was tested against the default.
        most: Expected number of false findings among them, at most.
        uncorrected: What it would be if every cell were tested as if it were the only one.
        raised: Cells whose seeds were raised after results were seen, which nothing pays for.
    """

    tested: int
    most: float
    uncorrected: float
    raised: int


Pair = tuple[VariantScores, VariantScores]
"""Tuned and default."""


def judge_cells(record: CampaignRecord, looks: Mapping[str, Interim]) -> dict[str, Judgement]:
    """Verdicts by cell, corrected over the cells in which tuned and default differ.

    Where other cells have a growing number of seeds, both kinds share the level.

    Args:
        looks: Where the cells with a growing number of seeds stand.
    """
    scores = {
        cell.name: (test_scores(cell, TUNED), test_scores(cell, DEFAULT))
        for cell in record.first_searches
    }
    rules = {cell.name: cell.cell.test.adaptive for cell in record.first_searches}
    judgements: dict[str, Judgement] = {}
    cells = {cell.name: cell for cell in record.first_searches}
    for names in families(rules).values():
        verdicts = stats.judge_jointly(
            [_samples(scores[name]) for name in names],
            share=len(names) / len(cells),
            is_tested=[cells[name].winner != DEFAULT for name in names],
            failures=[_failures(scores[name]) for name in names],
            correction=_correction(cells[name] for name in names),
        )
        for name, verdict in zip(names, verdicts, strict=True):
            judgements[name] = _judgement(cells[name], scores[name], verdict, looks.get(name))
    return _shrink(judgements | _by_margin(cells, scores, judgements), scores)


def expected_false(record: CampaignRecord, rows: Iterable[LeaderboardRow]) -> FalseVerdicts:
    """What the rule of verdicts allows to be false: a chance of any, or a share of the findings.

    A chance of any at the level is an expected number of no more than about the level.
    """
    cells = {cell.name: cell for cell in record.first_searches}
    by_cell = {
        row.cell: row
        for row in rows
        if row.difference is not None and row.verdict not in {None, "too few seeds"}
    }
    most = 0.0
    for names in families({name: cell.cell.test.adaptive for name, cell in cells.items()}).values():
        own = [by_cell[name] for name in names if name in by_cell]
        is_share = _correction(cells[name] for name in names) == "fdr"
        findings = sum(row.verdict in _FINDINGS for row in own) if is_share else bool(own)
        most += stats.ALPHA * len(names) / len(cells) * findings
    return FalseVerdicts(
        tested=len(by_cell),
        most=most,
        uncorrected=stats.ALPHA * len(by_cell),
        raised=sum(bool(row.raised_from) for row in by_cell.values()),
    )


_FINDINGS: Final = frozenset({"improved", "better", "worse", "equivalent"})


def _correction(cells: Iterable[CellRecord]) -> stats.Correction:
    """The share of false verdicts where all cells of a family ask for it."""
    return "fdr" if all(cell.cell.test.correction == "fdr" for cell in cells) else "holm"


def _by_margin(
    cells: Mapping[str, CellRecord], scores: Mapping[str, Pair], judgements: Mapping[str, Judgement]
) -> dict[str, Judgement]:
    """The judgements of cells with a margin, which say whether a difference matters."""
    margins = {
        name: margin
        for name, cell in cells.items()
        if (margin := cell.cell.test.margin) is not None and judgements[name].word is not None
    }
    if not margins:
        return {}
    samples = {name: _samples(scores[name]) for name in margins}
    verdicts = stats.judge_margins(
        [samples[name][0] for name in margins],
        [samples[name][1] for name in margins],
        [margin_bars(samples[n][1], m, references(cells[n])) for n, m in margins.items()],
        share=len(margins) / len(cells),
        is_tested=[cells[name].winner != DEFAULT for name in margins],
        failures=[_failures(scores[name]) for name in margins],
    )
    return {
        name: _relevance(judgements[name], verdict)
        for name, verdict in zip(margins, verdicts, strict=True)
    }


def _relevance(judgement: Judgement, verdict: stats.MarginVerdict) -> Judgement:
    if judgement.difference is None:
        # Tuned and default are the same runs.
        return Judgement(word="equivalent", difference=None)
    difference = replace(
        judgement.difference,
        low=none_for_nan(verdict.low),
        high=none_for_nan(verdict.high),
        margin=none_for_nan(verdict.margin),
        finished_word=verdict.complete_case,
        worst_case_word=verdict.worst_case,
        p_adjusted=none_for_nan(verdict.p_adjusted),
    )
    return Judgement(word=verdict.word, difference=difference)


def _samples(variants: Pair) -> tuple[Array, Array]:
    return scores_array(variants[0]), scores_array(variants[1])


def _failures(variants: Pair) -> tuple[int, int]:
    return len(variants[0].failed), len(variants[1].failed)


def _judgement(
    cell: CellRecord, variants: Pair, verdict: stats.JointVerdict, interim: Interim | None
) -> Judgement:
    if not all(variant.finished for variant in variants):
        return Judgement(word=None, difference=None)
    # Where the default was shipped tuned and default are the same runs: nothing can differ.
    if cell.winner == DEFAULT:
        return Judgement(word="no clear difference", difference=None)
    if interim is not None:
        verdict = _sequential(interim, verdict)
    difference = _difference(variants, verdict, is_fixed=interim is None)
    return Judgement(word=verdict.word, difference=difference)


def _sequential(interim: Interim, verdict: stats.JointVerdict) -> stats.JointVerdict:
    # After looks at fewer seeds a test of a fixed number of them finds too much.
    complete_case = _word(interim.decision, verdict.complete_case)
    worst_case = _word(interim.worst_case, verdict.worst_case)
    low, high = _repeated_interval(interim, verdict)
    return replace(
        verdict,
        word=stats.agreed_word(complete_case, worst_case),
        complete_case=complete_case,
        worst_case=worst_case,
        low=low,
        high=high,
    )


def _repeated_interval(interim: Interim, verdict: stats.JointVerdict) -> tuple[float, float]:
    """Interval of the differences that the latest look's test would not have rejected.

    Without a look, or where its statistic has no scale, that of a fixed number of seeds.

    Source: Jennison and Turnbull (1989), Interim analyses: the repeated confidence interval
    approach.
    """
    value = (verdict.low + verdict.high) / 2
    statistic, boundary = interim.statistic, interim.boundary
    if not statistic or not boundary or boundary < 0 or statistic * value <= 0:
        return verdict.low, verdict.high
    half = boundary * value / statistic
    return value - half, value + half


def _shrink(
    judgements: Mapping[str, Judgement], scores: Mapping[str, Pair]
) -> dict[str, Judgement]:
    """The differences with their effects drawn towards those of the other cells."""
    effects, variances, freedom = [], [], []
    for name, judgement in judgements.items():
        size = None if judgement.difference is None else judgement.difference.effect_size
        effects.append(math.nan if size is None else size)
        numbers = tuple(variant.finished for variant in scores[name])
        freedom.append(max(1, sum(numbers) - 2))
        variances.append(stats.hedges_variance(effects[-1], *numbers))
    shrunken = stats.shrunken_effects(effects, variances, freedom)
    return {
        name: judgement
        if judgement.difference is None or math.isnan(estimate.value)
        else replace(judgement, difference=_with_shrunken(judgement.difference, estimate))
        for (name, judgement), estimate in zip(judgements.items(), shrunken, strict=True)
    }


def _with_shrunken(difference: Difference, estimate: stats.Estimate) -> Difference:
    # Effects are differences in standard deviations, corrected for small samples.
    unit = difference.unit or math.nan
    return replace(
        difference,
        shrunken_effect=estimate.value,
        shrunken=estimate.value * unit,
        shrunken_low=estimate.low * unit,
        shrunken_high=estimate.high * unit,
    )


def _word(decision: stats.Decision, word: stats.Verdict) -> stats.Verdict:
    if decision != "undecided" and decision != "no clear difference":  # noqa: PLR1714 - narrows
        return decision
    return "too few seeds" if word == "too few seeds" else "no clear difference"


def _unit(variants: Pair) -> float | None:
    """Standard deviation over seeds, both variants together."""
    freedom = [variant.finished - 1 for variant in variants]
    squares = [(variant.sd or 0.0) ** 2 * n for variant, n in zip(variants, freedom, strict=True)]
    return math.sqrt(sum(squares) / sum(freedom)) if sum(freedom) > 0 else None


def _difference(variants: Pair, verdict: stats.JointVerdict, *, is_fixed: bool) -> Difference:
    samples, failures = _samples(variants), _failures(variants)
    comparison = stats.compare(*samples)
    bounds = stats.difference_bounds(*samples, failures) if any(failures) else None

    def report_p(p_value: float) -> float | None:
        return none_for_nan(p_value) if is_fixed else None

    return Difference(
        difference=comparison.difference,
        low=none_for_nan(verdict.low),
        high=none_for_nan(verdict.high),
        welch_low=none_for_nan(comparison.low),
        welch_high=none_for_nan(comparison.high),
        shrunken=None,
        shrunken_low=None,
        shrunken_high=None,
        shrunken_effect=None,
        worst=None if bounds is None else bounds.low,
        best=None if bounds is None else bounds.high,
        finished_word=verdict.complete_case,
        worst_case_word=verdict.worst_case,
        p_value=none_for_nan(comparison.p_value),
        p_adjusted=report_p(verdict.p_adjusted),
        # Without spread no Welch test was made.
        welch_adjusted=None if math.isnan(comparison.p_value) else report_p(verdict.welch_adjusted),
        permutation_p=none_for_nan(comparison.permutation_p),
        permutation_adjusted=report_p(verdict.permutation_adjusted),
        mann_whitney_p=none_for_nan(comparison.mann_whitney_p),
        effect_size=none_for_nan(comparison.effect_size),
        unit=_unit(variants),
        probability=none_for_nan(comparison.probability),
        probability_low=none_for_nan(comparison.probability_low),
        probability_high=none_for_nan(comparison.probability_high),
        detectable=none_for_nan(verdict.detectable),
        seeds_for_half=stats.seeds_for_difference(
            *samples, verdict.detectable / 2, alpha=verdict.level
        ),
        level=none_for_nan(verdict.level),
        margin=None,
    )
