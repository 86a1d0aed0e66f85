"""A fully connected network whose layers read batches that are renormalised."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import nn

from harness.training.fast.memory import Floats, Memory
from harness.training.fast.mlp import WHOLE, Layer, Mlp, Pass, Rows
from harness.training.fast.renorm import Renorm, RenormLayer

__all__ = ["RenormedMlp"]


class RenormedPass(Pass):
    """The arrays of one batch size, with what the layers read and what it was told from."""

    def __init__(self, read: Sequence[int], widths: Sequence[int], size: int) -> None:
        super().__init__(widths, size)
        self.normed, self.centred = (
            [np.empty((size, width), np.float32) for width in read] for _ in range(2)
        )


class RenormedMlp(Mlp):
    """One network, with a renormalisation before every layer.

    Shapes: inputs (B, d), outputs (B, n).
    """

    def __init__(
        self,
        memory: Memory,
        layers: Sequence[Sequence[Layer]],
        activation: type[nn.Module],
        renorms: Sequence[RenormLayer],
    ) -> None:
        """Find the layers.

        Args:
            memory, layers, activation: As of `Mlp`.
            renorms: One for each layer, or none at all.

        Raises:
            ValueError: There are some, but not one for each layer.
        """
        super().__init__(memory, layers, activation)
        if renorms and len(renorms) != len(layers):
            raise ValueError(f"{len(renorms)} renormalisations of {len(layers)} layers")
        self._renorms = [Renorm(memory, path, module) for path, module in renorms]
        self._renormed: dict[int, RenormedPass] = {}

    def forward(self, inputs: Floats) -> Floats:
        """Outputs by running statistics, which the next pass of as many inputs overwrites."""
        if not self._renorms:
            return super().forward(inputs)
        known = self._arrays(len(inputs))
        for place, last in enumerate([inputs, *known.outputs[:-1]]):
            self._renorms[place].forward(last, known.normed[place])
            self._layer(place, known.normed[place], known.outputs[place])
        return known.outputs[-1]

    def forward_by_batch(self, inputs: Floats) -> Floats:
        """Outputs by the statistics of the batch, which move the running ones."""
        if not self._renorms:
            return super().forward(inputs)
        known = self._arrays(len(inputs))
        for place, last in enumerate([inputs, *known.outputs[:-1]]):
            self._renorms[place].forward_by_batch(last, known.centred[place], known.normed[place])
            self._layer(place, known.normed[place], known.outputs[place])
        return known.outputs[-1]

    def backward(self, d_out: Floats, size: int | None = None) -> None:
        """Write the gradients of all parameters after a pass by the batch's statistics.

        Args:
            d_out: Gradient of the outputs (n, out).
            size: Of that pass, of which these are the first rows; n if None.
        """
        if not self._renorms:
            super().backward(d_out, size)
            return
        known = self._arrays(size or len(d_out))
        delta = d_out
        for place in range(len(self._layers) - 1, -1, -1):
            layer, renorm, rows = self._layers[place], self._renorms[place], slice(len(delta))
            np.dot(delta.T, known.normed[place][rows], out=layer.d_weight)
            np.dot(known.ones[rows], delta, out=layer.d_bias)
            if not place:
                renorm.backward(np.dot(delta, layer.weight))
                return
            upper, lower = known.scratch[place - 1], known.deltas[place - 1]
            np.dot(delta, layer.weight, out=upper[rows])
            # Statistics are of all rows, so each has a gradient from here on.
            renorm.backward(upper[rows], lower)
            # A unit that was off for all of the batch has none, and no variance to divide by.
            self._activation.back_as_torch(known.outputs[place - 1], lower)
            delta = lower

    def to_inputs(self, d_out: Floats, size: int, rows: Rows = WHOLE) -> Floats:
        """Gradient of the inputs of a pass by running statistics; see `Mlp`."""
        if not self._renorms:
            return super().to_inputs(d_out, size, rows)
        known = self._arrays(size)
        delta = d_out
        for place in range(len(self._layers) - 1, -1, -1):
            delta = np.dot(delta, self._layers[place].weight)
            delta *= self._renorms[place].slope()
            if place:
                self._activation.back_as_torch(known.outputs[place - 1][rows], delta)
        return delta

    def _arrays(self, size: int) -> RenormedPass:
        known = self._renormed.get(size)
        if known is None:
            read = [layer.weight.shape[1] for layer in self._layers]
            widths = [len(layer.bias) for layer in self._layers]
            known = self._renormed[size] = RenormedPass(read, widths, size)
        return known
