"""rl-harness: does tuning this algorithm on this scenario really help, and by how much?

`load_matrix`, `run` and `results` are for scripts and notebooks; see `harness.library`.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from harness.lazy import lazily

if TYPE_CHECKING:
    from harness.library import Results, load_matrix, results, run

    __version__: str

__all__ = ["Results", "__version__", "load_matrix", "results", "run"]

_of_library = lazily(__name__, {"library": ("Results", "load_matrix", "results", "run")})


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return version("rl-harness")
    return _of_library(name)
