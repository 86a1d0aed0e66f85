"""What tests leave on a machine when somebody kills them: nothing."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import servers

CODE = """
import sys
sys.path.insert(0, sys.argv[1])
import servers
server = servers.Postgres()
print(server.folder, server._process.pid, flush=True)
sys.stdin.read()
"""


def test_a_server_does_not_outlive_killed_tests():
    if reason := servers.Postgres.missing():
        pytest.skip(reason)
    command = [sys.executable, "-c", CODE, str(Path(servers.__file__).parent)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as tests:
        folder, pid = tests.stdout.readline().split()
        assert Path(folder).is_dir()
        tests.kill()
    deadline = time.monotonic() + 60
    while Path(folder).exists() or _lives(int(pid)):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _lives(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
