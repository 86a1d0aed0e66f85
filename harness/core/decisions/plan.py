"""The ladder as pure functions: cell and history -> planned runs.

Resume, retry and distribution are one subtraction: pending = plan - ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.core import seeds
from harness.core.backend import obstacle
from harness.core.costs.training_steps import trained_steps
from harness.core.evaluation import Schedule
from harness.core.learner_arguments.cell_arguments import default_arguments, within_budget
from harness.core.matrix import Cell
from harness.core.record import TrialRecord
from harness.core.run import (
    DEFAULT,
    TUNED,
    Curve,
    PlannedRun,
    PruningRule,
    Run,
    Variant,
    configurations_of,
    ensemble_arguments,
)
from harness.core.search_settings import LATE, Component, Search
from harness.core.seeds import Purpose
from harness.core.settings import SB3, Adaptive, Rung, Test, run_settings
from harness.core.spaces.training_scenario import configure_scenario
from harness.errors import StorageError


def study_name(campaign: str, cell: Cell) -> str:
    """Name of the cell's Optuna study, ``<campaign>/<algorithm>@<scenario>``."""
    return f"{campaign}/{cell.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A configuration that the confirm rung compares.

    Attributes:
        variant: The default, or a trial's configuration.
        arguments: Constructor arguments as JSON.
    """

    variant: Variant
    arguments: Mapping[str, Any]


def search_seeds(cell: Cell) -> tuple[int, ...]:
    """One training seed per trial, or those that every trial has where it has several."""
    count = cell.search.trials if cell.search.seeds == 1 else cell.search.seeds
    return seeds.derive(cell.seed, cell.name, Purpose.SEARCH, count)


def trial_seeds(cell: Cell, number: int) -> tuple[int, ...]:
    """The training seeds of a trial."""
    every = search_seeds(cell)
    return (every[number],) if cell.search.seeds == 1 else every


def confirm_seeds(cell: Cell) -> tuple[int, ...]:
    """The training seeds that every candidate meets."""
    setting = cell.confirm.seeds
    if isinstance(setting, tuple):
        return setting
    return seeds.derive(cell.seed, cell.name, Purpose.CONFIRM, setting)


def steps_of(cell: Cell, rung: Rung) -> int:
    """Environment steps that one run of a rung takes with the default; others differ little."""
    searching = rung in {Rung.SEARCH, Rung.CONFIRM}
    budget = cell.search.steps if searching else cell.test.steps
    seeds = cell.search.seeds if rung is Rung.SEARCH else 1
    return seeds * trained_steps(cell.algorithm, cell.scenario, default_arguments(cell), budget)


def test_seeds(cell: Cell) -> tuple[int, ...]:
    """Every held-out seed a cell may use."""
    setting = cell.test.seeds
    if isinstance(setting, tuple):
        return setting
    if isinstance(setting, Adaptive):
        setting = setting.max
    return seeds.derive(cell.seed, cell.name, Purpose.TEST, setting)


test_seeds.__test__ = False  # type: ignore[attr-defined]  # not a pytest function


def first_seeds(cell: Cell) -> int:
    """How many held-out seeds a cell begins with."""
    setting = cell.test.seeds
    return setting.start if isinstance(setting, Adaptive) else len(test_seeds(cell))


def _run(
    cell: Cell,
    arguments: Mapping[str, Any],
    seed: int,
    budget: Search | Test,
    pruning: PruningRule | None = None,
    steps: int | None = None,
) -> Run:
    schedule = Schedule(
        evals=budget.evals,
        episodes=budget.episodes,
        seed=_episode_seed(cell, seed),
        score=budget.score if isinstance(budget, Search) else LATE,
    )
    return Run(
        scenario=configure_scenario(cell.scenario, arguments),
        algorithm=cell.algorithm,
        policy=cell.policy,
        arguments=arguments,
        seed=seed,
        steps=steps or budget.steps,
        schedule=schedule,
        pruning=pruning,
        device=cell.device,
        measures=tuple(
            Component(name=each.name, version=each.version, path=each.path)
            for each in cell.search.objectives
            if each.is_own
        ),
        **(run_settings(cell) | {"backend": _backend(cell, arguments)}),
    )


def _episode_seed(cell: Cell, seed: int) -> int:
    # It follows from the training seed, so that every variant trained on one seed meets the same
    # episodes.
    return seeds.derive_one(cell.seed, cell.name, Purpose.EVALUATION, str(seed))


def _backend(cell: Cell, arguments: Mapping[str, object]) -> str:
    is_covered = all(
        obstacle(cell.algorithm, cell.scenario, each) is None
        for each in configurations_of(arguments)
    )
    return cell.backend if is_covered else SB3


def curve(trial: TrialRecord) -> Curve:
    """A finished trial as a pruner sees it.

    Raises:
        StorageError: The trial has no result: a ledger has lost it.
    """
    result = trial.result
    if result is None:
        raise StorageError(
            f"the result of trial {trial.number} is missing, though later trials were suggested "
            "from it",
            help="`harness doctor CAMPAIGN --repair` drops those trials; the next run suggests "
            "others",
        )
    return Curve(
        number=trial.number,
        state=result.status.value,
        score=result.score,
        means=tuple(evaluation.mean for evaluation in result.evaluations),
        attrs=result.pruner_attrs,
    )


def plan_trial(
    cell: Cell,
    number: int,
    arguments: Mapping[str, object],
    before: Sequence[TrialRecord],
    cache: dict[int, Curve] | None = None,
    effort: float = 1.0,
) -> PlannedRun:
    """The run of one trial.

    Args:
        arguments: Constructor arguments the trial trains.
        before: The trials whose results this one was suggested from, ``0 .. number - in_flight``.
        cache: Kept by the caller from trial to trial of one search, so that all its pruning rules
            share one curve of a finished trial; None for a single trial.
        effort: Of the trial in multiples of the default's, for a pruner that sees it.
    """
    curves = {} if cache is None else cache
    for trial in before:
        if trial.number not in curves:
            curves[trial.number] = curve(trial)
    rule = PruningRule(
        study=cell.study_digest(),
        number=number,
        pruner=cell.search.pruner,
        effort=effort,
        finished=tuple(curves[trial.number] for trial in before),
    )
    first, *others = trial_seeds(cell, number)
    run = _run(cell, arguments, first, cell.search, rule)
    if others:
        replicas = tuple((seed, _episode_seed(cell, seed)) for seed in others)
        run = replace(run, replicas=replicas, over_seeds=cell.search.over_seeds)
    return PlannedRun(
        run=run,
        cell=cell.name,
        rung=Rung.SEARCH,
        variant=Variant.of_trial(number),
        index=number,
        trial=number,
    )


def plan_confirm(
    cell: Cell, finalists: Sequence[Candidate], seeds: int | None = None
) -> tuple[PlannedRun, ...]:
    """Every candidate on every confirm seed, at the search's budget.

    Args:
        seeds: How many of the seeds, the first ones; None for all.
    """
    return tuple(
        PlannedRun(
            run=_run(cell, candidate.arguments, seed, cell.search),
            cell=cell.name,
            rung=Rung.CONFIRM,
            variant=candidate.variant,
            index=index,
            trial=candidate.variant.trial,
        )
        for candidate in finalists
        for index, seed in enumerate(confirm_seeds(cell)[:seeds])
    )


def most_choices(cell: Cell) -> int:
    """Configurations of the search that are tested at most.

    The winner, and of several objectives all that the confirm rung compares with the default.
    """
    if not cell.search.objectives:
        return 1
    return max(1, min(cell.confirm.top, cell.search.trials - 1))


def retrain(cell: Cell, arguments: Mapping[str, Any], seed: int, steps: int | None = None) -> Run:
    """The run that trains a configuration as the test rung does; `steps` None keeps its budget."""
    return _run(cell, arguments, seed, cell.test, steps=steps)


def plan_test(
    cell: Cell,
    best: Candidate | None,
    seeds: int | None = None,
    rivals: Sequence[Candidate] = (),
    ranking: Sequence[Mapping[str, object]] = (),
) -> tuple[PlannedRun, ...]:
    """Every variant on every held-out seed.

    Without `tuned` and ensembles while the winner is not known.

    If the default won, `tuned` and `default` name the same runs, and nothing is trained twice.

    Args:
        best: What the confirm rung chose.
        seeds: How many of the seeds, the first ones; None for all.
        rivals: Candidates that are tested too, under their own names, so that a front is known on
            held-out seeds.
        ranking: Distinct configurations, the best first, for the ensembles.
    """
    arguments: dict[str, tuple[Mapping[str, Any], int | None]] = {
        DEFAULT: (default_arguments(cell), None)
    }
    if best is not None:
        arguments[TUNED] = (best.arguments, best.variant.trial)
    for each in cell.variants:
        arguments[each.name] = (within_budget(cell, each.arguments), None)
    for ensemble in cell.ensembles if ranking else ():
        arguments[ensemble.name] = (ensemble_arguments(ranking[: ensemble.size]), None)
    test = cell.test
    others = [each for each in rivals if each.variant not in {DEFAULT, best and best.variant}]
    arguments |= {each.variant: (each.arguments, each.variant.trial) for each in others}
    return tuple(
        PlannedRun(
            run=retrain(cell, arguments[name][0], seed),
            cell=cell.name,
            rung=Rung.TEST,
            variant=Variant(name),
            index=index,
            trial=arguments[name][1],
        )
        for name in (*test.tested_variants, *(each.variant for each in others))
        if name in arguments
        for index, seed in enumerate(test_seeds(cell)[:seeds])
    )
