"""Commands as children of a process that has everything loaded: the nursery.

Loading torch and stable-baselines3 takes longer than most of what tests have a command do, which
loads them twice more: for its dry runs and for its runs. So a command is forked, and so are the
servers that it starts: as interpreters that have just begun, with everything in memory. Nothing
but that is ever done in the nursery itself, and one serves all workers of a test run.
"""

import atexit
import ctypes
import gc
import importlib
import os
import pickle
import pkgutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from select import select

TESTS = str(Path(__file__).parent)

LAZY = ("alembic.autogenerate", "alembic.command", "optuna.importance", "plotly.offline")
"""What libraries import when they are used."""

FRESH = (
    "harness.execution.fork_server",
    "harness.execution.question_server",
    "multiprocessing.forkserver",
    "multiprocessing.popen_forkserver",
)
"""Modules that prepare the process that imports them, or remember what it has started."""

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""A process with several threads must not fork."""

LENGTH = struct.Struct("Q")
NUMBER = struct.Struct("i")

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
"""Of `prctl`: a command ends with who asked for it, and `ps` shows the name."""

ADDRESS = "HARNESS_TEST_NURSERY"
"""Variable with the address of the nursery."""

FORK_SERVER = b"forkserver"
"""Name of a process that is a fork server."""


class Command:
    """`harness` in a child of the nursery; otherwise like a `subprocess.Popen`."""

    def __init__(self, words, folder, environment, *, faked=False):
        self._outputs = [tempfile.TemporaryFile("w+") for _ in range(2)]  # noqa: SIM115
        request = (tuple(words), str(folder), dict(environment), faked)
        self._report = send(connection(), request, *(each.fileno() for each in self._outputs))
        self.pid = read_number(self._report)
        self.returncode = None

    def poll(self):
        if self.returncode is None and select([self._report], [], [], 0)[0]:
            self.returncode = read_number(self._report)
        return self.returncode

    def wait(self, timeout=float("inf")):
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            assert time.monotonic() < deadline, "the command does not end"
            select([self._report], [], [], 1)
        return self.returncode

    def communicate(self, timeout=float("inf")):
        self.wait(timeout)
        texts = []
        for file in self._outputs:
            file.seek(0)
            texts.append(file.read())
            file.close()
        self._report.close()
        return tuple(texts)

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)


def send(nursery, request, out, err):
    """Ask for a command; the file that says which process it is, and then how it ended."""
    reader, report = os.pipe()
    content = pickle.dumps(request)
    parts = [LENGTH.pack(len(content)), content]
    socket.send_fds(nursery, parts, [out, err, report])
    os.close(report)
    return os.fdopen(reader, "rb", buffering=0)


def read_number(report):
    return NUMBER.unpack(report.read(NUMBER.size))[0]


def write_script(path, *, faked=False):
    """A `harness` for shells."""
    lines = (
        f"#!{sys.executable}",
        f"import sys; sys.path.append({TESTS!r})",
        f"import nursery; nursery.pass_on(faked={faked})",
    )
    path.write_text("\n".join(lines))
    path.chmod(0o755)


def pass_on(*, faked):
    """A command of this process' words, in its place."""
    words = sys.argv[1:]
    if faked and words[0] in {"check", "run"}:
        # They would train.
        words.append("--no-dry-runs")
    request = (words, str(Path.cwd()), dict(os.environ), faked)
    with send(connection(), request, 1, 2) as report:
        read_number(report)
        sys.exit(read_number(report))


@cache
def connection():
    """The connection of this process with the nursery."""
    if ADDRESS not in os.environ:
        atexit.register(open_nursery())
    made = socket.socket(socket.AF_UNIX)
    made.connect(os.environ[ADDRESS])
    return made


def open_nursery():
    """Start one for this process and its children, and return what ends it.

    It loads when somebody first asks for a command.
    """
    folder = tempfile.TemporaryDirectory()
    os.environ[ADDRESS] = str(Path(folder.name, "nursery"))
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.environ[ADDRESS])
    listener.listen()
    ended, end = os.pipe()
    numbers = listener.fileno(), ended
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    code = f"import sys; sys.path.append({TESTS!r}); import nursery; nursery.serve(*{numbers})"
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", code],
        pass_fds=numbers,
        stdin=subprocess.DEVNULL,
        env=variables | ONE_THREAD,
        start_new_session=True,
    )
    listener.close()
    os.close(ended)

    def close():
        del os.environ[ADDRESS]
        os.close(end)
        process.wait()
        folder.cleanup()

    return close


def serve(listening, ended):
    """Fork a nursery for each process that connects, until the pipe `ended` is closed."""
    loaded = False
    with socket.socket(fileno=listening) as listener:
        while True:
            if ended in select([listener, ended], [], [])[0]:
                os._exit(0)
            descriptor = listener.accept()[0].detach()
            if not loaded:
                load()
                loaded = True
            reap()
            if os.fork() == 0:
                control(PR_SET_PDEATHSIG, signal.SIGKILL)
                break
            os.close(descriptor)
    main(descriptor)


