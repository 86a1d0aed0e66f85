"""Run a campaign: open the executor, then everything else while it gets ready."""

from __future__ import annotations

from concurrent.futures import Executor

from harness.campaign.clock import instant
from harness.campaign.matrices import registry
from harness.campaign.options import Outcome, RunOptions
from harness.core.backend import obstacle
from harness.core.events import Listener
from harness.core.matrix import Cell, Matrix
from harness.core.settings import SB3, Component
from harness.errors import UsageError
from harness.execution import admit, open_executor, prepare

__all__ = ["run"]


def run(matrix: Matrix, options: RunOptions, listener: Listener = lambda event: None) -> Outcome:
    """Run what the ledger lacks, then write the report. The same call again continues.

    Raises:
        LockedError: Another process runs this campaign.
        UsageError: The campaign is kept in another database than `options.storage`.
        CampaignChangedError: The matrix or the versions changed, and that was not accepted.
        StorageError: The database cannot be read or written.
        ExecutionError: The executor cannot be opened, or cannot go on.
    """
    # At once, so that no later change of the clock moves it.
    deadline = None if options.budget is None else instant() + options.budget
    # Before a cluster is started for nothing.
    from harness.tuning.components import check

    for cell in matrix.cells:
        check(cell, registry())
    with _executor(matrix, options) as executor:
        # The database, scipy and pandas take as long as what the executor's processes load.
        from harness.campaign.conduct import conduct

        return conduct(matrix, options, executor, deadline, listener)


def _executor(matrix: Matrix, options: RunOptions) -> Executor:
    """The executor, open, and able to run every cell."""
    executor = open_executor(
        registry(),
        Component(name=options.executor, options=options.executor_options),
        workers=options.workers,
        threads=max(cell.threads for cell in matrix.cells),
    )
    try:
        for cell in matrix.cells:
            admit(executor, cell.resources)
    except UsageError:
        executor.shutdown()
        raise
    prepare(executor, plain=any(map(_is_plain, matrix.cells)))
    return executor


def _is_plain(cell: Cell) -> bool:
    """Whether the cell's default, which stands for its runs, trains by plain stable-baselines3."""
    return (
        cell.backend == SB3 or obstacle(cell.algorithm, cell.scenario, cell.arguments) is not None
    )
