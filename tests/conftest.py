"""What all tests share."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent / "unit" / "core"))

# Two cores, many suites: a slow machine is no failure.
settings.register_profile("default", deadline=None)
settings.load_profile("default")
