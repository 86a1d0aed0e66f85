"""Runs on any `concurrent.futures.Executor`: local processes, interrupts, what became of a future.

The contract of an executor, first or third party:

* it is a `concurrent.futures.Executor` made by ``function(*, workers: int | None, threads: int)``
  and registered under the entry point group ``harness.executors``; `workers` None leaves their
  number to it; further keyword arguments are its options;
* ``submit(execute_run, order)`` takes an `Order` and gives a future of a `RunResult`;
* the future raises `TimeoutError` when the run's own timeout ended it, `MemoryLimitError` when it
  held more than its own limit, and `WorkerDiedError` when its process died; it is cancelled by
  ``cancel()`` even while it runs;
* a run that ends takes the processes it started with it;
* an `ExecutionError` in the future is a fault of the executor: the campaign ends with it, and the
  run stays pending;
* what the training prints and the model it saves lie at ``order.log`` and ``order.save_to`` when
  the future is done, wherever the run ran;
* saved models among the arguments of the run's scenario (`harness.core.opponents.models_of`) are
  read from their paths where the run runs: without a shared disk, it takes them there and changes
  the paths, which are no part of the run's id;
* it may know its size, see `Sized`, and get ready while the campaign is opened, see `Preparing`;
* ``shutdown(cancel_futures=True)`` ends what still runs and returns when it is gone; it may be
  called twice.

`harness.testing.executor_contract` has the tests of this contract.
"""

from harness.execution.executors import (
    Preparing,
    Sized,
    admit,
    capacity,
    cores,
    open_executor,
    prepare,
)
from harness.execution.interrupts import Interrupts
from harness.execution.run_outcome import (
    ATTEMPTS,
    ExecutionError,
    MemoryLimitError,
    WorkerDiedError,
    outcome,
)
from harness.execution.user_code import UserCode, UserCodeError
from harness.execution.worker_process import Order, execute_run

__all__ = [
    "ATTEMPTS",
    "ExecutionError",
    "Interrupts",
    "MemoryLimitError",
    "Order",
    "Preparing",
    "Sized",
    "UserCode",
    "UserCodeError",
    "WorkerDiedError",
    "admit",
    "capacity",
    "cores",
    "execute_run",
    "open_executor",
    "outcome",
    "prepare",
]
