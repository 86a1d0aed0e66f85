"""One configuration for all scenarios of an algorithm, against the winner of each.

Reads the runs of the transfer rung: its fresh seeds say which configuration was chosen, those of
the variant ``across`` what it reaches on the held-out seeds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness import stats
from harness.analysis.variant_scores import (
    Array,
    IntervalEstimate,
    VariantScores,
    algorithms,
    interval_estimate,
    none_for_nan,
    pad_columns,
    references,
    scores_array,
    test_scores,
    variant_scores,
)
from harness.core.decisions.tune_across import choose_across, normalise_means, worth_across
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import ACROSS, DEFAULT, TUNED
from harness.core.search_settings import MEAN
from harness.core.settings import Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossCandidate:
    """A candidate on the fresh seeds.

    Attributes:
        name: The cell that ships it, or ``default``.
        means: Its normalised mean in each scenario; None where a run failed: it is no candidate.
        worth: What it was chosen by; None if it is no candidate.
    """

    name: str
    means: tuple[float | None, ...]
    worth: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossCell:
    """The one configuration on a cell's held-out seeds.

    Attributes:
        cell, scenario: Names.
        scores: Of the one configuration.
        arguments: What its learner is given here.
        normalised: Its mean, 0 = random policy, 1 = reference.
        is_winner: Whether the cell ships this configuration itself, so that both are the same runs.
        gain: Tuned minus this one, in returns, with the interval of its verdict.
        normalised_gain: The same on the normalised scale.
        p_adjusted: Corrected over all such comparisons of the campaign.
        word: What tuning for this scenario alone is against it; None while runs are still to do.
    """

    cell: str
    scenario: str
    scores: VariantScores
    arguments: Mapping[str, object]
    normalised: float | None
    is_winner: bool
    gain: IntervalEstimate
    normalised_gain: float | None
    p_adjusted: float | None
    word: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmAcross:
    """What tuning per scenario buys over one configuration for all.

    Attributes:
        algorithm, title: Name of the algorithm, and its name in reports.
        by: ``mean`` or ``worst``: what of the normalised scores was compared.
        scenarios: Those that count.
        choice: The cell that ships the configuration, or ``default``.
        candidates: The default first.
        cells: One per scenario.
        gain: Tuned minus the one configuration, normalised: mean over scenarios, seed by seed.
    """

    algorithm: str
    title: str
    by: str
    scenarios: tuple[str, ...]
    choice: str
    candidates: tuple[AcrossCandidate, ...]
    cells: tuple[AcrossCell, ...]
    gain: IntervalEstimate


def across(record: CampaignRecord) -> tuple[AlgorithmAcross, ...]:
    """One entry per algorithm whose one configuration was tested."""
    test_cells = [
        cell
        for cell in record.first_searches
        if any(run.result for run in cell.runs_of(Rung.TRANSFER, ACROSS))
    ]
    comparisons = dict(zip((cell.name for cell in test_cells), _compare(test_cells), strict=True))
    entries = []
    for name, title in algorithms(record).items():
        cells = [cell for cell in test_cells if cell.cell.algorithm.name == name]
        if cells:
            entries.append(_entry(name, title, cells, comparisons))
    return tuple(entries)


def _entry(
    name: str, title: str, cells: Sequence[CellRecord], comparisons: Mapping[str, AcrossCell]
) -> AlgorithmAcross:
    by = cells[0].cell.transfer.tune_across or MEAN
    means = [normalise_means(cell.cell.scenario, _pool(cell)) for cell in cells]
    return AlgorithmAcross(
        algorithm=name,
        title=title,
        by=by,
        scenarios=tuple(cell.cell.scenario.name for cell in cells),
        choice=choose_across(means, by),
        candidates=tuple(_candidate(each, means, by) for each in means[0]),
        cells=tuple(comparisons[cell.name] for cell in cells),
        gain=interval_estimate(stats.aggregate(_gains(cells)).mean),
    )


def _pool(cell: CellRecord) -> dict[str, list[float | None]]:
    """Candidate -> scores on the fresh seeds, the default first."""
    scores: dict[str, list[float | None]] = {DEFAULT: []}
    for run in cell.runs:
        if run.rung == Rung.TRANSFER and run.variant != ACROSS:
            scores.setdefault(run.variant, []).append(run.score)
    return scores


def _candidate(name: str, means: Sequence[Mapping[str, float | None]], by: str) -> AcrossCandidate:
    own = tuple(each.get(name) for each in means)
    return AcrossCandidate(name=name, means=own, worth=worth_across(own, by))


def _compare(cells: Sequence[CellRecord]) -> tuple[AcrossCell, ...]:
    """All cells of the campaign, by the rule of verdicts over all of them together."""
    tuned = [test_scores(cell, TUNED) for cell in cells]
    single = [variant_scores(ACROSS, cell.runs_of(Rung.TRANSFER, ACROSS)) for cell in cells]
    same = [
        _run_ids(cell, Rung.TEST, TUNED) == _run_ids(cell, Rung.TRANSFER, ACROSS) for cell in cells
    ]
    verdicts = stats.judge_jointly(
        [(scores_array(t), scores_array(s)) for t, s in zip(tuned, single, strict=True)],
        is_tested=[not each for each in same],
        failures=[(len(t.failed), len(s.failed)) for t, s in zip(tuned, single, strict=True)],
    )
    return tuple(_cell(*each) for each in zip(cells, tuned, single, verdicts, same, strict=True))


def _cell(
    cell: CellRecord,
    tuned: VariantScores,
    single: VariantScores,
    verdict: stats.JointVerdict,
    is_winner: bool,
) -> AcrossCell:
    gain = None
    if tuned.mean is not None and single.mean is not None:
        gain = tuned.mean - single.mean
    ends = references(cell)
    has_ended = gain is not None and not tuned.pending and not single.pending
    word = "no clear difference" if is_winner else verdict.word
    return AcrossCell(
        cell=cell.name,
        scenario=cell.cell.scenario.name,
        scores=single,
        arguments=cell.runs_of(Rung.TRANSFER, ACROSS)[0].arguments,
        normalised=None
        if ends is None or single.mean is None
        else none_for_nan(stats.normalise(single.mean, *ends)),
        is_winner=is_winner,
        gain=IntervalEstimate(
            value=gain,
            low=None if is_winner else none_for_nan(verdict.low),
            high=None if is_winner else none_for_nan(verdict.high),
        ),
        normalised_gain=None if ends is None or gain is None else gain / (ends[1] - ends[0]),
        p_adjusted=None if is_winner else none_for_nan(verdict.p_adjusted),
        word=word if has_ended else None,
    )


def _run_ids(cell: CellRecord, rung: Rung, variant: str) -> list[str]:
    return [run.run_id for run in cell.runs_of(rung, variant)]


def _gains(cells: Sequence[CellRecord]) -> Array:
    """Tuned minus the one configuration, normalised; shape (n_seeds, n_scenarios)."""
    return pad_columns([_cell_gains(cell) for cell in cells])


def _cell_gains(cell: CellRecord) -> list[float]:
    ends = references(cell)
    tuned_scores = {run.seed: run.score for run in cell.runs_of(Rung.TEST, TUNED)}
    gains = []
    for run in cell.runs_of(Rung.TRANSFER, ACROSS):
        tuned = tuned_scores.get(run.seed)
        if ends is None or tuned is None or run.score is None:
            gains.append(math.nan)
        else:
            gains.append((tuned - run.score) / (ends[1] - ends[0]))
    return gains
