"""An executor that trains nothing, for commands of which all the rest is real, and quick."""

import os
import threading
from dataclasses import replace

from fakes import FakeExecutor, fake_result

from harness.files import write_with_checksum

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
