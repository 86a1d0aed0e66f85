"""Campaign records with a known truth, for testing whatever reads records.

The cells and runs are real ones of `core`; only the trainings are replaced by a formula with
seeded noise. The same call gives the same record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from invented_results import Truth, failed_result, quality, sample, simulated_result, truth_cell

from harness.analysis import interims
from harness.core.decisions import plan
from harness.core.decisions.transfer import ShippedConfiguration, plan_transfer, sources
from harness.core.decisions.winner import candidates, choose_winner
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Cell
from harness.core.record import CampaignRecord, CellRecord, RunRecord, Suggestion, TrialRecord
from harness.core.run import DEFAULT, TUNED, PlannedRun, Variant
from harness.core.run_result import RunResult
from harness.core.settings import Rung
from harness.report import campaign_view, write_site

TRUTHS: tuple[Truth, ...] = (
    Truth(
        scenario="CartPole-v1", algorithm="ppo", default=180, tuned=460, threshold=475, title="PPO",
        published=430, baseline=400,
    ),
    Truth(
        scenario="CartPole-v1", algorithm="a2c", default=300, tuned=150, searched=420, title="A2C",
        threshold=475,
    ),
    Truth(
        scenario="CartPole-v1", algorithm="dqn", default=200, tuned=205, sd=60, title="DQN",
        searched=290, threshold=475, failed_tuned=2,
    ),
    Truth(
        scenario="Pendulum-v1", algorithm="ppo", default=-1100, tuned=-210, sd=60, title="PPO",
        random=-1200, reference=-150, seeds=3,
    ),
    Truth(
        scenario="Pendulum-v1", algorithm="sac", default=-150, tuned=-400, sd=15, title="SAC",
        random=-1200, reference=-150,
    ),
    Truth(
        scenario="Pendulum-v1", algorithm="td3", default=-180, tuned=-160, sd=30, title="TD3",
        random=-1200, reference=-150, pending=24,
    ),
    Truth(
        scenario="Pendulum-v1", algorithm="tqc", default=-170, tuned=-160, sd=30, title="TQC",
        random=-1200, reference=-150, failed_trials=True, message="worker died with signal 9",
    ),
)  # fmt: skip
"""Improved, worse, no clear difference with failed seeds, too few seeds, default won, unfinished,
and a search without any finished trial."""


def synthetic_campaign(
    name: str = "synthetic", truths: Sequence[Truth] = TRUTHS, seed: int = 7
) -> CampaignRecord:
    """A campaign record whose cells follow `truths`; those with a rule have the seeds they need."""
    seeds: dict[str, int] = {}
    while True:
        cells = [_cell_record(truth, seed, seeds) for truth in truths]
        record = _campaign(name, truths, seed, cells)
        needed = {cell: interim.seeds for cell, interim in interims(record).items()}
        if needed == seeds:
            break
        seeds = needed
    found = {truth_cell(t, seed).name: record for t, record in zip(truths, cells, strict=True)}
    return replace(record, cells=tuple(_visited(truth, seed, truths, found) for truth in truths))


def _visited(
    truth: Truth, seed: int, truths: Sequence[Truth], found: Mapping[str, CellRecord]
) -> CellRecord:
    """The record with the runs of its transfer rung."""
    cell = truth_cell(truth, seed)
    runs: list[RunRecord] = []
    for source in sources(cell, [truth_cell(other, seed) for other in truths]):
        record = found[source.name]
        if record.winner is None:
            continue
        number = record.winner.trial
        values = None if number is None else record.trials[number].values
        shipped = ShippedConfiguration(cell=source, values=values)
        part = quality(source.space, dict(values)) if values else 0.0
        mean = truth.default + 0.7 * part * (truth.tuned - truth.default)
        planned = plan_transfer(cell, shipped)
        runs += [_run(each, truth, {Variant(source.name): mean}) for each in planned]
    record = found[cell.name]
    return replace(record, runs=(*record.runs, *runs))


def _campaign(
    name: str, truths: Sequence[Truth], seed: int, cells: Sequence[CellRecord]
) -> CampaignRecord:
    return CampaignRecord(
        name=name,
        created="2026-11-20T21:00:00Z",
        updated="2026-11-21T05:48:55Z",
        cells=tuple(cells),
        document={
            "name": name,
            "seed": seed,
            "scenarios": list(dict.fromkeys(truth.scenario for truth in truths)),
            "algorithms": list(dict.fromkeys(truth.algorithm for truth in truths)),
            "search": {"steps": 50_000},
        },
        origins={"seed": "matrix.yaml:2", "search.steps": "--set #1"},
        provenance={
            "versions": {
                "torch": "2.13.0",
                "stable-baselines3": "2.9.2",
                "gymnasium": "1.4.0",
                "numpy": "2.4.6",
                "rl-harness": "0.1.0",
            },
            "machine": {"processor": "example CPU", "cores": "2", "system": "Linux"},
            "source": {
                "git commit": "0123456789abcdef0123456789abcdef01234567",
                "git tree": "clean",
            },
            "run": {
                "command": "harness run --matrix matrix.yaml",
                "storage": "runs/synthetic/campaign.db",
            },
        },
    )


def _cell_record(truth: Truth, seed: int, seeds: Mapping[str, int]) -> CellRecord:
    cell = truth_cell(truth, seed)
    trials: list[TrialRecord] = []
    for number in range(truth.trials):
        trials.append(_trial(cell, truth, number, trials))
    compared = candidates(cell, trials)
    searched = truth.tuned if truth.searched is None else truth.searched
    means = {candidate.variant: searched for candidate in compared} | {DEFAULT: truth.default}
    confirmed = [_run(planned, truth, means) for planned in plan.plan_confirm(cell, compared)]
    results: dict[Variant, list[RunResult]] = {candidate.variant: [] for candidate in compared}
    for run in confirmed:
        if run.result is not None:
            results[run.variant].append(run.result)
    best = choose_winner(cell, compared, results)
    tuned = truth.default if best.variant == DEFAULT else truth.tuned
    means = {
        DEFAULT: truth.default,
        TUNED: tuned,
        Variant("published"): truth.published or 0.0,
    }
    count = seeds.get(cell.name, plan.first_seeds(cell))
    tested = [_run(planned, truth, means) for planned in plan.plan_test(cell, best, count)]
    if best.variant == DEFAULT:
        shared = {run.run_id: run.result for run in tested if run.variant == DEFAULT}
        tested = [replace(run, result=shared.get(run.run_id, run.result)) for run in tested]
    runs = [*confirmed, *tested]
    kept = len(runs) - truth.pending
    runs = [run if place < kept else replace(run, result=None) for place, run in enumerate(runs)]
    undecided = truth.pending > len(tested)
    return CellRecord(
        cell=cell,
        trials=tuple(trials),
        runs=tuple(run for run in runs if not undecided or run.variant != TUNED),
        winner=None if undecided else best.variant,
        importances={} if truth.failed_trials else _IMPORTANCES,
    )


_IMPORTANCES = {
    "learning_rate": 0.52,
    "gamma": 0.27,
    "n_steps": 0.14,
    "net_arch": 0.05,
    "use_sde": 0.02,
}


def _trial(cell: Cell, truth: Truth, number: int, told: list[TrialRecord]) -> TrialRecord:
    generator = np.random.default_rng([number, len(cell.name)])
    values = cell.space.default_values() if number == 0 else sample(cell.space, generator)
    arguments = cell_arguments.arguments_of(cell, values) if number else dict(cell.arguments)
    planned = plan.plan_trial(cell, number, arguments, told[: max(0, number - 1)])
    best = truth.tuned if truth.searched is None else truth.searched
    share = 0.0 if number == 0 else quality(cell.space, values)
    if (truth.failed_trials and number) or number % 11 == 7:
        result = failed_result(planned, truth)
    else:
        pruned = number > 6 and number % 5 == 3
        mean = truth.default + (best - truth.default) * share
        result = simulated_result(planned, mean, truth, pruned=pruned)
    return TrialRecord(
        suggestion=Suggestion(number=number, coordinates=cell.space.encode(values)),
        values=values,
        arguments=arguments,
        seed=planned.run.seed,
        run_id=planned.run.id,
        result=result,
    )


def _run(planned: PlannedRun, truth: Truth, means: dict[Variant, float]) -> RunRecord:
    fails = (
        planned.rung is Rung.TEST
        and planned.variant == TUNED
        and planned.index < truth.failed_tuned
    )
    return RunRecord(
        rung=planned.rung,
        variant=planned.variant,
        index=planned.index,
        trial=planned.trial,
        seed=planned.run.seed,
        arguments=planned.run.arguments,
        run_id=planned.run.id,
        result=failed_result(planned, truth)
        if fails
        else simulated_result(planned, means[planned.variant], truth),
    )


def rounded(node: Any) -> Any:
    """Plain data with nine digits of every number."""
    # Nine digits: enough to see any change of method, too few to see another libm.
    if isinstance(node, float):
        return float(f"{node:.9g}")
    if isinstance(node, dict):
        return {key: rounded(item) for key, item in node.items()}
    if isinstance(node, list):
        return [rounded(item) for item in node]
    return node


def write_report(record: CampaignRecord, folder: Path) -> Path:
    """Write the pages of a record; returns the first one."""
    return write_site(campaign_view(record), folder)
