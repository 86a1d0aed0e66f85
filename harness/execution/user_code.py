"""Questions about user code, each answered in a child process with a time limit.

Environments, wrappers, players and the modules that register them are anybody's code. A command
that only looks at them never runs them itself: it asks, and gets plain data or an error that says
what broke.

A question is a function, named as ``module:function``, of values that can be pickled; what it
returns has the JSON form of `harness.core.identity.canonical`. To add one, write the function where
its subject is (it may import whatever it needs; only the child does), and ask::

    code.ask("harness.envs.environment_inspection:inspect", scenario,
             about="scenario `X-v0`", kind=Description)

Errors of `harness.errors` that the function raises arrive as they are. Everything else (another
exception, an exit, a crash, silence, no answer in time) is a `UserCodeError`.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import math
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from harness import errors
from harness.call_watch import LIMIT_VARIABLE, answer_seconds
from harness.core.identity import decode
from harness.errors import HarnessError, UsageError
from harness.execution.question_server import Request, is_foreign_file, read_frame, write_frame
from harness.execution.run_outcome import ATTEMPTS
from harness.execution.worker_process import end_tree

_PATIENCE: Final = 90.0
"""Seconds beyond the limit in which the watching process starts, preloads and replies."""

_GRACE: Final = 1.0
"""Seconds that the end of this process waits for an answer that somebody is still waiting for."""

_LONGEST_TEXT: Final = 300
"""Characters of what user code says that become part of a message."""

_START: Final = (
    "import sys; sys.path[:] = {path!r}; from harness.execution.question_server import main; main()"
)

_EXIT_HELP: Final = (
    "code that is imported or made must not end the process; "
    'what only a script does stands under `if __name__ == "__main__":`'
)


class UserCodeError(UsageError):
    """User code did something else than to answer.

    Attributes:
        output: The end of what it wrote, its traceback included.
    """

    def __init__(self, message: str, *, help: str = "", output: str = "") -> None:
        super().__init__(message, help=help)
        self.output = output


class UserCode:
    """Asks questions about user code; a command makes one and hands it on.

    Each question has a child of its own, forked from one process that has everything loaded, and
    that all questions of this process share. It starts with the first one and ends when nobody has
    asked for a while, or with this process.
    """

    def __init__(self, *, limit: float | None = None) -> None:
        """Start nothing yet.

        Args:
            limit: Seconds for an answer; None for those of the environment variable, else 30.
        """
        self.limit = answer_seconds() if limit is None else limit

    def ask(
        self,
        question: str,
        *arguments: object,
        about: str,
        kind: object = Any,
        limit: float | None = None,
        preload: tuple[str, ...] = ("harness.envs:prepare_display",),
        tell: Callable[[str], None] | None = None,
    ) -> Any:
        """The answer to a question.

        Args:
            question: ``module:function``.
            arguments: The function's.
            about: Whose code it is, e.g. "scenario `X-v0`"; errors begin with it.
            kind: Type of the answer, as `harness.core.identity.decode` takes it.
            limit: Seconds for this answer; None for the usual ones, infinity for all that it takes.
            preload: Modules, or functions ``module:function`` to call, none of them user code, that
                are loaded once for all questions.
            tell: Takes lines while the answer is on its way; the function gets an argument `tell`
                for them.

        Raises:
            HarnessError: The function raised it.
            UserCodeError: User code raised something else, exited, crashed, said nothing or took
                too long.
        """
        seconds = self.limit if limit is None else limit
        request = Request(
            question=pickle.dumps((question, arguments)),
            limit=seconds,
            folder=_folder(),
            variables=dict(os.environ),
            path=tuple(sys.path),
            argv=tuple(sys.argv),
            preload=preload,
            tells=tell is not None,
        )
        content = pickle.dumps(request)
        # What has been told on the way cannot be taken back.
        for _ in range(ATTEMPTS if tell is None else 1):
            deadline = time.monotonic() + seconds + _PATIENCE if math.isfinite(seconds) else None
            reply = _SERVER.exchange(content, deadline, tell)
            if not _was_killed(reply):
                break
        if reply is None:
            message = f"{about}: the process that watches over its code was ended"
            raise UserCodeError(message, help="look for what it kills")
        return _value_of(reply, about, kind, seconds)


class _Server:
    """The process that forks the children, and whose turn it is to ask it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def exchange(
        self, content: bytes, deadline: float | None, tell: Callable[[str], None] | None
    ) -> Mapping[str, object] | None:
        """The reply to a request; None where the process ended instead."""
        with self._lock:
            # One that was idle may end just now; another one is asked then.
            for _ in range(2):
                process = self._running()
                try:
                    with contextlib.suppress(OSError):
                        write_frame(_descriptor(process.stdin), content)
                    reply = _read_reply(_descriptor(process.stdout), deadline, tell)
                except BaseException:
                    # Nobody may take the answer for that of the next question.
                    self._end()
                    raise
                if reply is not None:
                    return reply
                was_idle = process.poll() == 0
                self._end()
                if not was_idle:
                    break
            return None

    def close(self) -> None:
        """End the process, if it runs, even while a thread that nobody waits for is asking it."""
        is_mine = self._lock.acquire(timeout=_GRACE)
        try:
            self._end()
        finally:
            if is_mine:
                self._lock.release()

    def forget(self) -> None:
        """In a child: the process answers the parent, which may be asking it just now."""
        self._lock = threading.Lock()
        if self._process is not None:
            _close_pipes(self._process)
            self._process.returncode = 0  # nothing that this process could wait for
            self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = _start()
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            _end_process(self._process)
            self._process = None


