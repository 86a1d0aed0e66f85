"""Where the variance of a cell's returns comes from, level by level."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness import stats
from harness.analysis.variant_scores import Array, IntervalEstimate, none_for_nan
from harness.core.evaluation import late_count
from harness.core.record import CellRecord
from harness.core.run import DEFAULT, TUNED
from harness.core.run_result import RunResult, Status
from harness.core.search_settings import Search
from harness.core.settings import Rung, Test


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceSource:
    """One level.

    Attributes:
        level: What differs at it.
        sd: Standard deviation that it adds, in returns.
        share: Of the variance of all levels together; None while there is none.
        is_cut: Whether the estimate was below 0 and stands at 0.
    """

    level: str
    sd: IntervalEstimate
    share: float | None
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decomposition:
    """The levels of some of a cell's runs, from the smallest up.

    Attributes:
        runs_of: Whose runs they are, in words.
        sources: The levels that the runs can tell apart.
        runs: How many runs have told what lies below configurations.
        score_sd: Standard deviation of the score over training seeds; None of single seeds.
        noise_share: Share of its square that evaluations and episodes alone would make.
        episode_share: Share that more episodes would take away.
    """

    runs_of: str
    sources: tuple[VarianceSource, ...]
    runs: int
    score_sd: float | None
    noise_share: float | None
    episode_share: float | None


def variance_sources(searches: Sequence[CellRecord]) -> tuple[Decomposition, ...]:
    """Of the search and confirm rung, of the default and of what was shipped.

    Args:
        searches: Every search of one scenario and algorithm, the first one first.
    """
    tuned = [_held_out(cell, TUNED) for cell in searches]
    own = [cell.winner != DEFAULT for cell in searches]
    every = [
        _of_search(searches),
        _decomposition("the default on held-out seeds", [_held_out(searches[0], DEFAULT)]),
        # A first search that ships its default has tested the same runs twice.
        _decomposition("tuned on held-out seeds", tuned, searches=len(tuned) > 1)
        if any(own) or len(tuned) > 1
        else None,
    ]
    return tuple(each for each in every if each is not None)


def _of_search(searches: Sequence[CellRecord]) -> Decomposition | None:
    settings = searches[0].cell.search
    trials = [list(_trials(cell)) for cell in searches]
    groups = [group for cell in searches for group in _confirm_panels(cell)]
    groups += [group for family in trials for group in family if len(group) > 1]
    below = stats.run_components(groups)
    means = [[[run.mean() for run in group] for group in family] for family in trials]
    above = stats.between_groups(means, below.scores)
    parts = {
        **_levels(below, late_count(settings.evals), settings.episodes),
        "configurations": above,
    }
    return _decompose("trials and confirm runs", parts, below)


def _decomposition(
    name: str, groups: Sequence[Sequence[Array]], *, searches: bool = False
) -> Decomposition | None:
    complete = [group for group in groups if group]
    below = stats.run_components(complete)
    if not complete:
        return None
    parts = _levels(below, *complete[0][0].shape)
    if searches:
        means = [[run.mean() for run in group] for group in complete]
        parts["searches"] = stats.between_groups([means], below.scores)
    return _decompose(name, parts, below)


def _levels(
    below: stats.RunComponents, evaluations: int, episodes: int
) -> dict[str, stats.VarianceComponent]:
    """Name of a level below configurations -> what it adds; inseparable levels share a name."""
    path = "evaluations" if episodes > 1 else "evaluations and episodes"
    seeds = "training seeds" if evaluations > 1 else "training seeds and evaluations"
    return {"episodes": below.episodes, path: below.evaluations, seeds: below.seeds}


def _decompose(
    name: str, parts: dict[str, stats.VarianceComponent], below: stats.RunComponents
) -> Decomposition | None:
    estimates = {level: each for level, each in parts.items() if not math.isnan(each.variance)}
    if not estimates:
        return None
    total = math.fsum(each.variance for each in estimates.values())
    square = below.scores.value
    return Decomposition(
        runs_of=name,
        sources=tuple(_source(level, each, total) for level, each in estimates.items()),
        runs=below.runs,
        score_sd=math.sqrt(square) if below.scores.freedom else None,
        noise_share=min(1.0, below.noise / square) if square else None,
        episode_share=min(1.0, below.episode_noise / square) if square else None,
    )


def _source(level: str, part: stats.VarianceComponent, total: float) -> VarianceSource:
    ends = (none_for_nan(part.variance), none_for_nan(part.low), none_for_nan(part.high))
    value, low, high = (None if end is None else math.sqrt(end) for end in ends)
    return VarianceSource(
        level=level,
        sd=IntervalEstimate(value=value, low=low, high=high),
        share=part.variance / total if total else None,
        is_cut=part.is_cut,
    )


def _trials(cell: CellRecord) -> Iterator[list[Array]]:
    """The runs of each complete trial that was suggested: one for each of its seeds."""
    settings = cell.cell.search
    for trial in cell.trials:
        result = trial.result
        if trial.number and result is not None and result.status is Status.COMPLETE:
            size = len(result.evaluations) // settings.seeds
            starts = range(0, size * settings.seeds, size or 1)
            parts = [_late(result, settings, start, start + size) for start in starts]
            if all(part is not None for part in parts):
                yield [part for part in parts if part is not None]


def _confirm_panels(cell: CellRecord) -> Iterator[list[Array]]:
    variants = dict.fromkeys(run.variant for run in cell.runs if run.rung is Rung.CONFIRM)
    for variant in variants:
        results = (run.result for run in cell.runs_of(Rung.CONFIRM, variant))
        yield list(_panels(results, cell.cell.search))


def _held_out(cell: CellRecord, variant: str) -> list[Array]:
    results = (run.result for run in cell.runs_of(Rung.TEST, variant))
    return list(_panels(results, cell.cell.test))


def _panels(results: Iterable[RunResult | None], settings: Search | Test) -> Iterator[Array]:
    for result in results:
        panel = None if result is None or result.score is None else _late(result, settings)
        if panel is not None:
            yield panel


def _late(
    result: RunResult, settings: Search | Test, start: int = 0, end: int | None = None
) -> Array | None:
    """Returns of the late evaluations, shape (n_evaluations, n_episodes); None if some lack."""
    count = late_count(settings.evals)
    returns = [each.returns for each in result.evaluations[start:end]][-count:]
    if len(returns) < count or any(len(each) != settings.episodes for each in returns):
        return None
    return np.array(returns, dtype=np.float64)
