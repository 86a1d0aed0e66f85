from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
import harness.tuning
print([name for name in ("torch", "sklearn", "gymnasium", "pandas") if name in sys.modules])
"""


def test_the_door_opens_without_the_heavy_libraries() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == "[]"
    assert not done.stderr
