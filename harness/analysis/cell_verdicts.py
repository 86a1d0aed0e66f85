"""The verdict on every cell, tuned against default, and the numbers that go with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harness import stats
from harness.analysis.interim_analyses import Interim
from harness.analysis.leaderboard_rows import Difference
from harness.analysis.variant_scores import (
    Array,
    VariantScores,
    none_for_nan,
    runs_of,
    scores_array,
    variant_scores,
)
from harness.core.joint_decisions import families
from harness.core.plan import DEFAULT, TUNED
from harness.core.record import CampaignRecord, CellRecord
from harness.core.settings import Rung

__all__ = ["Judgement", "judge_cells", "test_scores"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is said of a cell once its runs have ended.

    Attributes:
        word: None while either variant has no score.
        difference: None likewise, and where both are the same runs.
    """

    word: stats.Verdict | None
    difference: Difference | None


Samples = tuple[Array, Array]
"""Scores of tuned and default."""


def test_scores(cell: CellRecord, variant: str) -> VariantScores:
    """Scores of a variant on the cell's held-out seeds."""
    return variant_scores(variant, runs_of(cell, Rung.TEST.value, variant))


def judge_cells(record: CampaignRecord, looks: Mapping[str, Interim]) -> dict[str, Judgement]:
    """Verdicts by cell, corrected over the cells in which tuned and default differ.

    Where other cells have a growing number of seeds, both kinds share the level.

    Args:
        record: The campaign.
        looks: Where the cells with a growing number of seeds stand.
    """
    samples = {cell.name: _samples(cell) for cell in record.cells}
    rules = {cell.name: cell.cell.test.adaptive for cell in record.cells}
    judgements: dict[str, Judgement] = {}
    cells = {cell.name: cell for cell in record.cells}
    for names in families(rules).values():
        verdicts = stats.judge_jointly(
            [samples[name] for name in names],
            share=len(names) / len(cells),
            tested=[cells[name].winner != DEFAULT for name in names],
        )
        for name, verdict in zip(names, verdicts, strict=True):
            judgements[name] = _judgement(cells[name], samples[name], verdict, looks.get(name))
    return judgements


def _samples(cell: CellRecord) -> Samples:
    return (scores_array(test_scores(cell, TUNED)), scores_array(test_scores(cell, DEFAULT)))


def _judgement(
    cell: CellRecord,
    samples: Samples,
    verdict: stats.JointVerdict,
    interim: Interim | None,
) -> Judgement:
    if any(np.isnan(scores).all() for scores in samples):
        return Judgement(word=None, difference=None)
    # Where the default was shipped tuned and default are the same runs: nothing can differ.
    if cell.winner == DEFAULT:
        return Judgement(word="no clear difference", difference=None)
    word = verdict.word if interim is None else _sequential(interim, verdict)
    return Judgement(word=word, difference=_difference(samples, verdict, is_fixed=interim is None))


def _sequential(interim: Interim, verdict: stats.JointVerdict) -> stats.Verdict:
    # After looks at fewer seeds a test of a fixed number of them finds too much.
    words: Mapping[str, stats.Verdict] = {"improved": "improved", "worse": "worse"}
    if interim.decision in words:
        return words[interim.decision]
    return "too few seeds" if verdict.word == "too few seeds" else "no clear difference"


def _difference(samples: Samples, verdict: stats.JointVerdict, *, is_fixed: bool) -> Difference:
    comparison = stats.compare(*samples)

    def fixed(p: float) -> float | None:
        return none_for_nan(p) if is_fixed else None

    return Difference(
        difference=comparison.difference,
        low=none_for_nan(comparison.low),
        high=none_for_nan(comparison.high),
        p_value=none_for_nan(comparison.p_value),
        p_adjusted=fixed(verdict.p_adjusted),
        welch_adjusted=fixed(verdict.welch_adjusted),
        permutation_p=none_for_nan(comparison.permutation_p),
        permutation_adjusted=fixed(verdict.permutation_adjusted),
        mann_whitney_p=none_for_nan(comparison.mann_whitney_p),
        effect_size=none_for_nan(comparison.effect_size),
        probability=none_for_nan(comparison.probability),
        probability_low=none_for_nan(comparison.probability_low),
        probability_high=none_for_nan(comparison.probability_high),
        detectable=none_for_nan(verdict.detectable),
        seeds_for_half=stats.seeds_for_difference(
            *samples, verdict.detectable / 2, alpha=verdict.level
        ),
        level=none_for_nan(verdict.level),
    )
