"""The product of a linear layer, whichever way round is quicker."""

from __future__ import annotations

from typing import Final

import numpy as np

from harness.training.fast.memory import Floats

__all__ = ["affine", "is_flat"]

FEW: Final = 32
WIDE: Final = 2**16
"""Rows up to which, and weights from which, the product is quicker the other way round."""


def is_flat(inputs: Floats, weight: Floats) -> bool:
    """Whether few rows meet a large layer, which takes OpenBLAS with AVX-512 twice as long."""
    return len(inputs) <= FEW and weight.size >= WIDE


def affine(inputs: Floats, weight: Floats, bias: Floats, out: Floats) -> None:
    """Write ``inputs @ weight.T + bias`` to `out`.

    Args:
        inputs: Shape (B, d).
        weight: Shape (n, d), as torch keeps it.
        bias: Shape (n,).
        out: Shape (B, n).
    """
    if is_flat(inputs, weight):
        np.add(np.dot(weight, inputs.T).T, bias, out=out)
    else:
        np.dot(inputs, weight.T, out=out)
        np.add(out, bias, out=out)
