"""What all tests share."""

import sys
from pathlib import Path

from hypothesis import settings

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "unit" / "core")]

# Two cores, many suites: a slow machine is no failure.
settings.register_profile("default", deadline=None)
settings.load_profile("default")
