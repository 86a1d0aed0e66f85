"""A fully connected network on flat memory: forward, and backward to weights or to inputs.

A pass leaves the outputs of its layers in arrays of its batch size, which the next pass of as many
inputs overwrites.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from torch import nn

from harness.learners.flat_memory import FlatMemory, Floats
from harness.learners.layer_math import FAST_ACTIVATIONS, Activation, affine

Layer = tuple[str, str]
"""Names of a layer's weight and bias."""

Rows = NDArray[np.intp] | slice
ALL_ROWS: Final = slice(None)


def linear_layers(
    path: str, net: nn.Sequential, others: tuple[type[nn.Module], ...] = ()
) -> list[Layer]:
    """Names of the linear layers of a network that lies at a path of its module.

    Raises:
        ValueError: It has more parts that compute than these, activations and `others`.
    """
    kinds = (nn.Linear, nn.Flatten, *FAST_ACTIVATIONS, *others)
    odd_layers = [type(part).__name__ for part in net if not isinstance(part, kinds)]
    if odd_layers:
        raise ValueError(f"layer {odd_layers[0]}")
    return [
        (f"{path}.{index}.weight", f"{path}.{index}.bias")
        for index, part in enumerate(net)
        if isinstance(part, nn.Linear)
    ]


def parameter_names(layers: Sequence[Layer]) -> list[str]:
    """All names of some layers, in order."""
    return [name for layer in layers for name in layer]


@dataclass(frozen=True, slots=True)
class Linear:
    """Arrays of a layer: weight (out, in), bias (out,), and where their gradients go."""

    weight: Floats
    bias: Floats
    d_weight: Floats
    d_bias: Floats

    @classmethod
    def stack(cls, memory: FlatMemory, parts: Sequence[Layer]) -> Linear:
        """Layers that read the same inputs, as one layer."""
        weights, biases = zip(*parts, strict=True)

        def join(stack: Floats) -> Floats:
            return stack.reshape(-1, *stack.shape[2:])

        return cls(
            weight=join(memory.values(*weights)),
            bias=join(memory.values(*biases)),
            d_weight=join(memory.gradients(*weights)),
            d_bias=join(memory.gradients(*biases)),
        )


class PassArrays:
    """The arrays of one batch size: inputs, outputs of the layers, and gradients of these."""

    def __init__(self, widths: Sequence[int], size: int) -> None:
        def arrays() -> list[Floats]:
            return [np.empty((size, width), np.float32) for width in widths]

        self.outputs, self.deltas, self.scratch = arrays(), arrays(), arrays()
        self.ones = np.ones(size, np.float32)
        self.inputs: Floats = np.empty(0, np.float32)


class Mlp:
    """One network: hidden layers with an activation, then a linear one.

    Shapes: inputs (B, d), outputs (B, n).
    """

    def __init__(
        self, memory: FlatMemory, layers: Sequence[Sequence[Layer]], activation: type[nn.Module]
    ) -> None:
        """Make a network of parameters in memory.

        Args:
            memory: Holds them.
            layers: For each layer the names of its parts, which are stacked to one.
            activation: Of hidden layers.
        """
        self._activation: Activation = FAST_ACTIVATIONS[activation]
        self._layers = [Linear.stack(memory, parts) for parts in layers]
        self._passes: dict[int, PassArrays] = {}

    def forward(self, inputs: Floats) -> Floats:
        """Outputs, which the next pass of as many inputs overwrites."""
        arrays = self._arrays(len(inputs))
        arrays.inputs = below = inputs
        for index, out in enumerate(arrays.outputs):
            self._apply_layer(index, below, out)
            below = out
        return below

    def backward(self, d_out: Floats, size: int | None = None) -> None:
        """Write the gradients of weights and biases.

        Args:
            d_out: Gradient of the outputs (n, out).
            size: Batch size of the latest pass, of whose rows these are the first; n if None.
        """
        arrays = self._arrays(size or len(d_out))
        rows = slice(len(d_out))
        delta = d_out
        for index in range(len(self._layers) - 1, -1, -1):
            layer = self._layers[index]
            below = (arrays.outputs[index - 1] if index else arrays.inputs)[rows]
            np.dot(delta.T, below, out=layer.d_weight)
            np.dot(arrays.ones[rows], delta, out=layer.d_bias)
            if index:
                lower, slopes = arrays.deltas[index - 1][rows], arrays.scratch[index - 1][rows]
                np.dot(delta, layer.weight, out=lower)
                self._activation.backward(below, lower, slopes)
                delta = lower

    def input_gradient(self, d_out: Floats, size: int, rows: Rows = ALL_ROWS) -> Floats:
        """Gradient of the inputs, without that of the weights.

        Args:
            d_out: Gradient of the outputs in these rows.
            size: Batch size of the latest pass.
            rows: Those that have a gradient.
        """
        arrays = self._arrays(size)
        delta = d_out
        for index in range(len(self._layers) - 1, 0, -1):
            delta = np.dot(delta, self._layers[index].weight)
            slopes = arrays.scratch[index - 1][: len(delta)]
            self._activation.backward(arrays.outputs[index - 1][rows], delta, slopes)
        d_inputs: Floats = np.dot(delta, self._layers[0].weight)
        return d_inputs

    def _apply_layer(self, index: int, inputs: Floats, out: Floats) -> None:
        layer = self._layers[index]
        affine(inputs, layer.weight, layer.bias, out)
        if index < len(self._layers) - 1:
            self._activation.apply(out)

    def _arrays(self, size: int) -> PassArrays:
        arrays = self._passes.get(size)
        if arrays is None:
            widths = [len(layer.bias) for layer in self._layers]
            arrays = self._passes[size] = PassArrays(widths, size)
        return arrays
