"""The trained models of a cell's test runs: chosen, saved, and trained again where missing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from harness.campaign.campaign_records import record
from harness.campaign.matrices import matrix_of, registry
from harness.core.decisions import plan
from harness.core.record import CampaignRecord, CellRecord, RunRecord
from harness.core.run import ACROSS, DEFAULT, TUNED, Run, Variant
from harness.core.run_result import RunResult
from harness.core.settings import Rung
from harness.errors import HarnessError, UnknownNameError, UsageError
from harness.execution import Order
from harness.execution.local import execute_alone
from harness.files import verify_checksum, write_with_checksums
from harness.local_modules import verify_sources
from harness.saved_models import STATISTICS, model_file, read_seed

Execute = Callable[[Order], RunResult]
"""Trains a run, in another process than this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """What one test run of a cell has trained.

    Attributes:
        campaign, cell, variant: Where it is from.
        record: What the ledger has of the test run.
        run: What trains it.
        folder: Of the campaign.
        model: Where its model is kept, or would be.
    """

    campaign: str
    cell: str
    variant: str
    record: RunRecord
    run: Run
    folder: Path
    model: Path

    @property
    def saved(self) -> bool:
        return self.model.is_file()

    @property
    def missing(self) -> UsageError:
        """What to say where the model was not saved."""
        words = f"{self.cell} --campaign {self.campaign} --variant {self.variant}"
        return UsageError(
            f"no model of `{self.variant}` of `{self.cell}` with seed {self.record.seed} was saved",
            help=f"add `--train` to train it again first, {self.run.steps:,} steps; or "
            f"`harness train {words} --seed {self.record.seed} --out FILE` and `--model FILE`; "
            "`harness run --save-models` saves all of them",
        )


def agent(
    name: str,
    cell: str,
    *,
    runs: Path,
    storage: str | None = None,
    variant: str = TUNED,
    run: str = "median",
    model: Path | None = None,
) -> Agent:
    """One agent of a cell.

    Args:
        cell: ``ppo@CartPole-v1``.
        runs: Folder of the campaigns.
        storage: URL of the database, where it is not in `runs` or remembered there.
        variant: ``tuned``, ``default`` or a named variant.
        run: Which of its test runs: that with the ``median`` score, the ``best``, or the one with
            that training seed.
        model: A model of the variant in a file of the user's, with its own training seed and so
            with the episodes of its own evaluation; those of the test run where it names no seed.

    Raises:
        UnknownNameError: No such campaign, cell or variant.
        UsageError: None of its test runs has ended well, or none has that seed.
    """
    campaign = record(name, runs, storage)
    cell_record = campaign.cell(cell)
    run_record = _choose(_find_test_runs(cell_record, variant), run, f"`{variant}` of `{cell}`")
    _verify_sources(cell_record)
    matrix_cell = matrix_of(name, campaign.document, registry())[cell]
    folder = runs / campaign.name
    seed = None if model is None else read_seed(model)
    seed = run_record.seed if seed is None else seed
    return Agent(
        campaign=name,
        cell=cell,
        variant=variant,
        record=run_record,
        run=plan.retrain(matrix_cell, run_record.arguments, seed),
        folder=folder,
        model=model or find_model(folder / "models", cell_record, run_record),
    )


def _verify_sources(cell: CellRecord) -> None:
    verify_sources(cell.cell.scenario.sources, f"`{cell.name}`")


def _find_test_runs(cell: CellRecord, variant: str) -> list[RunRecord]:
    """The variant's finished test runs."""
    test_runs = [run for run in cell.runs if run.is_held_out]
    names = list(dict.fromkeys(run.variant for run in test_runs))
    if variant not in names and variant != TUNED:
        raise UnknownNameError("variant", variant, names)
    runs = [run for run in test_runs if run.variant == variant and run.score is not None]
    if not runs:
        raise UsageError(
            f"`{cell.name}` has no finished test run of `{variant}` yet",
            help="`harness status` says what is left; finish the campaign with `harness run`",
        )
    return runs


