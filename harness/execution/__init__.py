"""Units on any `concurrent.futures.Executor`: local processes, interrupts, what became of a future.

The contract of an executor, first or third party:

* it is a `concurrent.futures.Executor` made by ``function(*, workers: int, threads: int)`` and
  registered under the entry point group ``harness.executors``;
* ``submit(run_unit, order)`` takes an `Order` and gives a future of a `RunResult`;
* the future raises `TimeoutError` when the unit's own timeout ended it, `MemoryLimitError` when it
  held more than its own limit, and `WorkerDiedError` when its process died; it is cancelled by
  ``cancel()`` even while it runs;
* a unit that ends takes the processes it started with it;
* ``shutdown(cancel_futures=True)`` ends what still runs and returns when it is gone.
"""

from harness.execution.executors import open_executor
from harness.execution.interrupts import Interrupts
from harness.execution.outcome import MemoryLimitError, WorkerDiedError, outcome
from harness.execution.worker import Order, run_unit

__all__ = [
    "Interrupts",
    "MemoryLimitError",
    "Order",
    "WorkerDiedError",
    "open_executor",
    "outcome",
    "run_unit",
]
