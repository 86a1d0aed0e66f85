"""The compromises of a search of several objectives, on its own seeds and on held-out ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness import stats
from harness.analysis.variant_scores import IntervalEstimate, interval_estimate
from harness.core.objectives import (
    SPREAD,
    clock_objectives,
    front,
    mean_values,
    metric_of,
    preference,
    run_values,
    trial_values,
)
from harness.core.record import CellRecord, RunRecord
from harness.core.run import DEFAULT, TUNED, Variant
from harness.core.search_settings import MAX
from harness.core.settings import Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoAxis:
    """An objective as an axis: `direction` is ``max`` or ``min``, `clock` whether it is seconds."""

    name: str
    label: str
    direction: str
    clock: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedPoint:
    """A complete trial.

    Attributes:
        trial: Number; 0 is the default.
        values: One per objective, of one seed.
        on_front: Whether no other trial is better in one objective and no worse in the others.
    """

    trial: int
    values: tuple[float, ...]
    on_front: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedPoint:
    """A variant on the held-out seeds.

    Attributes:
        variant: ``default``, ``tuned``, ``trial-<number>`` or a named one.
        trial: Number of the trial whose configuration it is; None for the default and named ones.
        means: One per objective, with its 95 % interval over seeds.
        finished, planned: Runs with all objectives, and runs in all.
        on_front: Whether no other variant is better in one objective and no worse in the others.
        shipped: Whether it is what the cell ships.
    """

    __test__ = False  # not a pytest class

    variant: str
    trial: int | None
    means: tuple[IntervalEstimate, ...]
    finished: int
    planned: int
    on_front: bool
    shipped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoFront:
    """What a search of several objectives came to.

    Attributes:
        axes: The objectives, in the order of the matrix.
        rule: How the shipped configuration is chosen.
        searched: Trials by number.
        tested: Variants on held-out seeds, the front first, by the first objective.
    """

    axes: tuple[ParetoAxis, ...]
    rule: str
    searched: tuple[SearchedPoint, ...]
    tested: tuple[TestedPoint, ...]

    @property
    def clocks(self) -> tuple[str, ...]:
        """The objectives that a clock tells."""
        return tuple(axis.name for axis in self.axes if axis.clock)


def pareto_front(cell: CellRecord) -> ParetoFront | None:
    """The fronts of a cell; None where it has one objective, or no trial yet."""
    settings = cell.cell
    if not settings.search.objectives or not cell.trials:
        return None
    clocks = clock_objectives(settings)
    axes = tuple(
        ParetoAxis(
            name=each.name,
            label=metric_of(each).label,
            direction=each.direction,
            clock=each.name in clocks,
        )
        for each in settings.search.objectives
    )
    default = cell.trials[0].arguments
    return ParetoFront(
        axes=axes,
        rule=str(preference(settings)),
        searched=_search_points(cell, default),
        tested=_test_points(cell, default),
    )


def _search_points(cell: CellRecord, default: Mapping[str, object]) -> tuple[SearchedPoint, ...]:
    pairs = [(trial.number, trial_values(cell.cell, trial, default)) for trial in cell.trials]
    points = [(number, values) for number, values in pairs if values is not None]
    best = set(front(cell.cell.search.objectives, [values for _, values in points]))
    return tuple(
        SearchedPoint(trial=number, values=values, on_front=index in best)
        for index, (number, values) in enumerate(points)
    )


def _test_points(cell: CellRecord, default: Mapping[str, object]) -> tuple[TestedPoint, ...]:
    by_variant: dict[Variant, list[RunRecord]] = {}
    for run in cell.runs:
        if run.rung is Rung.TEST and not (run.variant == TUNED and cell.winner == DEFAULT):
            by_variant.setdefault(run.variant, []).append(run)
    objectives = cell.cell.search.objectives
    estimates = {variant: _estimates(cell, runs, default) for variant, runs in by_variant.items()}
    variants = [variant for variant, (_, count) in estimates.items() if count]
    means = [tuple(each.value or 0.0 for each in estimates[v][0]) for v in variants]
    best = {variants[index] for index in front(objectives, means)}
    points = [
        TestedPoint(
            variant=str(variant),
            trial=by_variant[variant][0].trial,
            means=intervals,
            finished=count,
            planned=len(by_variant[variant]),
            on_front=variant in best,
            shipped=variant == (DEFAULT if cell.winner == DEFAULT else TUNED),
        )
        for variant, (intervals, count) in estimates.items()
    ]
    sign = -1.0 if objectives[0].direction == MAX else 1.0
    return tuple(sorted(points, key=lambda each: (not each.on_front, _first(each, sign))))


def _first(point: TestedPoint, sign: float) -> float:
    value = point.means[0].value
    return math.inf if value is None else sign * value


def _estimates(
    cell: CellRecord, runs: Sequence[RunRecord], default: Mapping[str, object]
) -> tuple[tuple[IntervalEstimate, ...], int]:
    every = [
        run_values(cell.cell, run.result, run.arguments, default)
        for run in runs
        if run.result is not None
    ]
    values = [each for each in every if each is not None]
    objectives, means = cell.cell.search.objectives, mean_values(cell.cell, values)
    if means is None:
        return tuple(_without_interval(None) for _ in objectives), 0
    columns = zip(objectives, means, zip(*values, strict=True), strict=True)
    return tuple(
        _without_interval(mean) if each.name == SPREAD else _interval(column)
        for each, mean, column in columns
    ), len(values)


def _without_interval(value: float | None) -> IntervalEstimate:
    return IntervalEstimate(value=value, low=None, high=None)


def _interval(column: Sequence[float]) -> IntervalEstimate:
    return interval_estimate(stats.run_mean(np.array(column, dtype=np.float64)))
