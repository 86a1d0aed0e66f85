"""What the fork server imports besides where runs train by plain stable-baselines3."""

from __future__ import annotations

from harness.execution.preload import for_good
from harness.training import preload

with for_good():
    preload(compiler=True)
