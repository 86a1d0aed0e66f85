"""What a worker process may be asked to do to harm the others; no torch needed."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from builders import cell

from harness.core.decisions import plan
from harness.core.run_result import RunResult, Status
from harness.execution import Order, worker_process

_UNIT = plan.retrain(cell(), {}, 1)


def order(note=None, **limits):
    """An order whose `log` names a file for notes."""
    return Order(run=replace(_UNIT, **limits), log=note)


def finish(order):
    return RunResult(run_id=order.run.id, status=Status.COMPLETE, score=1.0, steps=1)


def print_to_log(order):
    worker_process._redirect_output(order.log)
    return finish(order)


def die(order):
    os.kill(os.getpid(), signal.SIGKILL)


def leave(order):
    os._exit(3)


def stop(order):
    os.kill(os.getpid(), signal.SIGSTOP)
    return finish(order)


def sleep(order):
    time.sleep(600)


def note_and_sleep(order):
    """As every real run does: it watches its parent."""
    worker_process.die_with_parent()
    note_and_sleep_unguarded(order)


def note_and_sleep_unguarded(order):
    order.log.write_text(str(os.getpid()))
    time.sleep(600)


def raise_error(order):
    raise ZeroDivisionError("the pole has no length")


class StubbornError(Exception):
    """Cannot be unpickled."""

    def __init__(self, first, second):
        super().__init__(first)


def raise_stubborn(order):
    raise StubbornError("one", "two")


def eat(order):
    """Takes 20 MiB every 50 ms."""
    kept = []
    while True:
        kept.append(b"x" * (20 << 20))
        time.sleep(0.05)


def eat_in_a_child(order):
    child = get_context("fork").Process(target=eat, args=(order,))
    child.start()
    child.join()


def with_children(order, then=finish):
    """Starts children of both kinds, notes who they are, and goes on."""
    forked = get_context("fork").Process(target=sleep, args=(order,))
    forked.start()
    code = "import time; time.sleep(600)"
    apart = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    note = Path(order.log)
    note.with_suffix(".part").write_text(f"{os.getpid()} {forked.pid} {apart.pid}")
    note.with_suffix(".part").rename(note)
    # Python would wait for its own child at the end; a simulator's would not be waited for.
    forked._popen.returncode = 0
    return then(order)


def with_children_then_die(order):
    return with_children(order, then=die)


def with_children_then_sleep(order):
    return with_children(order, then=sleep)


def sleep_as_long_as_the_coordinator(order):
    worker_process.die_with_parent()
    return with_children(order, then=sleep)


def group(order):
    """Whether the process leads a group of its own, as the score of the result."""
    return replace(finish(order), score=float(os.getpgid(0) == os.getpid()))


def tell_whether_loaded(order):
    """Whether the process began with a module in memory, as the score of the result."""
    return replace(finish(order), score=float(order.log in sys.modules))


def ask_for_children(order):
    """An environment made of processes: a child does the work."""
    with get_context("forkserver").Pool(1) as pool:
        return replace(finish(order), score=float(pool.apply(abs, (-2,))))


_DAEMON = """
import os, pathlib, sys, time
os.setsid()
if os.fork() == 0:
    part = pathlib.Path(sys.argv[1]).with_suffix(".part")
    part.write_text(str(os.getpid()))
    part.rename(sys.argv[1])
    time.sleep(600)
"""


def leave_a_daemon(order, then=finish):
    """Something goes on that left the group and whose parent is gone."""
    subprocess.run([sys.executable, "-c", _DAEMON, str(order.log)], check=True)
    while not order.log.exists():
        time.sleep(0.01)
    return then(order)


def leave_a_daemon_and_die(order):
    return leave_a_daemon(order, then=die)


def leave_a_thread(order):
    threading.Thread(target=time.sleep, args=(600,)).start()
    return finish(order)
