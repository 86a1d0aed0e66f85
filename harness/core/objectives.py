"""What a search of several objectives optimises, its fronts, and which configuration is shipped.

A configuration is on the front if no other one is at least as good in every objective and better in
one. Whether objectives are the same for any number of workers depends on what they are read off:
those that a clock tells are not.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.core.costs.effort import relative_to
from harness.core.evaluation import score_of
from harness.core.matrix import Cell
from harness.core.record import TrialRecord
from harness.core.run_result import Evaluation, RunResult
from harness.core.search_settings import MAX, MIN, Objective, Preference, Tolerance

Values = tuple[float, ...]
"""One number per objective, in the order of the matrix, as they are measured."""

RETURN: Final = "return"
"""The objective that every search has: the score."""

SPREAD: Final = "seeds_spread"
"""The objective that no single run has."""

_NEVER: Final = 2.0
"""Lengths of a run that one which never reaches its threshold counts as; PAR2 of the solvers."""

_NEAR: Final = Tolerance(amount=0.05, is_share=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What an objective may be.

    Attributes:
        direction: The usual one.
        label: For axes and tables, with its unit.
        description: One line, for the documentation.
        clock: Whether a clock tells it, so that it differs from run to run.
    """

    direction: str
    label: str
    description: str
    clock: bool = False


METRICS: Final[Mapping[str, Metric]] = {
    RETURN: Metric(
        direction=MAX, label="return", description="The score of a run: its late mean return"
    ),
    "inference_time": Metric(
        direction=MIN,
        label="µs per action",
        description="Microseconds that the policy takes for one action: the median of each "
        "evaluation, the least of these",
        clock=True,
    ),
    "train_time": Metric(
        direction=MIN,
        label="training seconds",
        description="Seconds of learning, evaluations aside",
        clock=True,
    ),
    "steps_to_threshold": Metric(
        direction=MIN,
        label="steps to threshold",
        description="Environment steps to the first evaluation whose mean return reaches "
        "`threshold`; twice the run's steps where none does",
    ),
    "seeds_spread": Metric(
        direction=MIN,
        label="spread over seeds",
        description="Standard deviation of the scores over training seeds",
    ),
    "parameters": Metric(
        direction=MIN,
        label="network parameters",
        description="Weights of the networks that choose an action; repeatable, where "
        "`inference_time` is not",
    ),
    "effort": Metric(
        direction=MIN,
        label="effort, in runs of the default",
        description="Training effort of the configuration by the cost model, in multiples of the "
        "default's; repeatable, where `train_time` is not",
    ),
}
"""Name of an objective -> what it is."""


def metric_of(objective: Objective) -> Metric:
    """What an objective is, a user's own included."""
    name = objective.name.rpartition(":")[2]
    own = Metric(direction=objective.direction, label=name, description="A function of the user's")
    return own if objective.is_own else METRICS[objective.name]


def clock_objectives(cell: Cell) -> tuple[str, ...]:
    """The objectives of a cell that a clock tells."""
    return tuple(each.name for each in cell.search.objectives if metric_of(each).clock)


def run_values(
    cell: Cell,
    result: RunResult,
    arguments: Mapping[str, object],
    default: Mapping[str, object],
    seeds: int = 1,
) -> Values | None:
    """The objectives of a run; None where it failed, or one of them was not measured.

    One seed alone has no spread: its score stands there, for `mean_values` to take it of several.

    Args:
        cell: Has objectives.
        arguments: Constructor arguments that it trained.
        default: Those of the default; a record of a cell cannot make them.
        seeds: How many it was trained on.
    """
    if result.score is None:
        return None
    values: list[float] = []
    for objective in cell.search.objectives:
        if objective.name == "effort":
            value: float | None = relative_to(cell, arguments, default)
        elif objective.is_own:
            value = result.measures.get(objective.name)
        else:
            value = _measure(cell, objective, result, seeds)
        if value is None or not math.isfinite(value):
            return None
        values.append(float(value))
    return tuple(values)


def _measure(cell: Cell, objective: Objective, result: RunResult, seeds: int) -> float | None:
    match objective.name:
        case "return":
            return result.score
        case "inference_time":
            return 1e6 * result.cost.inference or None
        case "train_time":
            return result.cost.learn / seeds or None
        case "parameters":
            return result.parameters
        case "seeds_spread":
            return _spread(cell, result, seeds)
    threshold = math.inf if objective.threshold is None else objective.threshold
    steps, start = 0.0, 0
    for evaluations in _by_seed(result, seeds):
        steps_to_threshold = (each.step - start for each in evaluations if each.mean >= threshold)
        steps += next(steps_to_threshold, _NEVER * result.steps / seeds)
        start = evaluations[-1].step
    return steps / seeds


