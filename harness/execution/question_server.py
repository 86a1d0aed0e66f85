"""The process that forks a child for each question about user code, and watches over it.

It is started by `harness.execution.user_code.UserCode` and runs no user code itself. A child has a
session of its own, no stdin, and pipes for its output and its answer. Whatever it does (it exits,
crashes, hangs, writes without end, changes its folder or its signals, leaves threads or processes
behind) is said in one reply, and ends with it.

A request and a reply are frames: eight bytes of length, then their content. Before the reply
come the lines that the question's function had told, each in a frame of its own.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import importlib.util
import json
import math
import os
import pickle
import select
import signal
import struct
import sys
import sysconfig
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final, NoReturn

import psutil

from harness.core.identity import canonical
from harness.errors import HarnessError
from harness.execution.worker_process import adopt_orphans, lead_group, signal_at_parent_death

_REQUESTS: Final = 0
"""File descriptor of the requests; at its end nobody is left to ask."""

_IDLE: Final = 60.0
"""Seconds without a question after which this process ends; it is started again when needed."""

_TICK: Final = 0.05
"""Seconds between two looks whether a child that says nothing is still there."""

_LONGEST_ANSWER: Final = 16 * 2**20
_LONGEST_OUTPUT: Final = 8 * 2**10
"""Bytes of an answer at most, and of the end of the output that is kept."""

_LENGTH: Final = struct.Struct("!Q")

_OWN_VARIABLES: Final = dict(os.environ)
"""Environment variables with which this process was started."""

_TOLD: Final = b'{"told": '
"""How a line begins that is not the answer yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A question and where it is asked.

    Attributes:
        question: ``module:function`` and the function's arguments, pickled; only the child opens
            it.
        limit: Seconds until the child is ended; infinity for never.
        folder: Working directory of the child.
        variables: Its environment, beside what preloading has set.
        path, argv: Its ``sys.path`` and ``sys.argv``, as a run would have them.
        preload: Modules that this process imports first, or functions ``module:function`` that it
            calls, so that all later children have what comes of it.
        tells: Whether the function takes `tell`, which sends a line of text before the answer.
    """

    question: bytes
    limit: float
    folder: str
    variables: Mapping[str, str]
    path: tuple[str, ...]
    argv: tuple[str, ...]
    preload: tuple[str, ...] = ()
    tells: bool = False


def write_frame(descriptor: int, content: bytes) -> None:
    _write(descriptor, _LENGTH.pack(len(content)) + content)


def _write(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def read_frame(descriptor: int, deadline: float | None = None) -> bytes | None:
    """The content of the next frame; None at the end of the pipe or after the deadline."""
    header = _read(descriptor, _LENGTH.size, deadline)
    return None if header is None else _read(descriptor, _LENGTH.unpack(header)[0], deadline)


def _read(descriptor: int, size: int, deadline: float | None) -> bytes | None:
    content = bytearray()
    while len(content) < size:
        pause = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not select.select([descriptor], [], [], pause)[0]:
            return None
        chunk = os.read(descriptor, min(size - len(content), 2**16))
        if not chunk:
            return None
        content += chunk
    return bytes(content)


def main() -> None:
    """Answer until nobody is left to ask, or nobody has asked for a while."""
    replies = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.close(null)
    adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while (frame := read_frame(_REQUESTS, time.monotonic() + _IDLE)) is not None:
        request: Request = pickle.loads(frame)  # noqa: S301 - from the process that started this
        for path in request.preload:
            # The child that needs it says what is wrong with it.
            with contextlib.suppress(Exception):
                _preload(path)
        reply = _supervise(request, replies)
        if reply is None:
            return
        write_frame(replies, json.dumps(reply).encode())


@lru_cache
def _preload(path: str) -> None:
    module, _, function = path.partition(":")
    module_object = importlib.import_module(module)
    if function:
        getattr(module_object, function)()


def _supervise(request: Request, replies: int) -> dict[str, object] | None:
    """What a child made of the request; None where nobody waits for that any more."""
    answer, answer_end = os.pipe()
    output, output_end = os.pipe()
    child = os.fork()
    if not child:
        os.close(replies)
        _answer(request, answer_end, output_end)
    os.close(answer_end)
    os.close(output_end)
    try:
        watch = _Watch(child, answer, output, partial(write_frame, replies))
        return watch.collect(time.monotonic() + request.limit)
    finally:
        _end_all(child)
        os.close(answer)
        os.close(output)


class _Watch:
    """What a child has written, and whether it lives."""

    def __init__(
        self, child: int, answer: int, output: int, forward: Callable[[bytes], None]
    ) -> None:
        self._child = child
        self._answer = answer
        self._forward = forward
        self._content = {answer: bytearray(), output: bytearray()}
        self._open = {answer, output}
        self._status: int | None = None

    def collect(self, deadline: float) -> dict[str, Any] | None:
        """Wait for an answer, the child's death or the deadline, whichever is first."""
        in_time = True
        while not self._is_complete() and (in_time := time.monotonic() < deadline):
            pause = _TICK if self._status is None else 0
            ready = set(select.select([*self._open, _REQUESTS], [], [], pause)[0])
            if _REQUESTS in ready:
                return None
            if self._status is not None and not ready:
                break
            for descriptor in ready:
                self._take(descriptor)
            if self._status is None:
                child, status = os.waitpid(self._child, os.WNOHANG)
                self._status = os.waitstatus_to_exitcode(status) if child else None
        answer, output = (bytes(content) for content in self._content.values())
        return {
            "answer": answer.decode(errors="replace") if self._is_complete() else None,
            "status": self._status,
            "in_time": in_time,
            "output": output.decode(errors="replace"),
        }

    def _is_complete(self) -> bool:
        content = self._content[self._answer]
        return content.endswith(b"\n") or len(content) > _LONGEST_ANSWER

    def _take(self, descriptor: int) -> None:
        chunk = os.read(descriptor, 2**16)
        if not chunk:
            self._open.discard(descriptor)
        content = self._content[descriptor]
        content += chunk
        if descriptor != self._answer:
            del content[:-_LONGEST_OUTPUT]
            return
        while content.startswith(_TOLD) and (end := content.find(b"\n") + 1):
            self._forward(bytes(content[:end]))
            del content[:end]


