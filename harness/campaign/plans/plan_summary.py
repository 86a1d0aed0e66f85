"""What a matrix will cost: runs, environment steps and hours, before anything runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness import stats
from harness.campaign.plans.training_seconds import (
    NO_TRAINING,
    CheapestCorner,
    TrainingSeconds,
    cheapest_corner,
    trainings,
)
from harness.core.costs.search_budget import typical_trials
from harness.core.decisions import plan
from harness.core.decisions.joint_decisions import new_histories
from harness.core.ladder import advance
from harness.core.matrix import Cell, Matrix, scenario_in
from harness.core.progress.remaining import remaining
from harness.core.progress.run_counts import CellCounts, counts_in, counts_of
from harness.core.record import CampaignRecord
from harness.core.settings import Rung
from harness.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class RungPlan:
    """Runs of one rung.

    Attributes:
        runs, most_runs: At least and at most, as `harness.core.progress.remaining` says.
        steps, most_steps: Environment steps they train in all.
        training: What one whole training should take one worker.
        least, usual, most: Whole trainings in all, what is pruned counted by its share: with the
            fewest runs; with the most but half of the seeds that may be added; with the most. Of a
            search with a budget, what the budget holds.
        typical: About how many runs a budget is used up by; None of other rungs.
        cheapest: Of a whole search with a budget, its runs and seconds if all trials were as cheap
            as its space allows: evaluations and start-up of each stay the same.
    """

    runs: int
    most_runs: int
    steps: int
    most_steps: int
    training: TrainingSeconds = NO_TRAINING
    least: float = 0.0
    usual: float = 0.0
    most: float = 0.0
    typical: int | None = None
    cheapest: CheapestCorner | None = None

    @property
    def seconds(self) -> float:
        """Seconds of `usual_runs` on the machine of the cost model."""
        return self.usual * self.training.total

    @property
    def usual_runs(self) -> int:
        """The number of runs that `seconds` is for."""
        return self.most_runs if self.typical is None else self.typical


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPlan:
    """What a cell will take.

    Attributes:
        name: Of the cell.
        rungs: Name -> runs and steps.
        curriculum: The levels of every training in words; empty without any.
        done: Runs that the campaign has done already; those of the rungs are what is left.
        in_flight: Trials that are open at once.
        cpus: Cores of a run.
    """

    name: str
    rungs: Mapping[str, RungPlan]
    curriculum: str = ""
    done: int = 0
    in_flight: int = 1
    cpus: int = 1

    @property
    def algorithm(self) -> str:
        return self.name.partition("@")[0]

    @property
    def scenario(self) -> str:
        return scenario_in(self.name)

    @property
    def runs(self) -> int:
        return sum(rung.runs for rung in self.rungs.values())

    @property
    def most_runs(self) -> int:
        return sum(rung.most_runs for rung in self.rungs.values())

    @property
    def steps(self) -> int:
        return sum(rung.steps for rung in self.rungs.values())

    @property
    def most_steps(self) -> int:
        return sum(rung.most_steps for rung in self.rungs.values())

    @property
    def seconds(self) -> float:
        return math.fsum(rung.seconds for rung in self.rungs.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """What is likely of a cell's search.

    Attributes:
        shares: The share of its training that trial 0, 1, ... gets, some of the first.
        arguments: Constructor arguments of trial 0, 1, ..., some of the first; none where they are
            as likely as any in the space.
    """

    shares: Sequence[float] = (1.0,)
    arguments: Sequence[Mapping[str, object]] = ()


def no_foresight(_: Cell) -> Foresight:
    """Nobody is asked."""
    return Foresight()


def summarize(
    matrix: Matrix,
    earlier: CampaignRecord | None = None,
    foresee: Callable[[Cell], Foresight] = no_foresight,
) -> tuple[CellPlan, ...]:
    """Runs, steps and seconds of every cell: all of them, or what a campaign has left.

    Args:
        earlier: The campaign of that matrix, in brief too; cells that are others there count anew.
        foresee: What is likely of a search; see `foresight`.
    """
    histories = new_histories(matrix.cells)
    counts = counts_of({cell.name: advance(cell, histories[cell.name]) for cell in matrix.cells})
    if earlier is not None:
        other = find_changed_cells(matrix, earlier)
        mine = counts.keys() - set(other)
        counts |= {name: each for name, each in counts_in(earlier).items() if name in mine}
    return tuple(
        CellPlan(
            name=cell.name,
            rungs=_rungs(cell, counts[cell.name], foresee(cell)),
            curriculum=_levels(cell),
            done=sum(counts[cell.name].ended.values()),
            in_flight=cell.search.in_flight,
            cpus=math.ceil(cell.resources.cpus),
        )
        for cell in matrix.cells
    )


def find_changed_cells(matrix: Matrix, earlier: CampaignRecord) -> list[str]:
    """Cells of a matrix that are others in the campaign of its name, by name."""
    identities = {cell.cell.name: cell.cell.identity() for cell in earlier.cells}
    return [
        cell.name
        for cell in matrix.cells
        if cell.name in identities and identities[cell.name] != cell.identity()
    ]


_MOST_ASKED: Final = 30
_MOST_ASKED_IN_ALL: Final = 400
_LEAST_ASKED: Final = 5
"""Trials that samplers are asked for: of a cell, of a matrix, and below which they tell little."""


def foresight(matrix: Matrix, names: Registry) -> Callable[[Cell], Foresight]:
    """Ask the samplers and pruners of a matrix, which are code of others, what they would do.

    A cell with another budget is asked anew only if it has other hyperparameters.
    """
    shares: dict[str, Sequence[float]] = {}
    answers: dict[tuple[str, ...], Foresight] = {}
    most = min(_MOST_ASKED, _MOST_ASKED_IN_ALL // len(matrix.cells))

    def foresee(cell: Cell) -> Foresight:
        key = cell.name, *(parameter.name for parameter in cell.space.parameters)
        if key not in answers:
            answers[key] = ask(cell)
        return answers[key]

    def ask(cell: Cell) -> Foresight:
        search = cell.search
        key = repr((search.pruner, search.in_flight, search.evals, search.steps))
        if key not in shares:
            shares[key] = _shares(cell, names)
        trials = min(most, search.trials)
        if trials < _LEAST_ASKED or search.objectives:
            return Foresight(shares=shares[key])
        from harness.tuning.search_forecast import suggest_arguments

        arguments = suggest_arguments(names, matrix.name, cell, trials)
        return Foresight(shares=shares[key], arguments=arguments)

    return foresee


def _shares(cell: Cell, names: Registry) -> Sequence[float]:
    search = cell.search
    # A budget is used up whatever is pruned; and seeds are compared by another rule.
    if search.budget is not None or search.seeds > 1 or search.pruner.name == "none":
        return (1.0,)
    from harness.tuning.search_forecast import trial_shares

    return trial_shares(
        search.pruner,
        names.function("pruner", search.pruner.reference),
        in_flight=search.in_flight,
        evals=search.evals,
        steps=search.steps,
    )


def _levels(cell: Cell) -> str:
    curriculum = cell.scenario.curriculum
    return "" if curriculum is None else curriculum.describe(cell.scenario.name)


def _rungs(cell: Cell, counts: CellCounts, foresight: Foresight) -> dict[str, RungPlan]:
    pending, result_count = remaining(counts), counts.ended[Rung.SEARCH]
    each = trainings(cell, foresight.arguments, result_count)
    all_of_them, sure = pending.trainings, remaining(counts, more_seeds=False).trainings
    sizes = {
        rung: (float(span.least), (sure[rung].most + span.most) / 2, float(span.most))
        for rung, span in all_of_them.items()
    }
    typical = None
    if cell.search.budget is None:
        sizes[Rung.SEARCH] = (
            _whole_trials(result_count, pending.search.most, foresight.shares),
        ) * 3
    else:
        trials = typical_trials(cell) - result_count
        typical = min(pending.search.most, max(pending.search.least, trials))
        sizes[Rung.SEARCH] = (float(typical),) * 3
    return {
        rung.value: RungPlan(
            runs=span.least,
            most_runs=span.most,
            steps=all_of_them[rung].least * plan.steps_of(cell, rung),
            most_steps=all_of_them[rung].most * plan.steps_of(cell, rung),
            training=each[rung],
            least=sizes[rung][0],
            usual=sizes[rung][1],
            most=sizes[rung][2],
            typical=typical if rung is Rung.SEARCH else None,
            cheapest=cheapest_corner(cell) if rung is Rung.SEARCH and typical is not None else None,
        )
        for rung, span in pending.rungs.items()
    }


def _whole_trials(result_count: int, trials: int, shares: Sequence[float]) -> float:
    """The trials that follow those that have ended, counted as whole ones."""
    ahead = shares[result_count : result_count + trials]
    # Later ones are given up as often as the later half of those that are told.
    later = math.fsum(shares[len(shares) // 2 :]) / len(shares[len(shares) // 2 :])
    return math.fsum(ahead) + (trials - len(ahead)) * later


def detectable_difference(matrix: Matrix) -> tuple[int, float]:
    """What a verdict can find with the held-out seeds of a matrix.

    Returns:
        The fewest seeds of a cell; and the true difference which the most severe of the corrected
        tests finds with 80 % power, in standard deviations of a variant's scores. NaN with fewer
        seeds than a verdict needs.
    """
    cells = [cell for cell in matrix.cells if cell.repeat == 1] or matrix.cells
    seeds = min(len(plan.test_seeds(cell)) for cell in cells)
    if seeds < stats.MIN_SEEDS:
        return seeds, math.nan
    scores = np.linspace(-1, 1, seeds)
    scores /= scores.std(ddof=1)
    alpha = stats.ALPHA / len(cells)
    return seeds, stats.smallest_detectable_difference(scores, scores, alpha=alpha)
