"""`harness` in a child that has everything loaded, and an executor that trains nothing.

All the rest is real, and quick.
"""

import os
import sys
import tempfile
import threading
import time
import traceback
import warnings
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from unittest.mock import patch

from fakes import FakeExecutor, fake_result

from harness.cli import main
from harness.files import write_with_checksum

# Imported here, so that no child loads it again.
import harness.campaign.campaign_session  # isort: skip
import harness.doctor  # isort: skip
import harness.execution.local  # isort: skip
import harness.report  # noqa: F401 # isort: skip


SECONDS = "TEST_SECONDS"
"""Variable with the seconds that a run takes at least."""

DAY = "TEST_DAY"
"""Variable with the day that it is for a command."""


def slow_learner(run):
    """A result that is far worse where the learning rate is next to nothing."""
    result = fake_result(run)
    rate = run.arguments.get("learning_rate", 1)
    rate = rate["initial"] if isinstance(rate, dict) else rate
    if result.score is None or rate > 1e-6:
        return result
    evaluations = (
        replace(each, returns=tuple(value - 3 for value in each.returns))
        for each in result.evaluations
    )
    return replace(result, score=result.score - 3, evaluations=tuple(evaluations))


class Slow(FakeExecutor):
    """Takes a while for each run, and writes a file where a model is to be saved."""

    def __init__(self, seed=0):
        super().__init__(seed, slow_learner)

    def check(self, resources):
        pass

    def prepare(self, *, plain):
        pass

    def _finish(self, future, order):
        threading.Event().wait(float(os.environ.get(SECONDS, "0.1")))
        try:
            if order.save_to is not None:
                with write_with_checksum(order.save_to) as beside:
                    beside.write_bytes(order.run.id.encode() * 500)
        except Exception as error:  # noqa: BLE001 - the future's, not ours
            if future.set_running_or_notify_cancel():
                future.set_exception(error)
            return
        super()._finish(future, order)


class ForkedCommand:
    """A command in a child, like a `subprocess.Popen` that gathers what is printed."""

    def __init__(self, words, folder, environment):
        self._outputs = [tempfile.TemporaryFile("w+") for _ in range(2)]  # noqa: SIM115
        self.returncode = None
        self.pid = os.fork()
        if self.pid == 0:
            self._become(words, folder, environment)

    def poll(self):
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def communicate(self, timeout=float("inf")):
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            assert time.monotonic() < deadline, "the command does not end"
            time.sleep(0.01)
        texts = []
        for file in self._outputs:
            file.seek(0)
            texts.append(file.read())
            file.close()
        return tuple(texts)

    def _become(self, words, folder, environment):
        code = -1
        try:
            os.setsid()
            os.chdir(folder)
            for descriptor, file in enumerate(self._outputs, start=1):
                os.dup2(file.fileno(), descriptor)
            sys.stdout, sys.stderr = (os.fdopen(each, "w") for each in (1, 2))
            os.environ.clear()
            os.environ.update(environment)
            sys.argv = ["harness", *words]
            # Those of the tests are errors.
            warnings.simplefilter("ignore")
            # Fails where the executor has another place: nothing would be faked.
            with ExitStack() as stack:
                stack.enter_context(patch("harness.execution.local.local", lambda **_: Slow(0)))
                if DAY in environment:
                    clock = stack.enter_context(patch("harness.cli.run_queue.datetime"))
                    clock.now.return_value = datetime.fromisoformat(environment[DAY])
                main(words)
        except SystemExit as end:
            code = end.code or 0
        except BaseException:  # noqa: BLE001 - whoever waits looks at it
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
