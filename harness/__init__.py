"""rl-harness: does tuning this algorithm on this scenario really help, and by how much?

`load_matrix`, `run` and `results` are for scripts and notebooks; see `harness.library`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import lazily

if TYPE_CHECKING:
    from harness.library import Results, load_matrix, results, run

__all__ = ["Results", "__version__", "load_matrix", "results", "run"]

__version__ = "0.1.0"

__getattr__ = lazily(__name__, {"library": ("Results", "load_matrix", "results", "run")})