_SERVER: Final = _Server()
atexit.register(_SERVER.close)
os.register_at_fork(after_in_child=_SERVER.forget)


def _was_killed(reply: Mapping[str, Any] | None) -> bool:
    """Whether the child, or the process that watches it, was killed: most often not by its code."""
    return reply is None or (reply.get("status") == -signal.SIGKILL and reply["in_time"])


def _read_reply(
    descriptor: int, deadline: float | None, tell: Callable[[str], None] | None
) -> Mapping[str, object] | None:
    """The reply, after the lines that come before it; None where there is none."""
    while True:
        try:
            frame = read_frame(descriptor, deadline)
            reply: Mapping[str, Any] = {} if frame is None else json.loads(frame)
        except OSError:
            return None
        except ValueError:
            # User code may have written into a pipe that is not its own.
            continue
        if "told" not in reply:
            return reply or None
        if tell is not None:
            tell(str(reply["told"]))


def _folder() -> str:
    """The current folder, or the root where somebody has removed it."""
    try:
        return str(Path.cwd())
    except OSError:
        return os.sep


def _start() -> subprocess.Popen[bytes]:
    flags: list[str] = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # noqa: SLF001
    return subprocess.Popen(  # noqa: S603 - this interpreter, our own module
        [sys.executable, *flags, "-c", _START.format(path=sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # One thread: a process with several must not fork.
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        start_new_session=True,
    )


def _descriptor(stream: Any) -> int:
    descriptor: int = stream.fileno()
    return descriptor


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if stream is not None:
                stream.close()


def _end_process(process: subprocess.Popen[bytes]) -> None:
    """Close its pipes, which ends it and the child it watches; one that does not end is killed."""
    _close_pipes(process)
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        end_tree(process.pid)
        process.wait()


def _value_of(reply: Mapping[str, Any], about: str, kind: object, limit: float) -> object:
    if reply["answer"] is None:
        raise _no_answer_error(reply, about, limit)
    try:
        answer: Mapping[str, Any] = json.loads(reply["answer"])
        if "value" in answer:
            return answer["value"] if kind is Any else decode(kind, answer["value"])
        error = _error(answer, about, reply["output"])
    except (ValueError, TypeError, LookupError, RecursionError):
        # User code may have written into a pipe that is not its own.
        message = f"{about}: the answer of its process cannot be read"
        error = UserCodeError(message, help="look for what it writes to")
    raise error


def _error(data: Mapping[str, Any], about: str, output: str) -> HarnessError:
    """The error that a child raised."""
    origin = f" ({_short_origin(data['origin'])})" if data["origin"] else ""
    if data["expected"]:
        words = _last_words(output) if "SystemExit" in data["text"] else ""
        kind = getattr(errors, data["kind"], UsageError)
        error: HarnessError = kind.__new__(kind)
        HarnessError.__init__(error, _clean(data["text"]) + origin + words, help=data["help"])
        return error
    text = ": ".join(filter(None, (data["kind"], _clean(data["text"]))))
    trace = f"{output}{''.join(data['trace'])}"
    if data["kind"] == "SystemExit":
        message = f"{about}: its code ended the process: {text}{origin}{_last_words(output)}"
        return UserCodeError(message, help=_EXIT_HELP, output=trace)
    hint = "it has to work before it can be tuned"
    return UserCodeError(f"{about}: its code raised {text}{origin}", help=hint, output=trace)


def _no_answer_error(reply: Mapping[str, Any], about: str, limit: float) -> UserCodeError:
    """The error of a child that did not answer."""
    output: str = reply["output"]
    status: int | None = reply["status"]
    origin = _origin_in(output)
    origin_text = f" ({_short_origin(origin)})" if origin else ""
    if not reply["in_time"]:
        hint = f"if it needs longer, set {LIMIT_VARIABLE}, e.g. to {4 * limit:g}"
        message = f"{about}: its code gave no answer within {limit:g} s{origin_text}"
        return UserCodeError(message, help=hint, output=output)
    if status is not None and status < 0:
        message = f"{about}: its code was killed by {_signal_name(-status)}{origin_text}"
        hint = "it has to work before it can be tuned"
        return UserCodeError(message, help=hint, output=output)
    message = f"{about}: its code ended the process without a word, with exit status {status}"
    return UserCodeError(f"{message}{_last_words(output)}", help=_EXIT_HELP, output=output)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _origin_in(dump: str) -> str:
    """Where the main thread was, by Python's dump of all threads, which has the main one last."""
    _, _, stack = dump.rpartition("most recent call first")
    for name, line, function in re.findall(r'File "(.+)", line (\d+) in (.+)', stack):
        if is_foreign_file(name):
            return f"{name}:{line} in {function}"
    return ""


def _short_origin(origin: str) -> str:
    return _clean(origin.removeprefix(f"{_folder()}{os.sep}"))


def _last_words(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    return f"; its last words: {_clean(lines[-1])}" if lines else ""


def _clean(text: str) -> str:
    """One line without control characters, not too long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST_TEXT else f"{line[: _LONGEST_TEXT - 3]}..."
