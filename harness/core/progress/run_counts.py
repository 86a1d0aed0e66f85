"""How far each cell of a campaign is, counted in distinct runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.core.decisions import plan
from harness.core.decisions.transfer import sources
from harness.core.matrix import Cell
from harness.core.progress.ladder_progress import Progress
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import ACROSS, DEFAULT, TUNED, Variant
from harness.core.settings import Adaptive, Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCounts:
    """How far a cell is, in numbers of distinct runs.

    Attributes:
        cell: The cell.
        ended: Rung -> runs with a result.
        confirm: Runs of the confirm rung without a result; None while it is not planned.
        test: Runs of the test rung without a result, those aside that the search chose.
        tuned: Those of the winner, and of its rivals where there are several objectives.
        transfer: Runs of the transfer rung without a result.
        has_across: Whether the one configuration for all scenarios is planned.
        configurations: Distinct configurations in the test rung, those that were searched aside.
        rivals: Configurations of the search that are tested beside the winner.
        seeds: Held-out seeds so far.
        settled: Whether no interim analysis adds more.
        awaited: Ensembles in the test rung whose members are not known yet.
        more_trainings: Trainings of the planned test runs without a result, beyond one a run.
        winner: ``default`` or ``trial-<number>`` once decided.
        closed: Trials with which the search was closed, if it was.
        open_trials: Trials that are suggested and have no result.
        may_go_on: Whether the search has trials to come.
        sources, received: Cells whose configurations are trained here, and those it has.
        changing: Of the received ones, those whose search will go on and may ship another.
    """

    cell: Cell
    ended: Mapping[Rung, int]
    confirm: int | None
    test: int
    tuned: int
    transfer: int
    has_across: bool
    configurations: int
    rivals: int
    seeds: int
    settled: bool
    awaited: int
    more_trainings: int
    winner: Variant | None
    closed: int | None
    open_trials: int
    may_go_on: bool
    sources: int
    received: int
    changing: int


_PlannedRun = tuple[Rung, Variant, str, bool]
"""Rung, variant, run id and whether it has a result."""


def _lateness(run: _PlannedRun) -> int:
    if run[0] == Rung.TRANSFER:
        return 2
    return int(run[0] == Rung.TEST and run[1].is_searched)


def _count(cell: Cell, runs: Iterable[_PlannedRun], *, seeds: int, **facts: Any) -> CellCounts:
    """Count the planned runs of a cell; `facts` are the attributes that are no counts."""
    # The winner's test runs late: where it is the default they are the default's. Latest what is
    # tested for all scenarios: it may be either.
    runs = sorted(runs, key=_lateness)
    serves: dict[str, tuple[Rung, bool]] = {}
    for rung, variant, run_id, _ in runs:
        serves.setdefault(run_id, (rung, rung == Rung.TEST and variant.is_searched))
    has_result_by_id = {run_id: has_result for *_, run_id, has_result in runs}
    variants = {variant for rung, variant, *_ in runs if rung == Rung.TEST}
    totals = Counter(serves.values())
    pending = Counter(key for run_id, key in serves.items() if not has_result_by_id[run_id])
    rungs = {rung for rung, _ in totals}
    # Before the test rung is planned: the variants it will have in any case.
    names = {DEFAULT, *(configuration.name for configuration in cell.variants)}
    certain = names.intersection(cell.test.tested_variants)
    missing = sum(each.name not in variants for each in cell.ensembles_in_test)
    has_test = Rung.TEST in rungs
    test = pending[Rung.TEST, False] if has_test else len(certain) * seeds
    configurations = totals[Rung.TEST, False] // seeds if has_test else len(certain)
    return CellCounts(
        cell=cell,
        ended=Counter(
            serves[run_id][0] for run_id, has_result in has_result_by_id.items() if has_result
        ),
        confirm=pending[Rung.CONFIRM, False] if Rung.CONFIRM in rungs else None,
        test=test + missing * seeds,
        tuned=pending[Rung.TEST, True],
        open_trials=pending[Rung.SEARCH, False],
        transfer=pending[Rung.TRANSFER, False] if Rung.TRANSFER in rungs else _default_pool(cell),
        has_across=any(run[:2] == (Rung.TRANSFER, ACROSS) for run in runs),
        configurations=configurations + missing,
        awaited=missing,
        more_trainings=_more_trainings(cell, runs),
        rivals=sum(each.is_searched and each != TUNED for each in variants),
        seeds=seeds,
        **facts,
    )


def _more_trainings(cell: Cell, runs: Sequence[_PlannedRun]) -> int:
    """Trainings of ensembles without a result, beyond one a run."""
    sizes = {each.name: each.size for each in cell.ensembles_in_test}
    pending = {
        run_id: sizes[variant]
        for rung, variant, run_id, has_result in runs
        if rung == Rung.TEST and variant in sizes and not has_result
    }
    return sum(pending.values()) - len(pending)


def _default_pool(cell: Cell) -> int:
    """Runs of the transfer rung that are planned from the beginning."""
    return cell.transfer.seeds if cell.transfer.tune_across else 0


def counts_of(cells: Mapping[str, Progress]) -> dict[str, CellCounts]:
    """Count the runs of cells that stand somewhere on their ladders.

    Args:
        cells: Every cell of a campaign.
    """

    def is_changing(name: str) -> bool:
        return cells[name].winner is not None and cells[name].may_go_on

    return {
        name: _count(
            each.cell,
            (
                (
                    rung,
                    planned_run.variant,
                    planned_run.run.id,
                    planned_run.run.id in each.history.results,
                )
                for rung, runs in each.planned.items()
                for planned_run in runs
            ),
            seeds=each.seeds,
            settled=each.settled,
            winner=None if each.winner is None else each.winner.variant,
            closed=each.history.closed,
            may_go_on=each.may_go_on,
            sources=len(each.history.sources),
            received=len(each.history.shipped),
            changing=sum(
                is_changing(configuration.cell.name) for configuration in each.history.shipped
            ),
        )
        for name, each in cells.items()
    }


def counts_in(
    record: CampaignRecord, has_all_seeds: Mapping[str, bool] | None = None
) -> dict[str, CellCounts]:
    """Count the runs of a record's cells, from the plans that are in the ledger.

    Args:
        record: A campaign, in brief too.
        has_all_seeds: Cell name -> whether no interim analysis adds seeds, of the cells that
            have any.
    """
    has_all_seeds = {} if has_all_seeds is None else has_all_seeds
    records = {cell.name: cell for cell in record.cells}
    cells = [cell.cell for cell in record.cells]
    counts = {}
    for cell in record.cells:
        shipping = [records[source.name] for source in sources(cell.cell, cells)]
        ready = [source for source in shipping if source.winner is not None]
        seeds = len({run.index for run in cell.runs if run.rung is Rung.TEST})
        counts[cell.name] = _count(
            cell.cell,
            _runs_in(cell),
            seeds=seeds or plan.first_seeds(cell.cell),
            settled=has_all_seeds.get(cell.name, not isinstance(cell.cell.test.seeds, Adaptive)),
            winner=cell.winner,
            closed=cell.closed,
            may_go_on=_may_go_on(cell),
            sources=len(shipping),
            received=len(ready),
            changing=sum(map(_may_go_on, ready)),
        )
    return counts


def _may_go_on(cell: CellRecord) -> bool:
    if not cell.cell.search.is_open_ended:
        return cell.ended_trial_count < cell.cell.search.trials
    # What is confirmed was planned when the budget was used up, or when the search was closed.
    return cell.closed is not None or all(run.rung is not Rung.CONFIRM for run in cell.runs)


def _runs_in(cell: CellRecord) -> Iterable[_PlannedRun]:
    for trial in cell.trials:
        variant = Variant.of_trial(trial.number)
        yield Rung.SEARCH, variant, trial.run_id, trial.result is not None
    for run in cell.runs:
        yield run.rung, run.variant, run.run_id, run.result is not None
