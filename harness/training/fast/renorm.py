"""Batch renormalisation (Ioffe 2017) of one layer's inputs, forward and backward.

Formulas are those of sb3-contrib: the batch's own statistics until the warm-up is over, then these
corrected towards the running ones; a correction has no gradient. Running statistics are the
buffers of the torch module, which are changed in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sb3_contrib.common.torch_layers import BatchRenorm1d
from torch import nn

from harness.training.fast.memory import Floats, Memory

__all__ = ["Renorm", "renorm_layers", "renorm_names"]

RenormLayer = tuple[str, BatchRenorm1d]
"""Path of a module, and the module."""


def renorm_layers(path: str, net: nn.Sequential) -> list[RenormLayer]:
    """Modules of this kind in a network that lies at a path of its module."""
    return [
        (f"{path}.{place}", part)
        for place, part in enumerate(net)
        if isinstance(part, BatchRenorm1d)
    ]


def renorm_names(layers: Sequence[RenormLayer]) -> list[str]:
    """Names of their parameters."""
    return [f"{path}.{name}" for path, _ in layers for name in ("scale", "bias")]


@dataclass(frozen=True, slots=True)
class Kept:
    """What the gradient of a batch needs, features (f,) but for the first.

    Attributes:
        centred: Inputs less their mean (N, f).
        var: Their variance.
        shift: By how much the mean that was taken off is less than theirs.
        ratio: Of their width to the one that was divided by; None where they are the same.
        width: What was divided by.
    """

    centred: Floats
    var: Floats
    shift: Floats
    ratio: Floats | None
    width: Floats


class Renorm:
    """One layer.

    Shapes: inputs and outputs (N, f).
    """

    _kept: Kept

    def __init__(self, memory: Memory, path: str, module: BatchRenorm1d) -> None:
        """Take a module over, whose parameters are in memory.

        Raises:
            ValueError: It has none.
        """
        if not module.affine:
            raise ValueError("renormalisation without parameters")
        names = renorm_names([(path, module)])
        self._scale, self._bias = (memory.values(name)[0] for name in names)
        self._d_scale, self._d_bias = (memory.gradients(name)[0] for name in names)
        buffers = dict(module.named_buffers())
        self._mean: Floats = buffers["ra_mean"].numpy()
        self._var: Floats = buffers["ra_var"].numpy()
        self._steps: NDArray[Any] = buffers["steps"].numpy()
        self._eps, self._momentum = np.float32(module.eps), np.float32(module.momentum)
        self._rmax, self._dmax = np.float32(module.rmax), np.float32(module.dmax)
        self._warmup = module.warmup_steps

    def slope(self) -> Floats:
        """Derivative (f,) of outputs by running statistics."""
        found: Floats = self._scale / np.sqrt(self._var + self._eps)
        return found

    def forward(self, inputs: Floats, out: Floats) -> None:
        """Normalise by the running statistics."""
        np.subtract(inputs, self._mean, out=out)
        np.multiply(out, self.slope(), out=out)
        np.add(out, self._bias, out=out)

    def forward_by_batch(self, inputs: Floats, centred: Floats, out: Floats) -> None:
        """Normalise by the batch's statistics, and move the running ones towards them.

        `centred` is scratch (N, f) that stays as it is until `backward`.
        """
        size = len(inputs)
        mean = np.add.reduce(inputs, axis=0) / np.float32(size)
        np.subtract(inputs, mean, out=centred)
        var = np.einsum("ij,ij->j", centred, centred) / np.float32(size - 1)
        self._kept = kept = self._corrected(mean, var, centred)
        self._mean += self._momentum * (mean - self._mean)
        self._var += self._momentum * (var - self._var)
        self._steps += 1
        factor = self._scale / kept.width
        np.multiply(centred, factor, out=out)
        np.add(out, self._bias + kept.shift * factor, out=out)

    def _corrected(self, mean: Floats, var: Floats, centred: Floats) -> Kept:
        own = np.sqrt(var + self._eps)
        if self._steps <= self._warmup:
            return Kept(centred, var, np.zeros_like(mean), None, own)
        running = np.sqrt(self._var + self._eps)
        ratio = np.clip(own / running, 1 / self._rmax, self._rmax)
        offset = np.clip((mean - self._mean) / running, -self._dmax, self._dmax)
        width = np.sqrt(var / (ratio * ratio) + self._eps)
        return Kept(centred, var, offset * np.sqrt(var) / ratio, ratio, width)

    def backward(self, d_out: Floats, out: Floats | None = None) -> None:
        """Write the gradients of the parameters, and to `out` (N, f) that of the inputs.

        Args:
            d_out: Gradient of the first rows of outputs (n, f), those of others being 0; is
                overwritten.
            out: None if nobody asks.
        """
        kept, rows = self._kept, slice(len(d_out))
        total = np.add.reduce(d_out, axis=0, out=self._d_bias)
        along = np.einsum("ij,ij->j", d_out, kept.centred[rows]) + kept.shift * total
        np.divide(along, kept.width, out=self._d_scale)
        if out is None:
            return
        size = len(out)
        factor = self._scale / kept.width
        d_mean = -factor * total
        d_var = np.float32(-0.5) * factor * self._d_scale / kept.width
        if kept.ratio is not None:
            d_var /= kept.ratio * kept.ratio
            d_var -= np.float32(0.5) * d_mean * kept.shift / kept.var
        np.multiply(kept.centred, np.float32(2 / max(size - 1, 1)) * d_var, out=out)
        out += d_mean / np.float32(size)
        d_out *= factor
        out[rows] += d_out