def main(descriptor):
    """Fork a command for each request that comes from a descriptor, until nobody can ask."""
    with socket.socket(fileno=descriptor) as requests:
        while True:
            length, descriptors, _, _ = socket.recv_fds(requests, LENGTH.size, 3)
            if not length:
                os._exit(0)
            content = requests.recv(*LENGTH.unpack(length), socket.MSG_WAITALL)
            reap()
            if os.fork() == 0:
                control(PR_SET_PDEATHSIG, signal.SIGKILL)
                break
            for each in descriptors:
                os.close(each)
    watch_over(pickle.loads(content), *descriptors)


def load():
    """Import what any command does, and what it would import on the way."""
    import faked  # noqa: F401

    import harness
    import scenarios
    from harness.errors import HarnessError
    from harness.execution.fork_server import permanent_imports
    from harness.report.html_pages import _environment
    from harness.training import preload

    with permanent_imports():
        preload(compiler=True)
        for package in (harness, scenarios):
            for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
                # It may need an extra that is not installed; Ray is not made for forked processes.
                with suppress(ImportError, HarnessError):
                    if "ray_" not in module.name:
                        importlib.import_module(module.name)
        for name in LAZY:
            importlib.import_module(name)
        for name in _environment().list_templates(["html"]):
            _environment().get_template(name)


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def watch_over(request, out, err, report):
    """Fork the command; say which process it is, and how it ended."""
    pid = os.fork()
    if pid == 0:
        become(*request, out, err)
        return
    os.write(report, NUMBER.pack(pid))
    status = os.waitpid(pid, 0)[1]
    os.write(report, NUMBER.pack(os.waitstatus_to_exitcode(status)))
    os._exit(0)


def become(words, folder, environment, faked, out, err):
    """`harness` in a folder, with an environment, as a shell would start it."""
    os.setsid()
    control(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.closerange(3, 256)
    # The old ones may take a pipe for the file that was there when they were made.
    sys.stdout, sys.stderr = (open(each, "w", closefd=False) for each in (1, 2))  # noqa: SIM115
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    sys.path.remove(TESTS)
    sys.argv = ["harness", *words]
    fork_what_is_spawned()
    from unittest.mock import patch

    from faked import DAY, Slow

    from harness.cli import main

    # Fails where the executor has another place: nothing would be faked.
    if faked:
        patch("harness.execution.local.local", lambda **_: Slow(0)).start()
    if DAY in environment:
        clock = patch("harness.cli.run_queue.datetime").start()
        clock.now.return_value = datetime.fromisoformat(environment[DAY])
    status = 0
    try:
        main(words)
    except SystemExit as ended:
        status = ended.code or 0
    except BaseException:  # noqa: BLE001 - an interpreter prints it
        traceback.print_exc()
        status = 1
    end(status)


def end(status):
    """As an interpreter ends, but for tearing down what is loaded, which would copy all of it."""
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(ValueError, OSError):
            stream.flush()
    os._exit(status)


def fork_what_is_spawned():
    """From now on this process forks the servers that it would start."""
    import multiprocessing.util

    import harness.execution.user_code

    spawn = multiprocessing.util.spawnv_passfds

    def fork(path, words, descriptors):
        if "forkserver" not in words[-1]:
            return spawn(path, words, descriptors)
        pid = os.fork()
        if pid == 0:
            control(PR_SET_NAME, FORK_SERVER)
            begin_anew(words, descriptors)
        return pid

    def start():
        code = harness.execution.user_code._START.format(path=sys.path)

        def begin():
            os.environ.update(ONE_THREAD)
            begin_anew([sys.executable, "-c", code], ())

        return subprocess.Popen(
            [sys.executable],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            # Never comes to its end, which would execute a program.
            preexec_fn=begin,  # noqa: PLW1509
        )

    multiprocessing.util.spawnv_passfds = fork
    harness.execution.user_code._start = start


def begin_anew(words, descriptors):
    """Be an interpreter that was called with these words, the last of which is its code."""
    from multiprocessing import process, resource_tracker

    status = 1
    try:
        last = 2
        for each in [*sorted(descriptors), 2**16]:
            os.closerange(last + 1, each)
            last = each
        for number in signal.valid_signals():
            if callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_DFL)
        if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.set_wakeup_fd(-1)
        gc.enable()
        sys.orig_argv[:] = map(os.fsdecode, words)
        sys.argv[:] = ["-c"]
        for name in FRESH:
            sys.modules.pop(name, None)
        process._children.clear()
        tracker = resource_tracker._resource_tracker
        tracker._fd = tracker._pid = None
        exec(words[-1], {"__name__": "__main__"})
        status = 0
    except SystemExit as end:
        status = end.code or 0
    except BaseException:  # noqa: BLE001 - an interpreter prints it
        traceback.print_exc()
    finally:
        os._exit(status)


def control(what, value):
    """Linux' `prctl`; elsewhere nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(what, value, 0, 0, 0)