def _spread(cell: Cell, result: RunResult, seeds: int) -> float | None:
    return result.score if seeds == 1 else statistics.stdev(seed_scores(cell, result, seeds))


def seed_scores(cell: Cell, result: RunResult, seeds: int) -> list[float]:
    """The score of each seed of a trial that was trained to its end."""
    means = ([each.mean for each in evaluations] for evaluations in _by_seed(result, seeds))
    return [score_of(each, len(each), cell.search.score) for each in means]


def _by_seed(result: RunResult, seeds: int) -> list[tuple[Evaluation, ...]]:
    """The evaluations of each seed, which follow one another."""
    size = len(result.evaluations) // seeds
    return [result.evaluations[n * size : (n + 1) * size] for n in range(seeds) if size]


def trial_values(cell: Cell, trial: TrialRecord, default: Mapping[str, object]) -> Values | None:
    """The objectives of a trial; None while it is open and where it has none."""
    if trial.result is None:
        return None
    return run_values(cell, trial.result, trial.arguments, default, cell.search.seeds)


def mean_values(cell: Cell, values: Sequence[Values]) -> Values | None:
    """Objective by objective the mean over runs of one seed each, and their spread.

    None of no run, and of a single one where the spread is asked for.
    """
    names = [each.name for each in cell.search.objectives]
    if len(values) < (2 if SPREAD in names else 1):
        return None
    return tuple(
        statistics.stdev(each) if name == SPREAD else math.fsum(each) / len(values)
        for name, each in zip(names, zip(*values, strict=True), strict=True)
    )


def _gains(objectives: Sequence[Objective], values: Values) -> Values:
    """The values with the sign by which more is better."""
    pairs = zip(objectives, values, strict=True)
    return tuple(value if each.direction == MAX else -value for each, value in pairs)


def _dominates(one: Values, other: Values) -> bool:
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))


def front(objectives: Sequence[Objective], points: Sequence[Values]) -> list[int]:
    """Indices of the points that no other one dominates."""
    gains = [_gains(objectives, point) for point in points]
    return [n for n, own in enumerate(gains) if not any(_dominates(each, own) for each in gains)]


def by_fronts(objectives: Sequence[Objective], points: Sequence[Values]) -> list[int]:
    """Indices of all points: the front, then the front of the rest, and so on.

    Within a front those come first that are farthest from their neighbours, the best of each
    objective before all others (crowding distance; Deb et al. 2002).
    """
    order: list[int] = []
    rest = list(range(len(points)))
    while rest:
        members = [rest[n] for n in front(objectives, [points[n] for n in rest])]
        gains = [_gains(objectives, points[n]) for n in members]
        by_crowding = sorted(
            zip(_crowding(gains), members, strict=True), key=lambda e: (-e[0], e[1])
        )
        order += [index for _, index in by_crowding]
        rest = [n for n in rest if n not in members]
    return order


def _crowding(points: Sequence[Values]) -> list[float]:
    distances = [0.0] * len(points)
    for axis in zip(*points, strict=True):
        order = sorted(range(len(points)), key=lambda n: (axis[n], n))
        width = axis[order[-1]] - axis[order[0]]
        distances[order[0]] = distances[order[-1]] = math.inf
        for below, n, above in zip(order, order[1:], order[2:], strict=False):
            distances[n] += (axis[above] - axis[below]) / width if width else 0.0
    return distances


def preference(cell: Cell) -> Preference:
    """The rule by which a cell of several objectives chooses what it ships."""
    if cell.search.choose is not None:
        return cell.search.choose
    first, second, *_ = cell.search.objectives
    return Preference(limits={first.name: _NEAR}, then=second.name)


def choose_index(cell: Cell, points: Sequence[Values | None]) -> int | None:
    """Index of the point that the cell's rule chooses, the first one of equals; None of none.

    Where no point is near the best in all that the rule limits, the first limit counts alone.

    Args:
        cell: Has several objectives.
        points: Mean values of each candidate; None for one that has no complete ones.
    """
    objectives = cell.search.objectives
    gains = {n: _gains(objectives, point) for n, point in enumerate(points) if point is not None}
    if not gains:
        return None
    rule, names = preference(cell), [each.name for each in objectives]
    near = list(gains)
    for name, limit in rule.limits.items():
        axis = names.index(name)
        best = max(values[axis] for values in gains.values())
        slack = limit.amount * (abs(best) if limit.is_share else 1.0)
        near = [n for n in near if gains[n][axis] >= best - slack] or near
    return max(near, key=lambda n: (gains[n][names.index(rule.then)], -n))
