"""Imported once by the fork server, so that each worker process starts with everything loaded."""

from __future__ import annotations

import os

from harness.execution.tether import end_with_coordinator
from harness.training import preload
from harness.tuning import Replay

__all__ = ["Replay"]

# A process group of its own keeps the terminal's Ctrl-C away from the workers.
os.setpgid(0, 0)
end_with_coordinator()
preload()