def _choose(runs: Sequence[RunRecord], choice: str, owner: str) -> RunRecord:
    in_order = sorted(runs, key=attrgetter("score"))
    if choice == "median":
        return in_order[(len(in_order) - 1) // 2]
    if choice == "best":
        return in_order[-1]
    for run in runs:
        if str(run.seed) == choice:
            return run
    seeds = ", ".join(str(run.seed) for run in runs)
    raise UsageError(
        f"no finished test run of {owner} is called `{choice}`",
        help=f"`median`, `best`, or one of the training seeds {seeds}",
    )


def make_model(agent: Agent, *, execute: Execute = execute_alone) -> None:
    """Train an agent again, as its test run did, and save its model in the campaign's folder.

    Raises:
        HarnessError: The training failed.
    """
    result = execute(Order(run=agent.run, save_to=agent.model.absolute()))
    if result.failure is not None:
        raise HarnessError(
            f"the training of `{agent.cell}` failed, {result.failure.kind}: "
            f"{result.failure.message}",
            help="its test run did not; other versions or too little memory may be the reason",
        )


_SUFFIXES = (STATISTICS, ".zip")


def model_path(folder: Path, cell: str, variant: str, seed: int) -> Path:
    """Where the model of a test run is saved; its normalisation lies beside it."""
    return folder / cell / f"{variant}-seed{seed}.zip"


def find_model(folder: Path, cell: CellRecord, run: RunRecord) -> Path:
    """Where the model of a test run lies, if it was saved.

    Variants with the same configuration are the same runs, which were trained under one name.
    """
    names = [each.variant for each in cell.runs if each.run_id == run.run_id and each.is_held_out]
    names.sort(key=lambda name: name in {TUNED, ACROSS})
    files = [model_path(folder, cell.name, name, run.seed) for name in names]
    return next((file for file in files if file.is_file()), files[0])


def keep_best_models(record: CampaignRecord, folder: Path) -> None:
    """Copy each cell's best tuned test model to ``<folder>/<cell>/best.zip``.

    Raises:
        StorageError: A model is damaged, or the copy cannot be written.
    """
    for cell in record.cells:
        runs = [run for run in cell.runs_of(Rung.TEST, TUNED) if run.score is not None]
        if runs:
            _copy(max(runs, key=attrgetter("score")), folder, cell)


def _copy(run: RunRecord, folder: Path, cell: CellRecord) -> None:
    model = find_model(folder, cell, run)
    sources = [model.with_suffix(suffix) for suffix in _SUFFIXES]
    sources = [source for source in sources if source.exists()]
    for source in sources:
        verify_checksum(source)
    if model not in sources:
        return
    best = [
        folder / cell.name / f"best{source.name.removeprefix(model.stem)}" for source in sources
    ]
    with write_with_checksums(*best) as copies:
        for source, beside in zip(sources, copies, strict=True):
            shutil.copyfile(source, beside)


def train(  # noqa: PLR0913
    name: str,
    cell: str,
    *,
    runs: Path,
    storage: str | None = None,
    seed: int | None = None,
    variant: str = TUNED,
    steps: int | None = None,
    out: Path,
    execute: Execute = execute_alone,
) -> RunResult:
    """Train a cell's variant as its test rung did and save the model as ``<out>.zip``.

    Args:
        cell: ``ppo@CartPole-v1``.
        runs: Folder of the campaigns.
        storage: URL of the database, where it is not in `runs` or remembered there.
        seed: Training seed; None takes the first test seed and gives that run's score again.
        variant: ``tuned``, ``default``, a named variant, or ``across`` with `tune_across`.
        steps: Environment steps; None takes the test rung's.
        out: Where to save, with or without ``.zip``.

    Raises:
        UnknownNameError: No such campaign, cell or variant.
        UsageError: What the variant trains is not decided yet.
    """
    campaign = record(name, runs, storage)
    cell_record = campaign.cell(cell)
    _verify_sources(cell_record)
    matrix_cell = matrix_of(name, campaign.document, registry())[cell]
    arguments = _arguments(cell_record, Variant(variant))
    first = plan.test_seeds(matrix_cell)[0]
    run = plan.retrain(matrix_cell, arguments, first if seed is None else seed, steps)
    return execute(Order(run=run, save_to=model_file(out).absolute()))


def _arguments(cell: CellRecord, variant: Variant) -> Mapping[str, object]:
    by_variant = {run.variant: run.arguments for run in cell.runs if run.is_held_out}
    if variant in by_variant:
        return by_variant[variant]
    if variant == TUNED or (variant == ACROSS and cell.cell.transfer.tune_across):
        raise UsageError(
            f"`{cell.name}` has no parameters of `{variant}` yet",
            help=f"finish the campaign, or train `--variant {DEFAULT}`",
        )
    raise UnknownNameError("variant", variant, list(by_variant))
