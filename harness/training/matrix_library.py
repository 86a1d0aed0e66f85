"""The library that multiplies numpy's matrices: the accelerated learners spend most time in it."""

from __future__ import annotations

import numpy as np  # noqa: F401  (loads the library)
from threadpoolctl import threadpool_info

__all__ = ["matrix_library"]


def matrix_library() -> str:
    """Name, version and the kernels it chose for this processor; last digits depend on them."""
    found = [each for each in threadpool_info() if each["user_api"] == "blas"]
    # Scipy brings one of its own.
    own = [each for each in found if "numpy" in each["filepath"]] or found
    if not own:
        return "unknown"
    parts = (own[0].get(part) for part in ("internal_api", "version", "architecture"))
    return " ".join(part for part in parts if part)
