"""Orders sent to another machine and the replies: values only, no shared folder.

The node executes the order as this machine would, in a folder of its own, where the saved models
that play in it are written first. Log and model files travel in the reply and are written here to
the paths that the order names.
"""

from __future__ import annotations

import os
import pickle
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from harness.core.opponents import SavedModel, replace_models
from harness.core.run import Run
from harness.core.run_result import RunResult
from harness.execution.worker_process import Order, open_log, picklable
from harness.files import write_atomically
from harness.saved_models import ModelContent, write_model

_LOG_LIMIT: Final = 2**20
"""Bytes of a run's log that travel; the end says more than the beginning."""

_LOG: Final = "log"
_MODEL: Final = "model"
_OPPONENTS: Final = "opponents"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of an order.

    Attributes:
        result: None where `error` says why.
        error: The pickled exception of the run's future.
        traceback: Its text.
        log: What the training printed.
        files: Name -> content of what was saved.
    """

    result: RunResult | None = None
    error: bytes = b""
    traceback: str = ""
    log: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)


class _RemoteError(Exception):
    """The cause of an exception that came from another process: its traceback as text."""


def perform(
    executor: Executor,
    function: Callable[[Order], RunResult],
    order: Order,
    folder: Path,
    opponents: Iterable[ModelContent] = (),
) -> Reply:
    """Run an order on this machine, its files in a temporary folder inside `folder`.

    Args:
        function: Given the order.
        folder: On this machine.
        opponents: The saved models that play in it; another one is looked for at its own path.
    """
    with TemporaryDirectory(dir=folder, prefix="harness-") as name:
        work = Path(name)
        (work / _MODEL).mkdir()
        local_order = replace(
            order,
            run=_with_local_opponents(opponents, order.run, work / _OPPONENTS),
            log=None if order.log is None else work / _LOG,
            save_to=None if order.save_to is None else work / _MODEL / order.save_to.name,
        )
        future: Future[RunResult] = executor.submit(function, local_order)
        error = future.exception()
        return Reply(
            result=future.result() if error is None else None,
            error=b"" if error is None else pickle.dumps(picklable(error)),
            traceback="" if error is None else "".join(traceback.format_exception(error)),
            log=_tail(work / _LOG),
            files={path.name: path.read_bytes() for path in (work / _MODEL).iterdir()},
        )


def _with_local_opponents(opponents: Iterable[ModelContent], run: Run, folder: Path) -> Run:
    """The run whose saved models lie in `folder`; it keeps its id, which paths are no part of."""
    folder.mkdir()
    paths = {content.sha256: str(write_model(content, folder)) for content in opponents}
    if not paths:
        return run

    def relocate(model: SavedModel) -> SavedModel:
        return replace(model, path=paths.get(model.sha256, model.path))

    return replace(run, scenario=replace_models(run.scenario, relocate))


def keep(reply: Reply, order: Order) -> None:
    """Put log and model where the order wants them.

    Raises:
        StorageError: A file cannot be written.
    """
    if order.log is not None and reply.log:
        # One write to a file opened for appending: logs of several runs never mix.
        descriptor = open_log(order.log)
        try:
            os.write(descriptor, reply.log)
        finally:
            os.close(descriptor)
    if order.save_to is not None:
        model = order.save_to.name
        # The model itself last: where it is, what belongs to it is too.
        for name in sorted(reply.files, key=lambda name: name == model):
            with write_atomically(order.save_to.with_name(name)) as beside:
                beside.write_bytes(reply.files[name])


def resolve(reply: Reply, future: Future[RunResult]) -> None:
    """Give the future the reply's result or error."""
    if reply.result is not None:
        future.set_result(reply.result)
        return
    error: BaseException = pickle.loads(reply.error)  # noqa: S301 - from our own node
    if error.__cause__ is None and not getattr(error, "__notes__", ()):
        error.__cause__ = _RemoteError(f"\n{reply.traceback}")
    future.set_exception(error)


def _tail(log: Path) -> bytes:
    if not log.exists():
        return b""
    size = log.stat().st_size
    with log.open("rb") as file:
        if size <= _LOG_LIMIT:
            return file.read()
        file.seek(-_LOG_LIMIT, os.SEEK_END)
        return b"[%d bytes left out]\n" % (size - _LOG_LIMIT) + file.read()
