"""`harness` with an executor that trains nothing: all the rest is real, and quick."""

import threading

from fakes import FakeExecutor

from harness.campaign import Services, campaign_run
from harness.cli import main
from harness.files import write_with_checksum


class Slow(FakeExecutor):
    """Takes a while for each run, and writes a file where a model is to be saved."""

    def _finish(self, future, order):
        threading.Event().wait(0.1)
        try:
            if order.save_to is not None:
                with write_with_checksum(order.save_to) as beside:
                    beside.write_bytes(order.run.id.encode() * 500)
        except Exception as error:  # noqa: BLE001 - the future's, not ours
            if future.set_running_or_notify_cancel():
                future.set_exception(error)
            return
        super()._finish(future, order)


if __name__ == "__main__":
    # The command makes its own services; this process is nobody else's.
    campaign_run.Services = lambda: Services(open_executor=lambda *_, **__: Slow(0))
    main()
