"""Run a campaign: open the executor, then everything else while it gets ready."""

from __future__ import annotations

from concurrent.futures import Executor

from harness.campaign.options import Outcome, RunOptions, Services
from harness.core.backend import obstacle
from harness.core.events import Listener
from harness.core.matrix import Cell, Matrix
from harness.core.search_settings import Component
from harness.core.settings import SB3
from harness.errors import UsageError
from harness.execution import admit, prepare


def run_campaign(
    matrix: Matrix,
    options: RunOptions,
    listener: Listener = lambda event: None,
    services: Services | None = None,
) -> Outcome:
    """Run what the ledger lacks, then write the report. The same call again continues.

    Args:
        matrix, options: What to run and how.
        services: What to use of the world; None for all that is real.

    Raises:
        LockedError: Another process runs this campaign.
        UsageError: The campaign is kept in another database than `options.storage`.
        CampaignChangedError: The matrix or the versions changed, and that was not accepted.
        StorageError: The database cannot be read or written.
        ExecutionError: The executor cannot be opened, or cannot go on.
    """
    services = Services() if services is None else services
    # At once, so that what takes its time first is part of the budget.
    deadline = None if options.budget is None else services.clock() + options.budget
    # Before a cluster is started for nothing.
    from harness.tuning.components import check

    for cell in matrix.cells:
        check(cell, services.registry)
    with _executor(matrix, options, services) as executor:
        # The database, scipy and pandas take as long as what the executor's processes load.
        from harness.campaign.campaign_session import run_on

        return run_on(executor, matrix, options, deadline, listener, services)


def _executor(matrix: Matrix, options: RunOptions, services: Services) -> Executor:
    """The executor, open, and able to run every cell."""
    executor = services.open_executor(
        services.registry,
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
