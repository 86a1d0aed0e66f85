"""rl-harness: does tuning this algorithm on this scenario really help, and by how much?

`load_matrix`, `run` and `results` are for scripts and notebooks; see `harness.library`.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from harness.lazy import lazily

_of_library, __all__ = lazily(__file__)
__all__ += ["__version__"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return version("rl-harness")
    return _of_library(name)
