"""Agents: the trained models of a cell's test runs, found, or made again where missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from harness.campaign.matrices import matrix_of
from harness.campaign.models import saved_model
from harness.campaign.records import record
from harness.core import plan
from harness.core.plan import TUNED
from harness.core.record import CellRecord, RunRecord
from harness.core.run import Run
from harness.errors import HarnessError, UnknownNameError, UsageError
from harness.execution import Order, execute_run

__all__ = ["Agent", "agent", "make_model"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """What one test run of a cell has trained.

    Attributes:
        campaign, cell, variant: Where it is from.
        run: The run.
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
) -> Agent:
    """One agent of a cell.

    Args:
        name: Campaign.
        cell: ``ppo@CartPole-v1``.
        runs: Folder of the campaigns.
        storage: URL of the database, where it is not in `runs` or remembered there.
        variant: ``tuned``, ``default`` or a named variant.
        run: Which of its test runs: that with the ``median`` score, the ``best``, or the one with
            that training seed.

    Raises:
        UnknownNameError: No such campaign, cell or variant.
        UsageError: None of its test runs has ended well, or none has that seed.
    """
    campaign = record(name, runs, storage)
    known = {item.name: item for item in campaign.cells}
    if cell not in known:
        raise UnknownNameError("cell", cell, list(known))
    chosen = _chosen(_tested(known[cell], variant), run, f"`{variant}` of `{cell}`")
    resolved = matrix_of(name, campaign.document)[cell]
    folder = runs / name
    return Agent(
        campaign=name,
        cell=cell,
        variant=variant,
        record=chosen,
        run=plan.retrain(resolved, chosen.arguments, chosen.seed),
        folder=folder,
        model=saved_model(folder / "models", cell, chosen),
    )


def _tested(cell: CellRecord, variant: str) -> list[tuple[float, RunRecord]]:
    """The variant's finished test runs with their scores."""
    tested = [run for run in cell.runs if run.rung == "test"]
    names = list(dict.fromkeys(run.variant for run in tested))
    if variant not in names and variant != TUNED:
        raise UnknownNameError("variant", variant, names)
    found = [
        (run.result.score, run)
        for run in tested
        if run.variant == variant and run.result is not None and run.result.score is not None
    ]
    if not found:
        raise UsageError(
            f"`{cell.name}` has no finished test run of `{variant}` yet",
            help="`harness status` says what is left; finish the campaign with `harness run`",
        )
    return found


def _chosen(tested: Sequence[tuple[float, RunRecord]], wanted: str, whose: str) -> RunRecord:
    ordered = [run for _, run in sorted(tested, key=itemgetter(0))]
    if wanted == "median":
        return ordered[(len(ordered) - 1) // 2]
    if wanted == "best":
        return ordered[-1]
    runs = [run for _, run in tested]
    for run in runs:
        if str(run.seed) == wanted:
            return run
    seeds = ", ".join(str(run.seed) for run in runs)
    raise UsageError(
        f"no finished test run of {whose} is called `{wanted}`",
        help=f"`median`, `best`, or one of the training seeds {seeds}",
    )


def make_model(agent: Agent) -> None:
    """Train an agent again, as its test run did, and save its model in the campaign's folder.

    Raises:
        HarnessError: The training failed.
    """
    result = execute_run(Order(run=agent.run, save_to=agent.model))
    if result.failure is not None:
        raise HarnessError(
            f"the training failed, {result.failure.kind}: {result.failure.message}",
            help="its test run did not; other versions or too little memory may be the reason",
        )
