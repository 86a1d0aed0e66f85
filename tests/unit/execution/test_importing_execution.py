"""Importing the executor's modules changes nothing in the process that imports them."""

import os
import subprocess
import sys

PROBE = """
import gc, os, signal, sys
state = lambda: (os.getpgid(0), gc.isenabled(), gc.get_freeze_count(), dict(os.environ),
                 signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGCONT))
before = state()
import harness.execution.fork_server, harness.execution.local, harness.execution.ray_node
assert state() == before, (before, state())
print("torch" in sys.modules, harness.execution.fork_server.is_fork_server())
"""


def test_only_a_fork_server_is_prepared_by_importing_its_module():
    # A package for the matrix library sets this one when it is imported.
    environment = {**os.environ, "KMP_DUPLICATE_LIB_OK": "True"}
    done = subprocess.run(
        [sys.executable, "-c", PROBE], check=False, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["False", "False"]


def test_a_fork_server_knows_itself_by_its_command_line(monkeypatch):
    from harness.execution import fork_server

    command = [sys.executable, "-c", "from multiprocessing.forkserver import main; main(3, 4)"]
    monkeypatch.setattr(sys, "orig_argv", command)
    assert fork_server.is_fork_server()