def _end_all(child: int) -> None:
    """Kill the child, its group and all that any of them started; this process adopts orphans."""
    this = psutil.Process()
    for _ in range(100):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        for process in this.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                process.kill()
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)


def _answer(request: Request, answer: int, output: int) -> NoReturn:
    """In the child: do what is asked, write what came of it, end."""
    try:
        _settle_in(request, output)
        more = {"tell": partial(_tell, answer)} if request.tells else {}
        reply = json.dumps(_perform(request.question, more))
    except BaseException as error:  # noqa: BLE001 - sent to who asked
        reply = json.dumps(_error_data(error))
    with contextlib.suppress(BaseException):
        sys.stdout.flush()
    _write(answer, f"{reply}\n".encode())
    os._exit(0)


def _tell(answer: int, text: str) -> None:
    _write(answer, f"{json.dumps({'told': text})}\n".encode())


def _settle_in(request: Request, output: int) -> None:
    lead_group()
    signal_at_parent_death(signal.SIGKILL)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.close(null)
    os.close(output)
    # Says in the output where the child was when it crashed or its time ran out.
    faulthandler.enable(file=2)
    if math.isfinite(request.limit):
        faulthandler.dump_traceback_later(0.9 * request.limit, file=2)
    os.chdir(request.folder)
    own_variables = {n: v for n, v in os.environ.items() if _OWN_VARIABLES.get(n) != v}
    os.environ.clear()
    os.environ.update({**request.variables, **own_variables})
    sys.path[:] = request.path
    sys.argv[:] = request.argv


def _perform(question: bytes, more: dict[str, Any]) -> dict[str, object]:
    path, arguments = pickle.loads(question)  # noqa: S301 - from the process that asks
    module, _, name = path.partition(":")
    function = getattr(importlib.import_module(module), name)
    return {"value": canonical(function(*arguments, **more), everything=True)}


def _error_data(error: BaseException) -> dict[str, object]:
    """An error as plain data."""
    try:
        text = error.message if isinstance(error, HarnessError) else str(error)
    except BaseException:  # noqa: BLE001 - anybody's exception, with anybody's methods
        text = ""
    causes = [error.__cause__] if error.__cause__ is not None else []
    return {
        "kind": type(error).__name__,
        "expected": isinstance(error, HarnessError),
        "text": text,
        "help": error.help if isinstance(error, HarnessError) else "",
        "origin": next(filter(None, map(_origin, [*causes, error])), ""),
        "trace": traceback.format_exception(error)[-6:],
    }


def _origin(error: BaseException) -> str:
    """Where in foreign code it was raised, as ``file:line in function``; empty for nowhere."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if is_foreign_file(frame.filename):
            return f"{frame.filename}:{frame.lineno} in {frame.name}"
    return ""


def is_foreign_file(name: str) -> bool:
    """Whether a source file is a user's: not of this package, Python or gymnasium."""
    file = Path(name)
    if name.startswith("<") or not _own_folders().isdisjoint(file.parents):
        return False
    return Path(sysconfig.get_path("stdlib")) not in file.parents or "site-packages" in file.parts


@lru_cache
def _own_folders() -> frozenset[Path]:
    gymnasium = importlib.util.find_spec("gymnasium")
    folders = () if gymnasium is None else gymnasium.submodule_search_locations or ()
    return frozenset({Path(__file__).parents[1], *map(Path, folders)})
