"""Imported once by the fork server, so that each worker process starts with everything loaded."""

from __future__ import annotations

import os
import signal

from harness.training import preload
from harness.tuning import Replay

__all__ = ["Replay"]

# A process group of its own keeps the terminal's Ctrl-C away from the workers.
os.setpgid(0, 0)
# One that came before is forgotten; units may use the signal for children of theirs.
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
signal.signal(signal.SIGINT, signal.default_int_handler)
preload()
